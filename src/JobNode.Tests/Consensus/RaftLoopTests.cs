using JobNode.Commands;
using JobNode.Consensus;
using JobNode.Consensus.Log;

namespace JobNode.Tests.Consensus;

public class RaftLoopTests
{
    private static readonly byte[] _append = [0x08, (byte)RaftMessageKind.Append];
    private static readonly byte[] _vote = [0x08, (byte)RaftMessageKind.VoteResponse];
    private static readonly byte[] _snapshot = [0x08, (byte)RaftMessageKind.Snapshot];

    [Fact]
    public void A_follower_syncs_before_it_sends_applies_and_advances()
    {
        using var node = new LoopUnderTest();
        byte[] entry = Encode(1, 1);
        node.Core.Enqueue(ready =>
        {
            LoopUnderTest.Fill(ready, RaftRole.Follower, LoopUnderTest.Other, new HardState(2, 2, 2));
            ready.Entries.Add(new RaftEntry(2, 2, RaftEntryKind.Normal, entry));
            ready.Committed.Add(new RaftEntry(2, 2, RaftEntryKind.Normal, entry));
            ready.Messages.Add(new OutgoingMessage(LoopUnderTest.Other, RaftMessageKind.VoteResponse, 0, _vote));
        });

        node.Loop.RunTurn();

        Assert.Equal(["sync", "sync", "send VoteResponse", "apply", "advance", "applied hook"], node.Steps);
    }

    [Fact]
    public void A_leader_sends_its_appends_before_its_own_sync_but_nothing_else()
    {
        using var node = new LoopUnderTest();
        node.Lead();
        node.Core.Enqueue(ready =>
        {
            LoopUnderTest.Fill(ready, RaftRole.Leader, LoopUnderTest.Self, new HardState(2, 1, 2));
            ready.Entries.Add(new RaftEntry(3, 2, RaftEntryKind.Normal, Encode(1, 1)));
            ready.Messages.Add(new OutgoingMessage(LoopUnderTest.Other, RaftMessageKind.VoteResponse, 0, _vote));
            ready.Messages.Add(new OutgoingMessage(LoopUnderTest.Other, RaftMessageKind.Append, 0, _append));
        });

        node.Loop.RunTurn();

        Assert.Equal(["send Append", "sync", "send VoteResponse", "advance"], node.Steps);
    }

    [Fact]
    public void A_new_term_is_synced_before_even_a_leader_sends()
    {
        using var node = new LoopUnderTest();
        node.Core.Enqueue(ready =>
        {
            LoopUnderTest.Fill(ready, RaftRole.Leader, LoopUnderTest.Self, new HardState(2, 1, 1));
            ready.Entries.Add(new RaftEntry(2, 2, RaftEntryKind.Normal, default));
            ready.Messages.Add(new OutgoingMessage(LoopUnderTest.Other, RaftMessageKind.Append, 0, _append));
        });

        node.Loop.RunTurn();

        Assert.Equal(["sync", "sync", "send Append", "advance"], node.Steps);
    }

    [Fact]
    public void A_failed_sync_stops_the_loop_before_anything_is_sent()
    {
        using var node = new LoopUnderTest { IsDiskBroken = true };
        node.Core.Enqueue(ready =>
        {
            LoopUnderTest.Fill(ready, RaftRole.Follower, LoopUnderTest.Other, new HardState(2, 2, 1));
            ready.Messages.Add(new OutgoingMessage(LoopUnderTest.Other, RaftMessageKind.VoteResponse, 0, _vote));
        });

        Assert.ThrowsAny<IOException>(() => node.Loop.RunTurn());

        Assert.DoesNotContain("send VoteResponse", node.Steps);
        Assert.DoesNotContain("advance", node.Steps);
        Assert.Equal(ResultCode.Stopping, node.Loop.TryReserve());
    }

