namespace JobNode.Observability;

/// <summary>What went to a collector of telemetry, and what did not. Thread-safe.</summary>
internal sealed class OtlpCounts
{
    private long _spansSent;
    private long _spansDropped;
    private long _metricsDropped;

    /// <summary>Spans that the collector took.</summary>
    public long SpansSent => Interlocked.Read(ref _spansSent);

    /// <summary>Spans that it did not, or for which there was no room.</summary>
    public long SpansDropped => Interlocked.Read(ref _spansDropped);

    /// <summary>Sendings of all metrics that it did not take; the next one makes up for it.</summary>
    public long MetricsDropped => Interlocked.Read(ref _metricsDropped);

    /// <summary>The collector took spans.</summary>
    public void NoteSpansSent(int spans) => Interlocked.Add(ref _spansSent, spans);

    /// <summary>Spans are lost.</summary>
    public void NoteSpansDropped(int spans) => Interlocked.Add(ref _spansDropped, spans);

    /// <summary>The collector did not take the metrics.</summary>
    public void NoteMetricsDropped() => Interlocked.Increment(ref _metricsDropped);
}
