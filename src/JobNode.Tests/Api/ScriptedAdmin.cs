using JobNode.Commands;
using JobNode.Membership;

namespace JobNode.Tests.Api;

/// <summary>Answers as it was told, and notes what it was asked.</summary>
internal sealed class ScriptedAdmin : IClusterAdmin
{
    public List<MemberReport> Reports { get; } = [];

    public List<string> Asked { get; } = [];

    public AdminOutcome Outcome { get; set; } = new(true, "It is done.");

    public Task<IReadOnlyList<MemberReport>> ListAsync(CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<MemberReport>>(Reports);

    public Task<AdminOutcome> RemoveAsync(NodeId id, CancellationToken cancellation) => Note($"remove {id}");

    public Task<AdminOutcome> PromoteAsync(NodeId id, CancellationToken cancellation) => Note($"promote {id}");

    public Task<AdminOutcome> TransferAsync(NodeId to, CancellationToken cancellation) => Note($"transfer {to}");

    public void Drain(bool leave) => Asked.Add($"drain {leave}");

    private Task<AdminOutcome> Note(string what)
    {
        Asked.Add(what);
        return Task.FromResult(Outcome);
    }
}
