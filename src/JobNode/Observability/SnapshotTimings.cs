namespace JobNode.Observability;

/// <summary>What the writing of snapshots came to. Thread-safe.</summary>
internal sealed class SnapshotTimings
{
    private long _saved;
    private long _failed;
    private long _lastMicroseconds;
    private long _lastUnixMs;

    /// <summary>Snapshots that this node wrote since it started.</summary>
    public long Saved => Interlocked.Read(ref _saved);

    /// <summary>Attempts that failed.</summary>
    public long Failed => Interlocked.Read(ref _failed);

    /// <summary>How long the last one took to write; zero before the first.</summary>
    public TimeSpan LastDuration => TimeSpan.FromMicroseconds(Interlocked.Read(ref _lastMicroseconds));

    /// <summary>When it was done, Unix milliseconds; 0 before the first.</summary>
    public long LastUnixMs => Interlocked.Read(ref _lastUnixMs);

    /// <summary>One was written.</summary>
    public void NoteSaved(TimeSpan duration, ulong nowUnixMs)
    {
        Interlocked.Exchange(ref _lastMicroseconds, (long)duration.TotalMicroseconds);
        Interlocked.Exchange(ref _lastUnixMs, (long)nowUnixMs);
        Interlocked.Increment(ref _saved);
    }

    /// <summary>One could not be written.</summary>
    public void NoteFailed() => Interlocked.Increment(ref _failed);
}
