using System.Text.Json;

namespace JobNode.Observability;

/// <summary>Writes measures as the elements of OTLP's <c>metrics</c>: cumulative, since the process started.</summary>
internal sealed class OtlpMetricWriter(Utf8JsonWriter json, DateTimeOffset now) : IMetricWriter
{
    private const int Cumulative = 2;

    private readonly string _now = OtlpJson.Nanoseconds(now);
    private readonly string _start = OtlpJson.Nanoseconds(ProcessFacts.StartedAt);
    private bool _isOpen;

    /// <inheritdoc/>
    public void Family(string name, MetricKind kind, string help)
    {
        Close();
        _isOpen = true;
        json.WriteStartObject();
        json.WriteString("name", name);
        json.WriteString("description", help);
        json.WriteStartObject(kind switch
        {
            MetricKind.Gauge => "gauge",
            MetricKind.Counter => "sum",
            _ => "histogram",
        });
        if (kind != MetricKind.Gauge)
        {
            json.WriteNumber("aggregationTemporality", Cumulative);
        }

        if (kind == MetricKind.Counter)
        {
            json.WriteBoolean("isMonotonic", true);
        }

        json.WriteStartArray("dataPoints");
    }

    /// <inheritdoc/>
    public void Sample(double value, params ReadOnlySpan<(string Name, string Value)> labels)
    {
        if (!double.IsFinite(value))
        {
            // JSON has no word for it.
            return;
        }

        Begin(labels);
        json.WriteNumber("asDouble", value);
        json.WriteEndObject();
    }

    /// <inheritdoc/>
    public void Sample(HistogramReading value, params ReadOnlySpan<(string Name, string Value)> labels)
    {
        Begin(labels);
        json.WriteString("count", OtlpJson.Text((ulong)value.Counts.Sum()));
        json.WriteNumber("sum", value.SumSeconds);
        json.WriteStartArray("bucketCounts");
        foreach (long count in value.Counts)
        {
            json.WriteStringValue(OtlpJson.Text((ulong)count));
        }

        json.WriteEndArray();
        json.WriteStartArray("explicitBounds");
        foreach (double bound in value.BoundsSeconds)
        {
            json.WriteNumberValue(bound);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Ends the last family.</summary>
    public void Close()
    {
        if (_isOpen)
        {
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndObject();
            _isOpen = false;
        }
    }

    private void Begin(ReadOnlySpan<(string Name, string Value)> labels)
    {
        json.WriteStartObject();
        json.WriteStartArray("attributes");
        foreach ((string name, string value) in labels)
        {
            OtlpJson.Attribute(json, SpanAttribute.Of(name, value));
        }

        json.WriteEndArray();
        json.WriteString("startTimeUnixNano", _start);
        json.WriteString("timeUnixNano", _now);
    }
}
