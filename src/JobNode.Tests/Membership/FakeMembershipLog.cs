using JobNode.Commands;

namespace JobNode.Tests.Membership;

/// <summary>Applies changes to the board at once, as if all members had committed them.</summary>
internal sealed class FakeMembershipLog(StatusBoard board) : IMembershipLog
{
    private readonly Lock _gate = new();

    public List<MemberChange> Proposed { get; } = [];

    public List<NodeId> Transfers { get; } = [];

    public (ClusterConfiguration Configuration, NodeId Leader, ulong Term)? Outside { get; private set; }

    /// <summary>When set, proposals are dropped.</summary>
    public bool IsStuck { get; set; }

    /// <summary>Nobody was heard of yet in this many looks from now on.</summary>
    public int SilentLooks { get; set; }

    public void ProposeChange(MemberChange change)
    {
        lock (_gate)
        {
            Proposed.Add(change);
            ConsensusStatus status = board.Current;
            if (!IsStuck && status.IsLeader && ConfigurationChange.TryApply(
                status.Configuration, change, out ClusterConfiguration changed) is null)
            {
                board.Publish(status with { Configuration = changed });
            }
        }
    }

    public Task<IReadOnlyList<MemberProgress>> ReadProgressAsync(CancellationToken cancellation)
    {
        ConsensusStatus status = board.Current;
        bool isActive = SilentLooks-- <= 0;
        return Task.FromResult<IReadOnlyList<MemberProgress>>(
            [.. status.Configuration.Members.Where(m => m.Role != MemberRole.Spare)
                .Select(m => new MemberProgress(m.Id, status.CommitIndex, isActive))]);
    }

    public void TransferLeadership(NodeId to)
    {
        Transfers.Add(to);
        if (!IsStuck)
        {
            ConsensusStatus status = board.Current;
            NodeId next = to == NodeId.None ? status.Configuration.Voters.First(v => v.Id != status.Self).Id : to;
            board.Publish(status with { Role = RaftRole.Follower, Leader = next, Term = status.Term + 1 });
        }
    }

    public void NoteOutside(ClusterConfiguration configuration, NodeId leader, ulong term) =>
        Outside = (configuration, leader, term);
}
