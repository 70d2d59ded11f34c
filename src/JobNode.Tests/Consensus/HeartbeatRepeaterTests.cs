using JobNode.Commands;
using JobNode.Consensus;
using JobNode.Consensus.Log;

namespace JobNode.Tests.Consensus;

public class HeartbeatRepeaterTests
{
    private const string Heartbeat = "send Heartbeat";

    [Fact]
    public void Heartbeats_go_on_while_a_leaders_disk_is_slow()
    {
        using var node = new LoopUnderTest();
        LeadWithHeartbeats(node);
        node.OnSync = () => Stand(node, turns: 20);

        RaftLoopTests.Commit(node, 3, default!);

        // Two followers, and 20 turns of 50 ms, which is the interval of heartbeats.
        Assert.Equal(40, node.Steps.Count(static step => step == Heartbeat));
        Assert.Equal(40, node.Timings.RepeatedHeartbeats);
    }

    [Fact]
    public void Nothing_is_sent_after_the_write_ended()
    {
        using var node = new LoopUnderTest();
        LeadWithHeartbeats(node);
        RaftLoopTests.Commit(node, 3, default!);

        Stand(node, turns: 20);

        Assert.DoesNotContain(Heartbeat, node.Steps);
    }

    [Fact]
    public void After_five_seconds_of_one_write_another_leader_is_better()
    {
        using var node = new LoopUnderTest();
        LeadWithHeartbeats(node);
        node.OnSync = () => Stand(node, turns: 400);

        RaftLoopTests.Commit(node, 3, default!);

        Assert.Equal(200, node.Steps.Count(static step => step == Heartbeat));
    }

    [Fact]
    public void A_node_that_writes_as_a_follower_sends_none()
    {
        using var node = new LoopUnderTest();
        LeadWithHeartbeats(node);
        node.OnSync = () => Stand(node, turns: 20);
        node.Core.Enqueue(ready =>
            LoopUnderTest.Fill(ready, RaftRole.Follower, LoopUnderTest.Other, new HardState(3, 0, 2)));
        node.Core.Enqueue(ready =>
            LoopUnderTest.Fill(ready, RaftRole.Follower, LoopUnderTest.Other, new HardState(4, 0, 2)));

        node.Loop.RunTurn();

        Assert.DoesNotContain(Heartbeat, node.Steps);
        node.Core.Enqueue(ready =>
            LoopUnderTest.Fill(ready, RaftRole.Leader, LoopUnderTest.Self, new HardState(5, 1, 2)));
        node.Loop.RunTurn();
        Assert.DoesNotContain(Heartbeat, node.Steps);
    }

    [Fact]
    public void The_gaps_between_a_leaders_messages_are_measured_as_they_arrive()
    {
        using var node = new LoopUnderTest();
        foreach (long ms in (long[])[100, 200, 950, 1_000])
        {
            node.MonotonicMs = ms;
            node.Loop.Receive([0x08, (byte)RaftMessageKind.Heartbeat]);
        }

        Assert.Equal(TimeSpan.FromMilliseconds(750), node.Timings.LongestLeaderGap);
        node.Lead();
        Assert.Equal(1, node.Timings.LeaderChanges);
        Assert.True(node.Timings.Syncs > 0);
        node.Timings.Reset();
        node.MonotonicMs = 9_000;
        node.Loop.Receive([0x08, (byte)RaftMessageKind.Heartbeat]);
        Assert.Equal(TimeSpan.Zero, node.Timings.LongestLeaderGap);
    }

    private static void LeadWithHeartbeats(LoopUnderTest node)
    {
        node.Lead();
        node.Core.Enqueue(ready =>
        {
            LoopUnderTest.Fill(ready, RaftRole.Leader, LoopUnderTest.Self, new HardState(2, 1, 2));
            ready.HardStateChanged = false;
            ready.MustSync = false;
            foreach (Member member in LoopUnderTest.ThreeMembers[1..])
            {
                ready.Messages.Add(new OutgoingMessage(
                    member.Id, RaftMessageKind.Heartbeat, 0, [0x08, (byte)RaftMessageKind.Heartbeat]));
            }
        });
        node.Loop.RunTurn();
        node.Steps.Clear();
    }

    /// <summary>Time goes on while the raft thread stands, and the timer with it.</summary>
    private static void Stand(LoopUnderTest node, int turns)
    {
        for (int i = 0; i < turns; i++)
        {
            node.MonotonicMs += 50;
            node.Loop.RepeatHeartbeats();
        }
    }
}
