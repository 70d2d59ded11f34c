namespace JobNode.Consensus;

/// <summary>The machine's clocks.</summary>
internal sealed class SystemRaftClock(TimeProvider time) : IRaftClock
{
    /// <inheritdoc/>
    public long MonotonicMs => (long)time.GetElapsedTime(0).TotalMilliseconds;

    /// <inheritdoc/>
    public ulong UnixMs => (ulong)Math.Max(0, time.GetUtcNow().ToUnixTimeMilliseconds());
}
