using JobNode.Commands;

namespace JobNode.Membership;

/// <summary>Stands in until the real one is merged.</summary>
internal sealed class PendingAdmin(StatusBoard board) : IClusterAdmin
{
    public Task<IReadOnlyList<MemberReport>> ListAsync(CancellationToken cancellation)
    {
        ConsensusStatus status = board.Current;
        return Task.FromResult<IReadOnlyList<MemberReport>>([.. status.Configuration.Members.Select(
            member => new MemberReport(member, member.Id == status.Leader, false, null, null, null, null))]);
    }

    public Task<AdminOutcome> RemoveAsync(NodeId id, CancellationToken cancellation) => No();

    public Task<AdminOutcome> PromoteAsync(NodeId id, CancellationToken cancellation) => No();

    public Task<AdminOutcome> TransferAsync(NodeId to, CancellationToken cancellation) => No();

    public void Drain(bool leave)
    {
    }

    private static Task<AdminOutcome> No() => Task.FromResult(new AdminOutcome(false, "not yet"));
}
