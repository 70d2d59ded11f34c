using JobNode.Commands;
using JobNode.Transport;
using static JobNode.Tests.Transport.ScriptedProposer;

namespace JobNode.Tests.Transport;

public sealed class ProposalRetryTests
{
    private static readonly Member Self = new(new NodeId(1), "a:5001");
    private static readonly Member Other = new(new NodeId(2), "b:5001");
    private static readonly Command Any = new Cancel(new JobId(7));

    [Fact]
    public async Task The_leaders_own_commands_never_leave_the_node()
    {
        var remote = new ScriptedProposer(NotLeader);
        Proposed answer = await RunAsync(new ScriptedProposer(Code(ResultCode.Ok, 5)), remote, Self.Id);
        Assert.Equal(5UL, answer.LogIndex);
        Assert.Empty(remote.Asked);
    }

    [Fact]
    public async Task A_follower_passes_a_command_on_once()
    {
        var remote = new ScriptedProposer(Code(ResultCode.UnknownJob, 9));
        Proposed answer = await RunAsync(new ScriptedProposer(NotLeader), remote, Other.Id);
        Assert.Equal(Code(ResultCode.UnknownJob, 9), answer);
        Assert.Single(remote.Asked);
    }

    [Theory]
    [InlineData((int)ResultCode.NotLeader)]
    [InlineData((int)ResultCode.OutcomeUnknown)]
    public async Task A_command_that_did_not_get_through_is_tried_again(int code)
    {
        var first = (ResultCode)code;
        var remote = new ScriptedProposer(Code(first), Code(first), Code(ResultCode.Ok, 9));
        Proposed answer = await RunAsync(new ScriptedProposer(NotLeader), remote, Other.Id);
        Assert.Equal(Code(ResultCode.Ok, 9), answer);
        Assert.Equal(3, remote.Asked.Count);
    }

    [Fact]
    public async Task Without_a_leader_the_caller_hears_that_nothing_was_logged()
    {
        var remote = new ScriptedProposer(Code(ResultCode.Ok));
        Proposed answer = await RunAsync(new ScriptedProposer(NotLeader), remote, NodeId.None);
        Assert.Equal(ResultCode.NotLeader, answer.Result.Code);
        Assert.Empty(remote.Asked);
    }

    [Fact]
    public async Task After_an_unknown_outcome_giving_up_stays_unknown()
    {
        var remote = new ScriptedProposer(Code(ResultCode.OutcomeUnknown), NotLeader);
        Proposed answer = await RunAsync(new ScriptedProposer(NotLeader), remote, Other.Id);
        Assert.Equal(ResultCode.OutcomeUnknown, answer.Result.Code);
        Assert.True(remote.Asked.Count >= 5);
    }

    [Fact]
    public async Task Too_busy_is_final_only_while_nothing_can_have_been_logged()
    {
        var busy = new ScriptedProposer(Code(ResultCode.Overloaded), Code(ResultCode.Ok));
        Assert.Equal(
            ResultCode.Overloaded, (await RunAsync(new ScriptedProposer(NotLeader), busy, Other.Id)).Result.Code);
        var unsure = new ScriptedProposer(
            Code(ResultCode.OutcomeUnknown), Code(ResultCode.Overloaded), Code(ResultCode.Ok, 3));
        Assert.Equal(Code(ResultCode.Ok, 3), await RunAsync(new ScriptedProposer(NotLeader), unsure, Other.Id));
    }

    [Fact]
    public async Task A_new_leader_is_used_as_soon_as_it_is_known()
    {
        StatusBoard board = TestNode.Board(Self.Id, NodeId.None, Self, Other);
        var remote = new ScriptedProposer(Code(ResultCode.Ok, 4));
        var retry = new ProposalRetry(
            new ScriptedProposer(NotLeader), (_, command, token) => remote.ProposeAsync(command, token), board,
            TimeProvider.System);
        Task<Proposed> answer = retry.ProposeAsync(Any, CancellationToken.None);
        Assert.False(answer.IsCompleted);
        board.Publish(TestNode.Status(Self.Id, Other.Id, 2, Self, Other));
        Assert.Equal(4UL, (await answer).LogIndex);
    }

    [Fact]
    public async Task A_caller_that_gives_up_is_let_go()
    {
        StatusBoard board = TestNode.Board(Self.Id, NodeId.None, Self, Other);
        var retry = new ProposalRetry(
            new ScriptedProposer(NotLeader), (_, _, _) => Task.FromResult(NotLeader), board, TimeProvider.System);
        using var caller = new CancellationTokenSource();
        Task<Proposed> answer = retry.ProposeAsync(Any, caller.Token);
        await caller.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer);
    }

    [Fact]
    public void A_duplicate_of_its_own_job_is_a_success_and_of_another_job_stays_a_duplicate()
    {
        var command = new Enqueue([Job(1), Job(2), Job(3)]);
        var answer = new Proposed(
            new EnqueueResult([
                new JobOutcome(new JobId(1), ResultCode.Duplicate),
                new JobOutcome(new JobId(99), ResultCode.Duplicate),
                new JobOutcome(new JobId(3), ResultCode.QueueFull)]),
            8);
        var settled = (EnqueueResult)ProposalRetry.Settle(command, answer).Result;
        Assert.Equal(
            [
                new JobOutcome(new JobId(1), ResultCode.Ok),
                new JobOutcome(new JobId(99), ResultCode.Duplicate),
                new JobOutcome(new JobId(3), ResultCode.QueueFull),
            ],
            settled.Jobs);
    }

    private static NewJob Job(int id) => new(new JobId((UInt128)id), default, 1, 0, UInt128.Zero);

    private static Task<Proposed> RunAsync(ScriptedProposer local, ScriptedProposer remote, NodeId leader)
    {
        // Without a leader there is one pause only: it ends by the time-out.
        var clock = new HurriedClock(leader == NodeId.None ? 1 : 5);
        StatusBoard board = TestNode.Board(Self.Id, leader, Self, Other);
        var retry = new ProposalRetry(
            local, (_, command, token) => remote.ProposeAsync(command, token), board, clock);
        return retry.ProposeAsync(Any, CancellationToken.None);
    }
}
