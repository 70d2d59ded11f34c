using JobNode.Commands;

namespace JobNode.Membership;

/// <summary>What an operator may ask of the cluster. Thread-safe.</summary>
internal interface IClusterAdmin
{
    /// <summary>All members as this node sees them; last contact and lag are known to the leader only.</summary>
    Task<IReadOnlyList<MemberReport>> ListAsync(CancellationToken cancellation);

    /// <summary>On the leader: removes a member for good. Refused for a voter that the quorum needs, unless it is not
    /// heard of and its removal keeps one.</summary>
    Task<AdminOutcome> RemoveAsync(NodeId id, CancellationToken cancellation);

    /// <summary>On the leader: makes a spare a stand-by, or a stand-by that has caught up a voter.</summary>
    Task<AdminOutcome> PromoteAsync(NodeId id, CancellationToken cancellation);

    /// <summary>On the leader: hands leadership to a voter, or with <see cref="NodeId.None"/> to the one that has most
    /// of the log. Done when another node leads.</summary>
    Task<AdminOutcome> TransferAsync(NodeId to, CancellationToken cancellation);

    /// <summary>On any node: this node stops as by SIGTERM, and with <paramref name="leave"/> is removed from the
    /// cluster first.</summary>
    void Drain(bool leave);
}

/// <summary>A member and what is known of how it does.</summary>
/// <param name="Member">Id, address, role, zone, feature level.</param>
/// <param name="IsLeader">It leads.</param>
/// <param name="IsDraining">It said that it leaves.</param>
/// <param name="ApiAddress">Its API as it announced it, or null.</param>
/// <param name="Version">Its program's version as announced, or null.</param>
/// <param name="SinceContact">Time since it was last heard of; null when not at all, or when this node does not
/// lead.</param>
/// <param name="EntriesBehind">Log entries that it lacks; null for a spare, or when this node does not lead.</param>
internal sealed record MemberReport(
    Member Member,
    bool IsLeader,
    bool IsDraining,
    string? ApiAddress,
    string? Version,
    TimeSpan? SinceContact,
    ulong? EntriesBehind)
{
    /// <summary>It said that it only computes.</summary>
    public bool IsComputeOnly { get; init; }
}

/// <summary>How an admin call ended.</summary>
/// <param name="IsDone">It took effect.</param>
/// <param name="Sentence">What happened, or why not and what to do.</param>
internal sealed record AdminOutcome(bool IsDone, string Sentence);
