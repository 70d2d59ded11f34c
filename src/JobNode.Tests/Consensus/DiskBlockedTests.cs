using JobNode.Commands;
using JobNode.Consensus;
using JobNode.Consensus.Log;
using JobNode.Observability;
using JobNode.Simulation;

namespace JobNode.Tests.Consensus;

/// <summary>A disk that takes no writes stops the acknowledgements, not the node.</summary>
public sealed class DiskBlockedTests
{
    private const int NoSpace = 28;
    private const int InputOutput = 5;
    private const int ReadOnly = 30;
    private const int Quota = 122;

    [Theory]
    [InlineData(NoSpace)]
    [InlineData(Quota)]
    [InlineData(ReadOnly)]
    [InlineData(InputOutput)]
    public async Task A_leader_acknowledges_nothing_until_its_disk_takes_writes_again(int errorNumber)
    {
        using var loop = new LoopUnderTest(members: new Member(LoopUnderTest.Self, "a:1"));
        loop.Lead();
        Task<Proposed> proposed = loop.Proposer.ProposeAsync(LoopUnderTest.NewJob(7), CancellationToken.None);
        FailWrites(loop, errorNumber);
        EnqueueEntry(loop, 3);
        loop.Loop.RunTurn();

        Assert.Equal(ResultCode.OutcomeUnknown, (await proposed).Result.Code);
        Assert.True(loop.Conditions.Has(NodeCondition.DiskBlocked));
        Assert.DoesNotContain("advance", loop.Steps);
        Assert.DoesNotContain("apply", loop.Steps);
        Assert.False(loop.Board.Current.IsLeader);

        // Not logged, so the caller may go elsewhere; reads go on.
        Task<Proposed> second = loop.Proposer.ProposeAsync(LoopUnderTest.NewJob(8), CancellationToken.None);
        Task<ulong> read = loop.Loop.ReadAsync(() => loop.AppliedIndex, CancellationToken.None);
        loop.MonotonicMs += 10_000;
        loop.Loop.RunTurn();
        Assert.Equal(ResultCode.NotLeader, (await second).Result.Code);
        Assert.Equal(2ul, await read);
        Assert.DoesNotContain("tick", loop.Steps);

        loop.Fails = null;
        loop.MonotonicMs += 250;
        loop.Loop.RunTurn();
        Assert.False(loop.Conditions.Has(NodeCondition.DiskBlocked));
        Assert.Contains("apply", loop.Steps);
        Assert.Contains("advance", loop.Steps);
        Assert.True(loop.Board.Current.IsLeader);
        Assert.Equal(3ul, loop.AppliedIndex);
    }

    [Fact]
    public void Nothing_that_depends_on_the_write_is_sent_before_it_is_there()
    {
        using var loop = new LoopUnderTest();
        FailWrites(loop, NoSpace);
        loop.Core.Enqueue(ready =>
        {
            LoopUnderTest.Fill(ready, RaftRole.Follower, LoopUnderTest.Other, new HardState(2, 0, 1));
            ready.Entries.Add(new RaftEntry(2, 2, RaftEntryKind.Normal, default));
            ready.Messages.Add(new OutgoingMessage(
                LoopUnderTest.Other, RaftMessageKind.AppendResponse, 0, [8, (byte)RaftMessageKind.AppendResponse]));
        });
        loop.Loop.RunTurn();
        Assert.DoesNotContain(loop.Steps, step => step.StartsWith("send", StringComparison.Ordinal));
        loop.Fails = null;
        loop.MonotonicMs += 250;
        loop.Loop.RunTurn();
        Assert.True(loop.Steps.IndexOf("sync") < loop.Steps.IndexOf("send AppendResponse"));
    }

    [Fact]
    public void Who_leads_meanwhile_is_told_to_those_who_pass_calls_on()
    {
        using var loop = new LoopUnderTest();
        loop.Lead();
        FailWrites(loop, NoSpace);
        EnqueueEntry(loop, 3);
        loop.Loop.RunTurn();
        Assert.Equal(NodeId.None, loop.Board.Current.Leader);

        // type 8 (heartbeat), to 1, from 2, term 3
        loop.Loop.Receive([0x08, 8, 0x10, 1, 0x18, 2, 0x20, 3, 0x28, 0]);
        loop.MonotonicMs += 10;
        loop.Loop.RunTurn();
        Assert.Equal(LoopUnderTest.Other, loop.Board.Current.Leader);
        loop.MonotonicMs += 10_000;
        loop.Loop.RunTurn();
        Assert.Equal(NodeId.None, loop.Board.Current.Leader);
    }

    [Fact]
    public void A_failed_sync_still_ends_the_node()
    {
        using var loop = new LoopUnderTest();
        loop.Lead();
        loop.Fails = (operation, _) => operation == StorageOperation.Sync
            ? throw StorageException.Of("sync", "log", InputOutput)
            : false;
        EnqueueEntry(loop, 3);
        Assert.Throws<StorageException>(() => loop.Loop.RunTurn());
    }

    [Fact]
    public void A_snapshot_that_cannot_be_written_is_tried_again_later_and_the_node_goes_on()
    {
        using var loop = new LoopUnderTest(snapshotEntriesMax: 2);
        loop.Lead();
        loop.Fails = (operation, name) => operation == StorageOperation.Write
            && name.EndsWith(".tmp", StringComparison.Ordinal)
            ? throw StorageException.Of("write", name, NoSpace)
            : false;
        EnqueueEntry(loop, 3);
        loop.Loop.RunTurn();
        loop.Loop.RunTurn();
        Assert.True(loop.Conditions.Has(NodeCondition.SnapshotFailed));
        Assert.Equal(1ul, loop.Snapshots.Latest!.Index);
        Assert.DoesNotContain(loop.Disk.List(), name => name.EndsWith(".tmp", StringComparison.Ordinal));
        EnqueueEntry(loop, 4);
        loop.Loop.RunTurn();
        Assert.Equal(4ul, loop.AppliedIndex);

        loop.Fails = null;
        loop.MonotonicMs += 1_000;
        loop.Loop.RunTurn();
        loop.Loop.RunTurn();
        Assert.False(loop.Conditions.Has(NodeCondition.SnapshotFailed));
        Assert.Equal(4ul, loop.Snapshots.Latest!.Index);
    }

    [Fact]
    public void A_node_stops_in_order_on_a_full_disk()
    {
        using var loop = new LoopUnderTest();
        loop.Lead();
        FailWrites(loop, NoSpace);
        loop.Loop.Stop();
    }

    private static void FailWrites(LoopUnderTest loop, int errorNumber) =>
        loop.Fails = (operation, name) => operation == StorageOperation.Write
            ? throw StorageException.Of("write", name, errorNumber)
            : false;

    private static void EnqueueEntry(LoopUnderTest loop, ulong index) => loop.Core.Enqueue(ready =>
    {
        var state = new HardState(2, LoopUnderTest.Self.Value, index);
        LoopUnderTest.Fill(ready, RaftRole.Leader, LoopUnderTest.Self, state);
        ready.Entries.Add(new RaftEntry(index, 2, RaftEntryKind.Normal, Entry(loop)));
        ready.Committed.Add(new RaftEntry(index, 2, RaftEntryKind.Normal, Entry(loop)));
    });

    private static ReadOnlyMemory<byte> Entry(LoopUnderTest loop) =>
        loop.Core.Proposed.Count > 0 ? loop.Core.Proposed[^1] : default;
}
