using JobNode.Consensus;

namespace JobNode.Simulation;

/// <summary>Virtual time, the same for all nodes; the wall clocks differ and may jump back.</summary>
internal sealed class SimulatedTime
{
    /// <summary>What the clock shows when a schedule begins.</summary>
    public const long StartMs = 1_000_000;

    /// <summary>Virtual milliseconds.</summary>
    public long NowMs { get; set; } = StartMs;
}

/// <summary>One node's view of time.</summary>
internal sealed class SimulatedClock(SimulatedTime time) : IRaftClock
{
    /// <summary>How far this node's wall clock is off, in milliseconds.</summary>
    public long SkewMs { get; set; }

    /// <inheritdoc/>
    public long MonotonicMs => time.NowMs;

    /// <inheritdoc/>
    public ulong UnixMs => (ulong)(1_700_000_000_000 + time.NowMs + SkewMs);
}
