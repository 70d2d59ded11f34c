namespace JobNode.Observability;

/// <summary>Takes measures family by family: as Prometheus reads them, or as an OpenTelemetry collector does.</summary>
internal interface IMetricWriter
{
    /// <summary>Begins a family; its samples follow.</summary>
    /// <param name="name">With its unit as suffix; counters end in <c>_total</c>.</param>
    /// <param name="kind">What it is.</param>
    /// <param name="help">One sentence.</param>
    void Family(string name, MetricKind kind, string help);

    /// <summary>One sample of the family begun last, a gauge's or a counter's.</summary>
    void Sample(double value, params ReadOnlySpan<(string Name, string Value)> labels);

    /// <summary>One histogram of the family begun last.</summary>
    void Sample(HistogramReading value, params ReadOnlySpan<(string Name, string Value)> labels);
}

/// <summary>What a family is.</summary>
internal enum MetricKind
{
    /// <summary>Goes up and down.</summary>
    Gauge,

    /// <summary>Only goes up, from zero at the start of the process (or of a leadership, where its help says so).
    /// </summary>
    Counter,

    /// <summary>Durations by buckets.</summary>
    Histogram,
}

/// <summary>Families of one sample.</summary>
internal static class MetricWriting
{
    /// <summary>A gauge without labels.</summary>
    public static void Gauge(this IMetricWriter writer, string name, string help, double value)
    {
        writer.Family(name, MetricKind.Gauge, help);
        writer.Sample(value);
    }

    /// <summary>A counter without labels.</summary>
    public static void Counter(this IMetricWriter writer, string name, string help, double value)
    {
        writer.Family(name, MetricKind.Counter, help);
        writer.Sample(value);
    }
}
