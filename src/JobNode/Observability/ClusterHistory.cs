namespace JobNode.Observability;

/// <summary>The last hour in samples, oldest first. Not thread-safe.</summary>
internal sealed class ClusterHistory
{
    /// <summary>Time from one sample to the next, in milliseconds.</summary>
    public const int EveryMs = 5000;

    /// <summary>Samples of one hour.</summary>
    public const int SamplesMax = 3_600_000 / EveryMs;

    /// <summary>A timer may be this much early, in milliseconds.</summary>
    private const int JitterMs = 500;

    private readonly RecentItems<ClusterSample> _samples = new(SamplesMax);
    private long? _lastMs;

    /// <summary>All that are kept, oldest first.</summary>
    public ClusterSample[] Samples => _samples.ToArray();

    /// <summary>Keeps the sample when the next one is due; true when it did.</summary>
    /// <remarks>A clock that was set back makes the next one due.</remarks>
    public bool Offer(ClusterSample sample)
    {
        if (_lastMs is { } last && Math.Abs(sample.AtMs - last) < EveryMs - JitterMs)
        {
            return false;
        }

        _lastMs = sample.AtMs;
        _samples.Add(sample);
        return true;
    }
}
