using JobNode.Commands;
using JobNode.Consensus;
using JobNode.Consensus.Log;

namespace JobNode.Tests.Consensus;

public sealed class SplitVoteTests
{
    private const int LongestFirstPauseMs = 10 + 80;

    [Fact]
    public void A_candidate_that_was_refused_stands_again_soon()
    {
        using var node = Candidate(term: 5);
        Refuse(node);
        Assert.Equal(0, node.Core.Campaigns);
        After(node, LongestFirstPauseMs);
        Assert.Equal(1, node.Core.Campaigns);
    }

    [Fact]
    public void It_does_so_once_a_term()
    {
        using var node = Candidate(term: 5);
        Refuse(node);
        After(node, LongestFirstPauseMs);
        Refuse(node);
        After(node, 1_000);
        Assert.Equal(1, node.Core.Campaigns);
    }

    [Fact]
    public void It_waits_longer_with_each_split_until_somebody_leads()
    {
        using var node = Candidate(term: 5);
        long first = PauseInTerm(node, 6);
        Assert.InRange(first, 1, LongestFirstPauseMs);
        for (ulong term = 7; term < 12; term++)
        {
            PauseInTerm(node, term);
        }

        Assert.InRange(PauseInTerm(node, 12), 1, 10 + (80 << 4));
        Become(node, RaftRole.Follower, LoopUnderTest.Other, 13);
        Assert.InRange(PauseInTerm(node, 14), 1, LongestFirstPauseMs);
    }

    [Fact]
    public void Rivals_take_different_pauses()
    {
        // Two nodes that took the same one in every term would split for ever.
        int same = 0;
        for (ulong term = 1; term <= 1_000; term++)
        {
            ulong mine = BitMixer.Mix(0x1234_5678_9abc_def0 ^ (term << 32)) % 80;
            ulong theirs = BitMixer.Mix(0x1234_5678_9abc_def1 ^ (term << 32)) % 80;
            same += mine == theirs ? 1 : 0;
        }

        Assert.InRange(same, 0, 40);
    }

    [Fact]
    public void A_vote_that_was_given_changes_nothing()
    {
        using var node = Candidate(term: 5);
        node.Loop.Receive([0x08, (byte)RaftMessageKind.VoteResponse, 0x50, 0, 0x58, 0]);
        node.Loop.RunTurn();
        After(node, 1_000);
        Assert.Equal(0, node.Core.Campaigns);
    }

    [Fact]
    public void A_leader_that_shows_up_meanwhile_is_left_alone()
    {
        using var node = Candidate(term: 5);
        Refuse(node);
        Become(node, RaftRole.Follower, LoopUnderTest.Other, 5);
        After(node, 1_000);
        Assert.Equal(0, node.Core.Campaigns);
    }

    private static LoopUnderTest Candidate(ulong term)
    {
        var node = new LoopUnderTest();
        Become(node, RaftRole.Candidate, NodeId.None, term);
        return node;
    }

    private static void Become(LoopUnderTest node, RaftRole role, NodeId leader, ulong term)
    {
        node.Core.Enqueue(ready => LoopUnderTest.Fill(ready, role, leader, new HardState(term, 0, 1)));
        node.Loop.RunTurn();
    }

    private static void Refuse(LoopUnderTest node)
    {
        node.Loop.Receive([0x08, (byte)RaftMessageKind.VoteResponse, 0x10, 1, 0x18, 2, 0x50, 1, 0x58, 0]);
        node.Loop.RunTurn();
    }

    private static void After(LoopUnderTest node, long milliseconds)
    {
        node.MonotonicMs += milliseconds;
        node.Loop.RunTurn();
    }

    private static long PauseInTerm(LoopUnderTest node, ulong term)
    {
        Become(node, RaftRole.Candidate, NodeId.None, term);
        Refuse(node);
        int before = node.Core.Campaigns;
        long beginMs = node.MonotonicMs;
        while (node.Core.Campaigns == before && node.MonotonicMs - beginMs < 10_000)
        {
            After(node, 10);
        }

        return node.MonotonicMs - beginMs;
    }
}
