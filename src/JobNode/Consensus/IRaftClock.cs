namespace JobNode.Consensus;

/// <summary>Time as consensus sees it. Two implementations: the machine's clocks, and virtual time.</summary>
internal interface IRaftClock
{
    /// <summary>Monotonic milliseconds, for election and heartbeat ticks.</summary>
    long MonotonicMs { get; }

    /// <summary>Unix milliseconds, for stamping commands.</summary>
    ulong UnixMs { get; }
}
