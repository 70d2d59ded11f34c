using JobNode.Commands;
using JobNode.Consensus;
using JobNode.Consensus.Log;

namespace JobNode.Tests.Consensus;

/// <summary>Who has no vote (any more) decides nothing: found by simulation (issue 3).</summary>
public class LostVoteTests
{
    private static readonly Member _standBy = LoopUnderTest.ThreeMembers[0] with { Role = MemberRole.StandBy };
    private static readonly Member _gone = new(new NodeId(0xFEDC_BA98_7654_3210), "d:1") { Role = MemberRole.Spare };

    [Fact]
    public void A_leader_that_lost_its_vote_names_no_read_index()
    {
        using var node = new LoopUnderTest();
        node.Lead();
        Commit(node, 3, new MemberChange.Put(_standBy));

        Task<bool> barrier = node.Loop.ReadBarrierAsync(CancellationToken.None);
        node.Loop.Receive([0x08, (byte)RaftMessageKind.ReadIndex]);
        node.Loop.RunTurn();

        Assert.Empty(node.Core.Questions);
        Assert.DoesNotContain("step", node.Steps);
        node.Core.Enqueue(static ready =>
            LoopUnderTest.Fill(ready, RaftRole.Follower, LoopUnderTest.Other, new HardState(3, 0, 3)));
        node.Loop.RunTurn();
        node.Loop.RunTurn();
        Assert.Single(node.Core.Questions);
        Assert.False(barrier.IsCompleted);
    }

    [Fact]
    public async Task A_leader_elected_with_its_own_demotion_adds_nothing_to_its_log()
    {
        using var node = new LoopUnderTest();
        RaftEntry demotion = ChangeEntry(2, term: 1, new MemberChange.Put(_standBy));
        node.Core.Enqueue(ready =>
        {
            LoopUnderTest.Fill(ready, RaftRole.Follower, LoopUnderTest.Other, new HardState(1, 0, 1));
            ready.Entries.Add(demotion);
        });
        node.Loop.RunTurn();
        node.Core.Enqueue(static ready =>
        {
            LoopUnderTest.Fill(ready, RaftRole.Leader, LoopUnderTest.Self, new HardState(2, 1, 1));
            ready.Entries.Add(new RaftEntry(3, 2, RaftEntryKind.Normal, default));
        });
        node.Loop.RunTurn();

        Task<Proposed> job = node.Proposer.ProposeAsync(LoopUnderTest.NewJob(1), CancellationToken.None);
        node.Loop.RunTurn();
        Assert.Empty(node.Core.Proposed);
        Assert.False(job.IsCompleted);

        node.Core.Enqueue(ready =>
        {
            LoopUnderTest.Fill(ready, RaftRole.Leader, LoopUnderTest.Self, new HardState(2, 1, 2));
            ready.Committed.Add(demotion);
        });
        node.Loop.RunTurn();
        node.Loop.RunTurn();
        Assert.Empty(node.Core.Proposed);
        Assert.Equal(ResultCode.NotLeader, (await job).Result.Code);
    }

    [Fact]
    public void A_node_that_was_removed_gets_no_vote()
    {
        using var node = new LoopUnderTest();
        node.Lead();
        Commit(node, 3, new MemberChange.Put(_gone));
        node.Loop.Receive(Message(RaftMessageKind.PreVote, _gone.Id));
        node.Loop.RunTurn();
        Assert.Contains("step", node.Steps);

        Commit(node, 4, new MemberChange.Remove(_gone.Id));
        node.Loop.Receive(Message(RaftMessageKind.PreVote, _gone.Id));
        node.Loop.Receive(Message(RaftMessageKind.Vote, _gone.Id));
        node.Loop.RunTurn();
        Assert.DoesNotContain("step", node.Steps);

        node.Loop.Receive(Message(RaftMessageKind.Vote, LoopUnderTest.Other));
        node.Loop.RunTurn();
        Assert.Contains("step", node.Steps);
    }

    [Theory]
    [InlineData(1ul)]
    [InlineData(0x80ul)]
    [InlineData(ulong.MaxValue)]
    public void The_sender_is_found_in_a_message(ulong sender)
    {
        byte[] message = Message(RaftMessageKind.Vote, new NodeId(sender));
        Assert.Equal(new NodeId(sender), RaftMessage.SenderOf(message));
        Assert.Equal(NodeId.None, RaftMessage.SenderOf(message.AsSpan(..^1)));
        Assert.Equal(NodeId.None, RaftMessage.SenderOf([]));
    }

    private static byte[] Message(RaftMessageKind kind, NodeId from)
    {
        List<byte> bytes = [0x08, (byte)kind, 0x10, 0x01, 0x18];
        ulong rest = from.Value;
        while (rest >= 0x80)
        {
            bytes.Add((byte)(rest | 0x80));
            rest >>= 7;
        }

        bytes.Add((byte)rest);
        return [.. bytes];
    }

    private static void Commit(LoopUnderTest node, ulong index, MemberChange change)
    {
        RaftEntry entry = ChangeEntry(index, term: 2, change);
        node.Core.Enqueue(ready =>
        {
            LoopUnderTest.Fill(ready, RaftRole.Leader, LoopUnderTest.Self, new HardState(2, 1, index));
            ready.Entries.Add(entry);
            ready.Committed.Add(entry);
        });
        node.Steps.Clear();
        node.Loop.RunTurn();
        node.Steps.Clear();
    }

    private static RaftEntry ChangeEntry(ulong index, ulong term, MemberChange change)
    {
        // Field 4 of etcd's raftpb.ConfChange.
        byte[] context = MemberChangeCodec.Encode(change);
        return new RaftEntry(
            index, term, RaftEntryKind.ConfigurationChange, (byte[])[0x22, (byte)context.Length, .. context]);
    }
}
