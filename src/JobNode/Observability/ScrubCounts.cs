namespace JobNode.Observability;

/// <summary>What the reading of files at rest came to. Thread-safe.</summary>
internal sealed class ScrubCounts
{
    private long _passes;
    private long _damages;
    private long _lastMs;

    /// <summary>How often everything was read.</summary>
    public long Passes => Interlocked.Read(ref _passes);

    /// <summary>Files found damaged.</summary>
    public long Damages => Interlocked.Read(ref _damages);

    /// <summary>How long the last pass took.</summary>
    public TimeSpan LastPass => TimeSpan.FromMilliseconds(Interlocked.Read(ref _lastMs));

    /// <summary>Everything was read once.</summary>
    public void NotePass(TimeSpan duration)
    {
        Interlocked.Exchange(ref _lastMs, (long)duration.TotalMilliseconds);
        Interlocked.Increment(ref _passes);
    }

    /// <summary>A file was found damaged.</summary>
    public void NoteDamage() => Interlocked.Increment(ref _damages);
}
