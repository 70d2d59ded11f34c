using JobNode.Commands;
using JobNode.Consensus;
using JobNode.Consensus.Log;
using JobNode.Observability;

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
        RaftLoopTests.Commit(node, 3, node.Core.Proposed[0]);
        node.UnixMs -= 10_000;
        _ = Propose(node, 2);
        node.Loop.RunTurn();
        ulong first = EntryCodec.Decode(node.Core.Proposed[0]).TimeMs;
        Assert.Equal(first, EntryCodec.Decode(node.Core.Proposed[1]).TimeMs);
    }

    [Fact]
    public void An_entry_of_an_earlier_life_completes_nobody()
    {
        var before = new PendingProposals(LoopUnderTest.Self, new RaftTimings());
        ProposalId old = before.NextId(2);
        var after = new PendingProposals(LoopUnderTest.Self, new RaftTimings());
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

    [Fact]
    public async Task What_comes_while_an_entry_is_under_way_shares_the_next_one()
    {
        using var node = new LoopUnderTest();
        node.Lead();
        _ = Propose(node, 1);
        Assert.False(node.Loop.RunTurn());
        Assert.Single(node.Core.Proposed);
        Task<Proposed>[] waiting = [Propose(node, 2), Propose(node, 3)];
        Assert.False(node.Loop.RunTurn());
        Assert.Single(node.Core.Proposed);

        // An entry is applied: the turn says at once that there is more to do.
        node.Core.Enqueue(ready =>
        {
            LoopUnderTest.Fill(ready, RaftRole.Leader, LoopUnderTest.Self, new HardState(2, 1, 3));
            ready.Entries.Add(new RaftEntry(3, 2, RaftEntryKind.Normal, node.Core.Proposed[0]));
            ready.Committed.Add(new RaftEntry(3, 2, RaftEntryKind.Normal, node.Core.Proposed[0]));
        });
        Assert.True(node.Loop.RunTurn());
        Assert.False(node.Loop.RunTurn());
        Assert.Equal(2, node.Core.Proposed.Count);
        RaftLoopTests.Commit(node, 4, node.Core.Proposed[1]);
        foreach (Task<Proposed> task in waiting)
        {
            Assert.Equal(ResultCode.Ok, (await task).Result.Code);
        }
    }

    [Fact]
    public void What_is_worth_an_entry_of_its_own_waits_for_no_other()
    {
        using var node = new LoopUnderTest();
        node.Lead();
        _ = Propose(node, 1);
        Assert.False(node.Loop.RunTurn());
        int commands = (new RaftLoopOptions { Self = LoopUnderTest.Self }.OwnEntryBytesMin / 64) + 1;
        for (ulong job = 2; job <= (ulong)commands; job++)
        {
            _ = Propose(node, job);
        }

        Assert.False(node.Loop.RunTurn());
        Assert.Equal(2, node.Core.Proposed.Count);
    }

    [Fact]
    public async Task Who_waits_for_an_index_wakes_nobody_and_is_not_missed()
    {
        using var node = new LoopUnderTest();
        node.Lead();
        Task<Proposed> job = Propose(node, 1);
        Task<bool> before = node.Loop.WaitAppliedAsync(3, CancellationToken.None);
        node.Loop.RunTurn();

        // Too late for the turn that applies, too early to see that it did.
        Task<bool>? meanwhile = null;
        node.OnSync = () => meanwhile ??= node.Loop.WaitAppliedAsync(3, CancellationToken.None);
        node.Core.Enqueue(ready =>
        {
            LoopUnderTest.Fill(ready, RaftRole.Leader, LoopUnderTest.Self, new HardState(2, 1, 3));
            ready.Entries.Add(new RaftEntry(3, 2, RaftEntryKind.Normal, node.Core.Proposed[0]));
            ready.Committed.Add(new RaftEntry(3, 2, RaftEntryKind.Normal, node.Core.Proposed[0]));
        });
        Assert.True(node.Loop.RunTurn());
        Assert.True(await before);
        Assert.False(meanwhile!.IsCompleted);
        Assert.False(node.Loop.RunTurn());
        Assert.True(await meanwhile);
        Assert.Equal(3ul, (await job).LogIndex);
        Assert.True(await node.Loop.WaitAppliedAsync(3, CancellationToken.None));
    }

    private static Task<Proposed> Propose(LoopUnderTest node, ulong job) =>
        node.Proposer.ProposeAsync(LoopUnderTest.NewJob(job), CancellationToken.None);
}
