namespace JobNode.Commands;

/// <summary>
/// How membership reaches consensus: changes go in and come back as a new configuration on the
/// <see cref="StatusBoard"/>. Thread-safe; nothing blocks.
/// </summary>
internal interface IMembershipLog
{
    /// <summary>
    /// Proposes a change on the leader; says nothing of its fate. Look at the configuration: a change that is not
    /// there after a while was dropped (another one was under way, or leadership was lost) and may be proposed again.
    /// </summary>
    void ProposeChange(MemberChange change);

    /// <summary>On the leader, how far each member with a log is; empty on other nodes.</summary>
    Task<IReadOnlyList<MemberProgress>> ReadProgressAsync(CancellationToken cancellation);

    /// <summary>Asks this leader to hand over to a voter, or with none to the voter that has most of the
    /// log.</summary>
    void TransferLeadership(NodeId to);

    /// <summary>
    /// For a node without a log (a spare, or one that joins): what the leader says of the cluster. It is ignored once
    /// this node follows the log itself.
    /// </summary>
    void NoteOutside(ClusterConfiguration configuration, NodeId leader, ulong term);
}

/// <summary>A member's place in the log as the leader sees it.</summary>
/// <param name="Id">The member.</param>
/// <param name="MatchIndex">Its log is known to equal the leader's up to here.</param>
/// <param name="IsActive">It was heard of within the last election time-out.</param>
internal readonly record struct MemberProgress(NodeId Id, ulong MatchIndex, bool IsActive);
