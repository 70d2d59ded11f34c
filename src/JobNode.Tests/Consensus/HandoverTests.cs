using JobNode.Commands;
using JobNode.Consensus.Log;

namespace JobNode.Tests.Consensus;

public class HandoverTests
{
    private static readonly NodeId _third = new(3);

    [Fact]
    public void A_leader_that_leaves_hands_over_once_to_the_follower_with_most_of_the_log()
    {
        using var node = new LoopUnderTest();
        node.Lead();
        node.Core.Matches[LoopUnderTest.Other] = 1;
        node.Core.Matches[_third] = 2;

        node.Loop.RequestHandover();
        node.Loop.RunTurn();
        node.Loop.RunTurn();

        Assert.Equal("transfer to 3", Assert.Single(node.Steps));
    }

    [Fact]
    public void A_leader_that_heard_of_nobody_yet_hands_over_when_it_does()
    {
        using var node = new LoopUnderTest();
        node.Lead();
        node.Loop.RequestHandover();
        node.Loop.RunTurn();
        Assert.Empty(node.Steps);

        node.Core.Matches[LoopUnderTest.Other] = 2;
        node.Loop.RunTurn();

        Assert.Equal("transfer to 2", Assert.Single(node.Steps));
    }

    [Fact]
    public async Task A_handover_ends_when_another_node_leads()
    {
        using var node = new LoopUnderTest();
        node.Lead();
        node.Core.Matches[LoopUnderTest.Other] = 2;
        Task handover = node.Loop.HandOverAsync(Timeout.InfiniteTimeSpan);
        node.Loop.RunTurn();
        node.Core.Enqueue(ready =>
            LoopUnderTest.Fill(ready, RaftRole.Follower, NodeId.None, new HardState(3, LoopUnderTest.Other.Value, 2)));
        node.Loop.RunTurn();
        Assert.False(handover.IsCompleted);

        node.Core.Enqueue(ready => LoopUnderTest.Fill(
            ready, RaftRole.Follower, LoopUnderTest.Other, new HardState(3, LoopUnderTest.Other.Value, 2)));
        node.Loop.RunTurn();

        await handover;
    }

    [Fact]
    public void Who_does_not_lead_or_leads_nobody_has_nothing_to_hand_over()
    {
        using var follower = new LoopUnderTest();
        follower.Core.Matches[LoopUnderTest.Other] = 2;
        using var alone = new LoopUnderTest(members: new Member(LoopUnderTest.Self, "a:1"));
        alone.Lead();

        Assert.True(follower.Loop.HandOverAsync(Timeout.InfiniteTimeSpan).IsCompleted);
        Assert.True(alone.Loop.HandOverAsync(Timeout.InfiniteTimeSpan).IsCompleted);
        follower.Loop.RequestHandover();
        follower.Loop.RunTurn();

        Assert.Empty(follower.Steps);
    }
}
