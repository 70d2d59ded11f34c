using JobNode.Commands;

namespace JobNode.Scheduling;

/// <summary>What the dispatcher decided by itself while it listened; whoever drives it carries it out.</summary>
internal sealed class DispatchNews
{
    /// <summary>Workers that must put something aside, each with the name under which it has it.</summary>
    public List<(NodeId Worker, JobId Id)> Drops { get; } = [];

    /// <summary>Results that their workers can forget.</summary>
    public List<(NodeId Worker, JobId Id)> Settled { get; } = [];

    /// <summary>Results to propose.</summary>
    public List<FinishedChain> Results { get; } = [];

    /// <summary>Places to go back to, because what came after was computed by a faulty node.</summary>
    public List<ChainProgress> Recalls { get; } = [];

    /// <summary>Nodes found faulty.</summary>
    public List<Quarantine> Quarantines { get; } = [];

    /// <summary>Checks that came out otherwise than what was checked.</summary>
    public List<SegmentCheck> Differences { get; } = [];
}
