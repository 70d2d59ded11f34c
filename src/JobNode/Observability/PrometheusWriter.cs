using System.Globalization;
using System.Text;

namespace JobNode.Observability;

/// <summary>
/// Writes the Prometheus text format 0.0.4: one HELP and TYPE line per family, then its samples.
/// </summary>
internal sealed class PrometheusWriter : IMetricWriter
{
    /// <summary>The format's content type.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly StringBuilder _text = new();
    private string _family = "";

    /// <inheritdoc/>
    public void Family(string name, MetricKind kind, string help)
    {
        string type = kind switch
        {
            MetricKind.Gauge => "gauge",
            MetricKind.Counter => "counter",
            _ => "histogram",
        };
        _family = name;
        _text.Append("# HELP ").Append(name).Append(' ').Append(help.Replace("\\", @"\\").Replace("\n", @"\n"))
            .Append('\n');
        _text.Append("# TYPE ").Append(name).Append(' ').Append(type).Append('\n');
    }

    /// <inheritdoc/>
    public void Sample(double value, params ReadOnlySpan<(string Name, string Value)> labels) =>
        Line("", value, labels, bound: null);

    /// <inheritdoc/>
    public void Sample(HistogramReading value, params ReadOnlySpan<(string Name, string Value)> labels)
    {
        long total = 0;
        for (int bucket = 0; bucket < value.Counts.Count; bucket++)
        {
            total += value.Counts[bucket];
            bool isLast = bucket == value.BoundsSeconds.Count;
            Line("_bucket", total, labels, isLast ? "+Inf" : Number(value.BoundsSeconds[bucket]));
        }

        Line("_sum", value.SumSeconds, labels, bound: null);
        Line("_count", total, labels, bound: null);
    }

    /// <summary>A number as the format has it.</summary>
    public static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };

    /// <inheritdoc/>
    public override string ToString() => _text.ToString();

    private void Line(
        string suffix, double value, ReadOnlySpan<(string Name, string Value)> labels, string? bound)
    {
        _text.Append(_family).Append(suffix);
        char before = '{';
        foreach ((string label, string text) in labels)
        {
            Label(before, label, Escape(text));
            before = ',';
        }

        if (bound is not null)
        {
            Label(before, "le", bound);
            before = ',';
        }

        if (before == ',')
        {
            _text.Append('}');
        }

        _text.Append(' ').Append(Number(value)).Append('\n');
    }

    private void Label(char before, string name, string value) =>
        _text.Append(before).Append(name).Append("=\"").Append(value).Append('"');

    private static string Escape(string text) =>
        text.Replace("\\", @"\\").Replace("\"", "\\\"").Replace("\n", @"\n");
}
