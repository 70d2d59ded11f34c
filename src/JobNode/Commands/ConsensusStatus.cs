namespace JobNode.Commands;

/// <summary>What the consensus thread last said of itself. Immutable; a new one is published after each turn.</summary>
/// <param name="Self">This node.</param>
/// <param name="Role">Its raft role.</param>
/// <param name="Leader">The leader it knows, or <see cref="NodeId.None"/>.</param>
/// <param name="Term">Raft term.</param>
/// <param name="CommitIndex">Highest log index known to be committed.</param>
/// <param name="AppliedIndex">Highest log index applied to the state.</param>
/// <param name="StateDigest">Digest of the state at <paramref name="AppliedIndex"/>.</param>
/// <param name="Configuration">Members.</param>
internal sealed record ConsensusStatus(
    NodeId Self,
    RaftRole Role,
    NodeId Leader,
    ulong Term,
    ulong CommitIndex,
    ulong AppliedIndex,
    UInt128 StateDigest,
    ClusterConfiguration Configuration)
{
    /// <summary>True while this node leads.</summary>
    public bool IsLeader => Role == RaftRole.Leader;

    /// <summary>The leader's cluster address, or null while none is known.</summary>
    public string? LeaderAddress => Configuration.Find(Leader)?.Address;
}

/// <summary>Raft roles (dissertation section 3.3, pre-vote section 9.6).</summary>
internal enum RaftRole : byte
{
    /// <summary>Follows a leader, or waits for one.</summary>
    Follower = 0,

    /// <summary>Asks for votes.</summary>
    Candidate = 1,

    /// <summary>Leads.</summary>
    Leader = 2,

    /// <summary>Asks whether an election could be won.</summary>
    PreCandidate = 3,
}
