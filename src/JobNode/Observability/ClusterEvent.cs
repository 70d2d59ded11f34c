namespace JobNode.Observability;

/// <summary>Something that happened to the cluster, for people.</summary>
/// <param name="AtMs">When it was seen, Unix milliseconds.</param>
/// <param name="Kind">start, election, quorumLost, quorumBack, join, left, role, lost, back, draining, quarantine or
/// released.</param>
/// <param name="Text">A sentence.</param>
internal sealed record ClusterEvent(long AtMs, string Kind, string Text);
