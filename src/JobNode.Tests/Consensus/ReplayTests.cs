using System.Buffers;
using JobNode.Commands;
using JobNode.Consensus;
using JobNode.Consensus.Log;

namespace JobNode.Tests.Consensus;

/// <summary>After a restart a long log is applied without the core, as far as it is committed.</summary>
public sealed class ReplayTests
{
    private const ulong Term = 2;

    private static readonly NodeId _fourth = new(4);

    [Fact]
    public void Committed_entries_past_the_tail_are_applied_before_the_core_starts()
    {
        using LoopUnderTest node = LoopUnderTest.Remembering(TwoEntries, commit: 6, Entries(2, 7));

        RaftCoreStart start = node.Core.Started!;
        Assert.Equal((5ul, Term), (start.AppliedIndex, start.AppliedTerm));
        Assert.Equal(RaftLoop.BootstrapIndex, start.SnapshotIndex);
        Assert.Equal([6ul, 7ul], start.Entries.Select(static entry => entry.Index));
        Assert.Equal(6ul, start.HardState.Commit);
        Assert.Equal(5ul, node.AppliedIndex);
        Assert.Equal(5ul, node.Board.Current.AppliedIndex);
    }

    [Fact]
    public void What_is_not_committed_is_left_to_the_core_however_long_it_is()
    {
        using LoopUnderTest node = LoopUnderTest.Remembering(TwoEntries, commit: 3, Entries(2, 7));

        Assert.Equal(3ul, node.Core.Started!.AppliedIndex);
        Assert.Equal([4ul, 5ul, 6ul, 7ul], node.Core.Started.Entries.Select(static entry => entry.Index));
        Assert.Equal(3ul, node.AppliedIndex);
    }

    [Fact]
    public void A_short_log_is_the_core_s_alone()
    {
        using LoopUnderTest node = LoopUnderTest.Remembering(1 << 20, commit: 6, Entries(2, 7));

        Assert.Equal(RaftLoop.BootstrapIndex, node.Core.Started!.AppliedIndex);
        Assert.Equal(6, node.Core.Started.Entries.Count);
        Assert.Equal(RaftLoop.BootstrapIndex, node.AppliedIndex);
    }

    [Fact]
    public void The_core_starts_with_the_configuration_that_the_applied_entries_made()
    {
        byte[] put = MemberChangeCodec.Encode(
            new MemberChange.Put(new Member(_fourth, "d:1") { Role = MemberRole.StandBy }));
        var change = new RaftEntry(
            2, Term, RaftEntryKind.ConfigurationChange, (byte[])[0x22, (byte)put.Length, .. put]);
        using LoopUnderTest node = LoopUnderTest.Remembering(TwoEntries, commit: 7, [change, .. Entries(3, 7)]);

        Assert.Equal(5ul, node.Core.Started!.AppliedIndex);
        Assert.Equal([_fourth], node.Core.Started.Configuration.Learners);
        Assert.Equal(3, node.Core.Started.Configuration.Voters.Count);
        Assert.NotNull(node.Board.Current.Configuration.Find(_fourth));
        Assert.DoesNotContain(node.Steps, static step => step.StartsWith("change", StringComparison.Ordinal));
    }

    [Fact]
    public void The_state_is_the_one_that_the_core_would_have_led_to()
    {
        RaftEntry[] entries = Entries(2, 7);
        using LoopUnderTest replayed = LoopUnderTest.Remembering(TwoEntries, commit: 5, entries);
        using LoopUnderTest led = LoopUnderTest.Remembering(1 << 20, commit: 5, entries);
        led.Core.Enqueue(ready =>
        {
            LoopUnderTest.Fill(ready, RaftRole.Follower, LoopUnderTest.Other, new HardState(Term, 0, 5));
            ready.Committed.AddRange(entries.Take(4));
        });

        led.Loop.RunTurn();

        Assert.Equal(5ul, replayed.AppliedIndex);
        Assert.Equal((led.AppliedIndex, led.Digest), (replayed.AppliedIndex, replayed.Digest));
    }

    private static long TwoEntries => Entries(2, 3).Sum(MemoryTail.BytesOf);

    private static RaftEntry[] Entries(ulong first, ulong last) =>
        [.. Enumerable.Range((int)first, (int)(last - first) + 1).Select(static index => Entry((ulong)index))];

    private static RaftEntry Entry(ulong index)
    {
        var command = new ArrayBufferWriter<byte>();
        CommandCodec.Encode(LoopUnderTest.NewJob(index), command);
        var entry = new ArrayBufferWriter<byte>();
        EntryCodec.Encode(
            new ProposalId(LoopUnderTest.Other, index), 1_000 + index, new[] { command.WrittenMemory }, entry);
        return new RaftEntry(index, Term, RaftEntryKind.Normal, entry.WrittenMemory);
    }
}
