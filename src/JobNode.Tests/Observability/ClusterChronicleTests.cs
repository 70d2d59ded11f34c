using JobNode.Observability;

namespace JobNode.Tests.Observability;

/// <summary>The events that a node tells from one look at the cluster after the other.</summary>
public sealed class ClusterChronicleTests
{
    private static readonly ObservedMember A = new("1", "a:5001", "leader", true);
    private static readonly ObservedMember B = new("2", "b:5001", "voter", true);
    private static readonly ObservedMember C = new("3", "c:5001", "voter", true);

    private readonly ClusterChronicle _chronicle = new();
    private long _nowMs = 1000;

    [Fact]
    public void The_first_look_tells_only_that_the_list_begins()
    {
        Assert.Equal(["start"], Look("a:5001", 1, A, B));
        Assert.Empty(Look("a:5001", 1, A, B));
    }

    [Fact]
    public void A_leader_that_takes_its_time_at_the_start_is_no_lost_quorum()
    {
        Assert.Equal(["start"], Look(null, 0, A, B));
        for (int i = 0; i < 10; i++)
        {
            Assert.Empty(Look(null, 0, A, B));
        }

        Assert.Empty(Look("a:5001", 1, A, B));
    }

    [Fact]
    public void An_election_is_one_event_also_with_a_moment_without_a_leader()
    {
        Look("a:5001", 1, A, B, C);
        Assert.Empty(Look(null, 2, A with { Role = "candidate" }, B, C));
        Assert.Empty(Look(null, 2, A with { Role = "candidate" }, B, C));
        Assert.Equal(["election"], Look("b:5001", 2, A with { Role = "voter" }, B with { Role = "leader" }, C));
        Assert.Equal(["election"], Look("b:5001", 3, A with { Role = "voter" }, B with { Role = "leader" }, C));
        Assert.Equal("b:5001 was elected leader (term 3)", _chronicle.Events[^1].Text);
    }

    [Fact]
    public void A_quorum_is_lost_after_three_looks_and_back_with_the_next_leader()
    {
        Look("a:5001", 1, A, B, C);
        Assert.Empty(Look(null, 1, A, B, C));
        Assert.Empty(Look(null, 1, A, B, C));
        Assert.Equal(["quorumLost"], Look(null, 1, A, B, C));
        Assert.Empty(Look(null, 1, A, B, C));
        Assert.Equal(["quorumBack"], Look("a:5001", 4, A, B, C));
    }

    [Fact]
    public void A_member_is_lost_after_three_looks_and_back_with_one()
    {
        Look("a:5001", 1, A, B, C);
        ObservedMember silent = C with { IsAlive = false };
        Assert.Empty(Look("a:5001", 1, A, B, silent));
        Assert.Empty(Look("a:5001", 1, A, B, silent));
        Assert.Equal(["lost"], Look("a:5001", 1, A, B, silent));
        Assert.Equal("c:5001 is not heard of any more", _chronicle.Events[^1].Text);
        Assert.Empty(Look("a:5001", 1, A, B, silent));
        Assert.Equal(["back"], Look("a:5001", 1, A, B, C));
    }

    [Fact]
    public void A_member_that_is_silent_from_the_start_is_lost_when_that_goes_on()
    {
        ObservedMember silent = C with { IsAlive = false };
        Assert.Equal(["start"], Look("a:5001", 1, A, B, silent));
        Assert.Empty(Look("a:5001", 1, A, B, silent));
        Assert.Empty(Look("a:5001", 1, A, B, silent));
        Assert.Equal(["lost"], Look("a:5001", 1, A, B, silent));
        Assert.Equal(["back"], Look("a:5001", 1, A, B, C));
    }

    [Fact]
    public void A_worker_that_turns_to_the_new_leader_is_not_lost()
    {
        Look("a:5001", 1, A, B, C);
        ObservedMember turning = C with { IsAlive = false };
        Look("b:5001", 2, A, B, turning);
        Assert.Empty(Look("b:5001", 2, A, B, turning));
        Assert.Empty(Look("b:5001", 2, A, B, C));
        Assert.Empty(Look("b:5001", 2, A, B, turning));
    }

    [Fact]
    public void A_cut_off_node_calls_nobody_lost()
    {
        Look("a:5001", 1, A, B, C);
        string[] kinds = [.. Enumerable.Range(0, 20).SelectMany(_ =>
            Look(null, 1, A, B with { IsAlive = false }, C with { IsAlive = false }))];
        Assert.Equal(["quorumLost"], kinds);
    }

    [Fact]
    public void Joining_roles_draining_quarantine_and_leaving_are_told()
    {
        Look("a:5001", 1, A, B);
        Assert.Equal(["join"], Look("a:5001", 1, A, B, C with { Role = "spare" }));
        Assert.Equal("c:5001 joined the cluster as a spare", _chronicle.Events[^1].Text);
        Assert.Equal(["role"], Look("a:5001", 1, A, B, C with { Role = "stand-by" }));
        Assert.Equal(["role"], Look("a:5001", 1, A, B, C));
        Assert.Equal("c:5001 is a voter now, it was a stand-by", _chronicle.Events[^1].Text);
        Assert.Equal(["quarantine"], Look("a:5001", 1, A, B, C with { Quarantine = "it computed wrongly" }));
        Assert.Equal(["released"], Look("a:5001", 1, A, B, C));
        Assert.Equal(["draining"], Look("a:5001", 1, A, B, C with { IsDraining = true }));
        Assert.Equal(["left"], Look("a:5001", 1, A, B));
        Assert.Equal("c:5001 is no member any more", _chronicle.Events[^1].Text);
    }

    [Fact]
    public void The_last_hundred_events_are_kept_with_their_times()
    {
        for (ulong term = 1; term <= 150; term++)
        {
            Look("a:5001", term, A, B);
        }

        Assert.Equal(ClusterChronicle.EventsMax, _chronicle.Events.Length);
        Assert.Equal("a:5001 was elected leader (term 150)", _chronicle.Events[^1].Text);
        Assert.Equal(_nowMs, _chronicle.Events[^1].AtMs);
        Assert.Equal(_nowMs - (99 * 1000), _chronicle.Events[0].AtMs);
    }

    private string[] Look(string? leader, ulong term, params ObservedMember[] members)
    {
        _nowMs += 1000;
        var now = new ObservedCluster(leader, term, members.ToDictionary(member => member.Id));
        return [.. _chronicle.Observe("a:5001", now, _nowMs).Select(happened => happened.Kind)];
    }
}
