using JobNode.Commands;

namespace JobNode.Consensus;

/// <summary>What a change of the configuration is to raft, which knows voters and learners only.</summary>
internal readonly record struct RaftChange(RaftChangeKind Kind, NodeId Node)
{
    /// <summary>Changes nothing: how a change is cancelled that does not apply.</summary>
    public static readonly RaftChange Nothing = new(RaftChangeKind.Update, NodeId.None);

    /// <summary>
    /// What takes raft from one configuration to the next; the two are one <see cref="MemberChange"/> apart.
    /// </summary>
    public static RaftChange Between(ClusterConfiguration before, ClusterConfiguration after, MemberChange change)
    {
        NodeId node = change switch
        {
            MemberChange.Put put => put.Member.Id,
            MemberChange.Remove remove => remove.Id,
            _ => NodeId.None,
        };
        MemberRole? was = before.Find(node)?.Role;
        MemberRole? becomes = after.Find(node)?.Role;
        bool hadLog = was is MemberRole.StandBy or MemberRole.Voter;
        return becomes switch
        {
            MemberRole.Voter when was != MemberRole.Voter => new RaftChange(RaftChangeKind.AddVoter, node),
            MemberRole.StandBy when was != MemberRole.StandBy => new RaftChange(RaftChangeKind.AddLearner, node),
            null or MemberRole.Spare when hadLog => new RaftChange(RaftChangeKind.Remove, node),
            _ => new RaftChange(RaftChangeKind.Update, node),
        };
    }
}

/// <summary>Kinds of changes; the numbers are those of etcd's raftpb.ConfChangeType.</summary>
internal enum RaftChangeKind
{
    /// <summary>Makes a learner or a new node a voter.</summary>
    AddVoter = 0,

    /// <summary>Removes a node.</summary>
    Remove = 1,

    /// <summary>No effect in raft.</summary>
    Update = 2,

    /// <summary>Makes a voter or a new node a learner.</summary>
    AddLearner = 3,
}

/// <summary>A configuration as raft sees it: spares are not in it.</summary>
internal sealed record RaftConfiguration(IReadOnlyList<NodeId> Voters, IReadOnlyList<NodeId> Learners)
{
    /// <summary>Of a node without a log.</summary>
    public static readonly RaftConfiguration Empty = new([], []);

    /// <summary>Voters and stand-bys of a configuration.</summary>
    public static RaftConfiguration Of(ClusterConfiguration configuration) => new(
        [.. configuration.Voters.Select(static member => member.Id)],
        [.. configuration.Members.Where(static m => m.Role == MemberRole.StandBy).Select(static m => m.Id)]);
}
