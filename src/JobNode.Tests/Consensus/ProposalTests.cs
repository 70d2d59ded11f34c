using JobNode.Commands;
using JobNode.Consensus;
using JobNode.Consensus.Log;

namespace JobNode.Tests.Consensus;

public class ProposalTests
{
    [Fact]
    public async Task A_node_that_does_not_lead_refuses_without_logging()
    {
        using var node = new LoopUnderTest();
        Proposed proposed = await node.Proposer.ProposeAsync(LoopUnderTest.NewJob(1), CancellationToken.None);
        Assert.Equal(ResultCode.NotLeader, proposed.Result.Code);
        Assert.Empty(node.Core.Proposed);
    }

    [Fact]
    public async Task Many_waiting_proposals_share_one_entry_and_one_sync()
    {
        using var node = new LoopUnderTest();
        node.Lead();
        Task<Proposed>[] tasks =
            [.. Enumerable.Range(1, 500).Select(i => Propose(node, (ulong)i))];
        Assert.False(node.Loop.RunTurn());
        byte[] entry = Assert.Single(node.Core.Proposed);
        node.Steps.Clear();

        RaftLoopTests.Commit(node, 3, entry);

        Assert.Single(node.Steps, "sync");
        foreach (Task<Proposed> task in tasks)
        {
            Proposed proposed = await task;
            Assert.Equal(ResultCode.Ok, proposed.Result.Code);
            Assert.Equal(3ul, proposed.LogIndex);
        }

        Assert.Equal(0, node.Loop.Slots.Taken);
    }

    [Fact]
    public async Task What_the_core_drops_was_never_logged()
    {
        using var node = new LoopUnderTest();
        node.Lead();
        node.Core.AcceptsProposals = false;
        Task<Proposed> task = Propose(node, 1);
        node.Loop.RunTurn();
        Assert.Equal(ResultCode.NotLeader, (await task).Result.Code);
    }

    [Fact]
    public async Task What_the_core_accepted_is_unknown_once_leadership_is_lost()
    {
        using var node = new LoopUnderTest();
        node.Lead();
        Task<Proposed> accepted = Propose(node, 1);
        node.Loop.RunTurn();
        Task<Proposed> waiting = Propose(node, 2);
        node.Core.AcceptsProposals = false;
        node.Core.Enqueue(ready =>
            LoopUnderTest.Fill(ready, RaftRole.Follower, LoopUnderTest.Other, new HardState(3, 0, 2)));
        node.Loop.RunTurn();
        Assert.Equal(ResultCode.OutcomeUnknown, (await accepted).Result.Code);
        Assert.Equal(ResultCode.NotLeader, (await waiting).Result.Code);
        Assert.Equal(0, node.Loop.Slots.Taken);
    }

    [Fact]
    public async Task What_commits_in_the_ready_that_ends_the_leadership_is_still_answered()
    {
        using var node = new LoopUnderTest();
        node.Lead();
        Task<Proposed> task = Propose(node, 1);
        node.Loop.RunTurn();
        node.Core.Enqueue(ready =>
        {
            LoopUnderTest.Fill(ready, RaftRole.Follower, LoopUnderTest.Other, new HardState(3, 0, 3));
            ready.Entries.Add(new RaftEntry(3, 2, RaftEntryKind.Normal, node.Core.Proposed[0]));
            ready.Committed.Add(new RaftEntry(3, 2, RaftEntryKind.Normal, node.Core.Proposed[0]));
        });
        node.Loop.RunTurn();
        Assert.Equal(ResultCode.Ok, (await task).Result.Code);
    }

    [Fact]
    public async Task A_caller_that_cancels_gives_its_slot_back()
    {
        using var node = new LoopUnderTest();
        node.Lead();
        using var cancellation = new CancellationTokenSource();
        Task<Proposed> task = node.Proposer.ProposeAsync(LoopUnderTest.NewJob(1), cancellation.Token);
        Assert.Equal(1, node.Loop.Slots.Taken);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task);
        Assert.Equal(0, node.Loop.Slots.Taken);
        node.Loop.RunTurn();
        Assert.Empty(node.Core.Proposed);
    }

    [Fact]
    public async Task Beyond_the_bound_callers_are_told_to_slow_down()
    {
        using var node = new LoopUnderTest();
        node.Lead();
        for (int i = 0; i < Limits.ProposalsInFlightMax; i++)
        {
            Assert.True(node.Loop.Slots.TryTake());
        }

        Proposed proposed = await Propose(node, 1);
        Assert.Equal(ResultCode.Overloaded, proposed.Result.Code);
    }

    [Fact]
    public async Task A_stopping_node_tells_the_unlogged_from_the_unknown()
    {
        using var node = new LoopUnderTest();
        node.Lead();
        Task<Proposed> accepted = Propose(node, 1);
        node.Loop.RunTurn();
        Task<Proposed> waiting = Propose(node, 2);
        node.Loop.Stop();
        Assert.Equal(ResultCode.OutcomeUnknown, (await accepted).Result.Code);
        Assert.Equal(ResultCode.Stopping, (await waiting).Result.Code);
        Assert.Equal(ResultCode.Stopping, (await Propose(node, 3)).Result.Code);
    }

    [Fact]
    public void Stamps_never_go_back()
    {
        using var node = new LoopUnderTest();
        node.Lead();
        _ = Propose(node, 1);
        node.Loop.RunTurn();
        node.UnixMs -= 10_000;
        _ = Propose(node, 2);
        node.Loop.RunTurn();
        ulong first = EntryCodec.Decode(node.Core.Proposed[0]).TimeMs;
        Assert.Equal(first, EntryCodec.Decode(node.Core.Proposed[1]).TimeMs);
    }

    [Fact]
    public void An_entry_of_an_earlier_life_completes_nobody()
    {
        var before = new PendingProposals(LoopUnderTest.Self);
        ProposalId old = before.NextId(2);
        var after = new PendingProposals(LoopUnderTest.Self);
        ProposalId now = after.NextId(3);
        Assert.NotEqual(old, now);
        var slots = new ProposalSlots(1);
        Assert.True(slots.TryTake());
        var request = new ProposalRequest(new byte[1], slots);
        after.Add(now, [request], 1);
        after.Complete(old, [CommandResult.Ok], 7);
        Assert.False(request.IsSettled);
        after.Complete(now, [CommandResult.Ok], 8);
        Assert.True(request.IsSettled);
        Assert.Equal(0, after.Bytes);
    }

    private static Task<Proposed> Propose(LoopUnderTest node, ulong job) =>
        node.Proposer.ProposeAsync(LoopUnderTest.NewJob(job), CancellationToken.None);
}