    [Fact]
    public void An_entry_that_cannot_be_decoded_stops_the_loop_with_its_place()
    {
        using var node = new LoopUnderTest();
        node.Core.Enqueue(ready =>
        {
            LoopUnderTest.Fill(ready, RaftRole.Follower, LoopUnderTest.Other, new HardState(2, 2, 2));
            ready.Entries.Add(new RaftEntry(2, 2, RaftEntryKind.Normal, new byte[] { 99, 1, 2 }));
            ready.Committed.Add(new RaftEntry(2, 2, RaftEntryKind.Normal, new byte[] { 99, 1, 2 }));
        });

        InvalidDataException exception = Assert.Throws<InvalidDataException>(() => node.Loop.RunTurn());

        Assert.Contains("log entry 2", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_received_snapshot_is_installed_before_anything_of_its_ready_is_sent()
    {
        using var source = new LoopUnderTest(snapshotEntriesMax: 2);
        source.Lead();
        Commit(source, 3, Encode(1, 1));
        Assert.Equal(3ul, source.Snapshots.Latest!.Index);
        using var node = new LoopUnderTest();
        string file = Copy(source, node, 3);
        node.Steps.Clear();
        node.Core.OnStep = core => core.Enqueue(ready =>
        {
            LoopUnderTest.Fill(ready, RaftRole.Follower, LoopUnderTest.Other, new HardState(2, 0, 3));
            ready.Snapshot = new ReadySnapshot(3, 2);
            ready.Messages.Add(new OutgoingMessage(LoopUnderTest.Other, RaftMessageKind.VoteResponse, 0, _vote));
        });

        Assert.True(node.Loop.ReceiveSnapshot(_snapshot, file));
        node.Loop.RunTurn();

        Assert.Equal("step", node.Steps[0]);
        Assert.True(node.Steps.IndexOf("restore") < node.Steps.LastIndexOf("sync"));
        Assert.True(node.Steps.LastIndexOf("sync") < node.Steps.IndexOf("send VoteResponse"));
        Assert.Equal(source.Digest, node.Digest);
        Assert.Equal(3ul, node.Board.Current.AppliedIndex);
        Assert.Equal(3ul, node.Snapshots.Latest!.Index);
    }

    [Fact]
    public void A_received_snapshot_that_the_core_does_not_take_is_deleted()
    {
        using var source = new LoopUnderTest(snapshotEntriesMax: 2);
        source.Lead();
        Commit(source, 3, Encode(1, 1));
        using var node = new LoopUnderTest();
        string file = Copy(source, node, 3);
        Assert.Contains(file, node.Disk.List());

        Assert.True(node.Loop.ReceiveSnapshot(_snapshot, file));
        node.Loop.RunTurn();

        Assert.DoesNotContain(file, node.Disk.List());
        Assert.Equal(RaftLoop.BootstrapIndex, node.Snapshots.Latest!.Index);
    }

    [Fact]
    public void A_loop_that_stops_in_order_marks_the_log_as_closed_and_may_be_disposed_of_twice()
    {
        using var node = new LoopUnderTest();
        node.Lead();
        byte[] entry = Encode(1, 1);
        Commit(node, 3, entry);
        string name = node.Disk.List().Single(file => file.EndsWith(".log", StringComparison.Ordinal));

        node.Loop.Stop();
        node.Loop.Stop();
        node.Loop.Dispose();
        node.Loop.Dispose();

        // Damage to the last batch is a torn write after a crash, and an error after a clean end.
        long at = node.Disk.Contents(name).AsSpan().LastIndexOf(entry);
        node.Disk.FlipBit(name, at * 8);
        Assert.Throws<LogDamagedException>(() => WriteAheadLog.Open(node.Disk, 1, new WriteAheadLogOptions(), 1));
    }

    [Fact]
    public void The_only_voter_stands_for_election_at_once_and_nobody_else_does()
    {
        using var alone = new LoopUnderTest(members: new Member(LoopUnderTest.Self, "a:1"));
        using var oneOfThree = new LoopUnderTest();
        using var outsider = new LoopUnderTest(members: new Member(LoopUnderTest.Other, "b:1"));
        Assert.Equal(1, alone.Core.Campaigns);
        Assert.Equal(0, oneOfThree.Core.Campaigns);
        Assert.Equal(0, outsider.Core.Campaigns);
    }

    [Fact]
    public void A_snapshot_is_taken_when_enough_was_applied_and_the_core_compacted()
    {
        using var node = new LoopUnderTest(snapshotEntriesMax: 2);
        node.Lead();
        Commit(node, 3, Encode(1, 1));

        node.Loop.RunTurn();

        Assert.Contains("compact 3 0", node.Steps);
        Assert.Equal(3ul, node.Snapshots.Latest!.Index);
    }

    [Fact]
    public void A_stall_does_not_turn_into_a_burst_of_ticks()
    {
        using var node = new LoopUnderTest();
        node.MonotonicMs += 60_000;
        node.Loop.RunTurn();
        Assert.Equal(new RaftLoopOptions { Self = LoopUnderTest.Self }.CatchUpTicksMax, node.Core.Ticks);
    }

    [Fact]
    public void Messages_that_no_other_node_may_send_are_refused()
    {
        using var node = new LoopUnderTest();
        Assert.False(node.Loop.Receive([0x08, (byte)RaftMessageKind.Propose]));
        Assert.False(node.Loop.Receive(_snapshot));
        Assert.False(node.Loop.Receive([0x08, 0]));
        Assert.False(node.Loop.Receive([]));
        Assert.True(node.Loop.Receive(_append));
    }

    [Fact]
    public async Task A_barrier_waits_for_the_index_that_the_quorum_named()
    {
        using var node = new LoopUnderTest();
        node.Lead();
        Task<bool> first = node.Loop.ReadBarrierAsync(CancellationToken.None);
        Task<bool> second = node.Loop.ReadBarrierAsync(CancellationToken.None);
        node.Loop.RunTurn();
        ReadContext question = Assert.Single(node.Core.Questions);
        node.Core.Enqueue(ready =>
        {
            LoopUnderTest.Fill(ready, RaftRole.Leader, LoopUnderTest.Self, new HardState(2, 1, 2));
            ready.ReadStates.Add(new ReadState(3, question));
        });
        node.Loop.RunTurn();
        Assert.False(first.IsCompleted);

        Commit(node, 3, Encode(1, 1));

        Assert.True(await first);
        Assert.True(await second);
    }

    [Fact]
    public async Task A_barrier_without_an_answer_is_asked_again_and_gives_up_at_last()
    {
        using var node = new LoopUnderTest();
        Task<bool> barrier = node.Loop.ReadBarrierAsync(CancellationToken.None);
        for (int i = 0; i < 200; i++)
        {
            node.MonotonicMs += 50;
            node.Loop.RunTurn();
        }

        Assert.False(await barrier);
        Assert.True(node.Core.Questions.Count > 2);
        Assert.Equal(node.Core.Questions.Count, node.Core.Questions.Distinct().Count());
    }

    [Fact]
    public async Task Reads_run_on_the_turn_and_their_failures_are_the_callers()
    {
        using var node = new LoopUnderTest();
        Task<ulong> good = node.Loop.ReadAsync(() => node.AppliedIndex, CancellationToken.None);
        Task<int> bad = node.Loop.ReadAsync<int>(() => throw new FormatException("mine"), CancellationToken.None);
        node.Loop.RunTurn();
        Assert.Equal(1ul, await good);
        await Assert.ThrowsAsync<FormatException>(() => bad);
    }

    internal static byte[] Encode(ulong sequence, ulong job)
    {
        var command = new System.Buffers.ArrayBufferWriter<byte>();
        CommandCodec.Encode(LoopUnderTest.NewJob(job), command);
        var entry = new System.Buffers.ArrayBufferWriter<byte>();
        EntryCodec.Encode(new ProposalId(LoopUnderTest.Other, sequence), 5, [command.WrittenMemory], entry);
        return entry.WrittenSpan.ToArray();
    }

    internal static void Commit(LoopUnderTest node, ulong index, byte[] entry)
    {
        node.Core.Enqueue(ready =>
        {
            LoopUnderTest.Fill(ready, RaftRole.Leader, LoopUnderTest.Self, new HardState(2, 1, index));
            ready.Entries.Add(new RaftEntry(index, 2, RaftEntryKind.Normal, entry));
            ready.Committed.Add(new RaftEntry(index, 2, RaftEntryKind.Normal, entry));
        });
        node.Loop.RunTurn();
    }

    internal static string Copy(LoopUnderTest source, LoopUnderTest target, ulong index)
    {
        using Stream file = source.Snapshots.OpenFile(index);
        using var bytes = new MemoryStream();
        file.CopyTo(bytes);
        using IncomingSnapshot incoming = target.Snapshots.BeginReceive();
        incoming.Write(bytes.ToArray());
        return incoming.Complete().FileName;
    }
}
