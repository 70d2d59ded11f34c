using JobNode.Commands;
using JobNode.Membership;
using static JobNode.Commands.MemberRole;

namespace JobNode.Tests.Membership;

public sealed class RolePlannerTests
{
    private static readonly TimeSpan Short = PlannedCluster.Seconds;
    private static readonly TimeSpan Long = PlannedCluster.Minutes;

    [Theory]
    [InlineData(1, "1V")]
    [InlineData(2, "1V 2B")]
    [InlineData(3, "1V 2V 3V")]
    [InlineData(4, "1V 2V 3V 4B")]
    [InlineData(7, "1V 2V 3V 4B 5B 6S 7S")]
    public void A_cluster_that_grows_has_an_odd_number_of_voters_then_stand_bys_then_spares(int nodes, string roles)
    {
        PlannedCluster cluster = new PlannedCluster().With(1, Voter);
        for (ulong id = 2; id <= (ulong)nodes; id++)
        {
            cluster.Joiners.Add(new Member(new NodeId(id), $"n{id}:5001"));
            cluster.Settle();
        }

        Assert.Equal(roles, cluster.Roles);
    }

    [Fact]
    public void Five_voters_are_kept_when_five_are_asked_for() =>
        Assert.Equal("1V 2V 3V 4V 5V", All(new PlannedCluster(5), 5, Spare).Settle().Roles);

    [Fact]
    public void A_leader_that_lost_its_vote_while_it_was_elected_leaves_all_to_the_next_one()
    {
        PlannedCluster cluster = new PlannedCluster().With(1, StandBy, zone: "a").With(2, Voter).With(3, Spare);
        cluster[1].Zone = "b";
        Assert.IsType<PlannerStep.Rest>(cluster.Plan().Step);
        cluster[1].Zone = "a";
        cluster[1].IsLeaving = true;
        Assert.IsType<PlannerStep.Rest>(cluster.Plan().Step);
    }

    [Fact]
    public void A_voter_that_is_silent_for_long_is_replaced_by_a_stand_by()
    {
        PlannedCluster cluster = Three().With(4, StandBy);
        cluster.Silence(3, Long);
        Assert.Equal("1V 2V 3B 4V", cluster.Settle().Roles);
        Assert.Equal(2, cluster.Steps.Count);
    }

    [Fact]
    public void A_voter_that_restarts_moves_nothing()
    {
        PlannedCluster cluster = Three().With(4, StandBy).With(5, StandBy).With(6, Spare);
        cluster.Silence(3, Short);
        Assert.IsType<PlannerStep.Rest>(cluster.Plan().Step);
    }

    [Fact]
    public void A_silent_voter_stays_when_no_stand_by_has_caught_up()
    {
        PlannedCluster cluster = Three().With(4, StandBy);
        cluster[4].IsBehind = true;
        cluster.Silence(3, Long);
        Assert.IsType<PlannerStep.Rest>(cluster.Plan().Step);
    }

    [Fact]
    public void A_returned_voter_stands_by_and_is_not_put_back()
    {
        PlannedCluster cluster = Three().With(4, StandBy);
        cluster.Silence(3, Long);
        cluster.Settle();
        cluster.Silence(3, TimeSpan.Zero);
        Assert.IsType<PlannerStep.Rest>(cluster.Plan().Step);
    }

    [Fact]
    public void A_leader_whose_disk_is_low_leaves_to_one_that_said_it_has_room()
    {
        PlannedCluster cluster = Three();
        cluster[1].IsDiskLow = true;
        cluster[2].IsDiskLow = null;
        Assert.Equal("1V 2V 3V", cluster.Settle().Roles);
        Assert.Equal(["lead 3"], cluster.Steps);
    }

    [Fact]
    public void A_leader_whose_disk_is_low_like_all_others_leads_on()
    {
        PlannedCluster cluster = Three().With(4, StandBy);
        foreach (ulong id in (ulong[])[1, 2, 3])
        {
            cluster[id].IsDiskLow = true;
        }

        Assert.IsType<PlannerStep.Rest>(cluster.Plan().Step);
    }

    [Fact]
    public void A_leader_that_drains_waits_for_a_voter_that_catches_up_and_for_none_that_is_gone()
    {
        PlannedCluster cluster = Three();
        cluster[1].IsDraining = true;
        cluster[2].IsBehind = true;
        cluster.Silence(3, Short);
        Assert.IsType<PlannerStep.Rest>(cluster.Plan().Step);
        Assert.Empty(cluster.Plan().Stuck);
        cluster.Silence(2, Short);
        Assert.Contains("no other node", cluster.Plan().Stuck[new NodeId(1)], StringComparison.Ordinal);
        cluster.Silence(2, TimeSpan.Zero);
        cluster[2].IsBehind = false;
        cluster.Step();
        Assert.Equal("lead 2", cluster.Steps[^1]);
    }

    [Fact]
    public void A_draining_voter_is_replaced_at_once()
    {
        PlannedCluster cluster = Three().With(4, StandBy);
        cluster[2].IsDraining = true;
        Assert.Equal("1V 2B 3V 4V", cluster.Settle().Roles);
    }

    [Fact]
    public void A_draining_voter_that_nobody_can_replace_is_told_so()
    {
        PlannedCluster cluster = Three();
        cluster[2].IsDraining = true;
        Plan plan = cluster.Plan();
        Assert.IsType<PlannerStep.Rest>(plan.Step);
        Assert.Contains("no stand-by", plan.Stuck[new NodeId(2)], StringComparison.Ordinal);
    }

    [Fact]
    public void A_draining_leader_hands_over_first_and_then_its_vote()
    {
        PlannedCluster cluster = Three().With(4, StandBy);
        cluster[1].IsDraining = true;
        Assert.Equal("1B 2V 3V 4V", cluster.Settle().Roles);
        Assert.StartsWith("lead ", cluster.Steps[0], StringComparison.Ordinal);
    }

    [Fact]
    public void The_only_voter_that_stops_hands_over_to_its_stand_by()
    {
        PlannedCluster cluster = new PlannedCluster().With(1, Voter).With(2, StandBy);
        cluster[1].IsDraining = true;
        Assert.Equal("1B 2V", cluster.Settle().Roles);
    }

    [Fact]
    public void A_leaving_member_is_removed_also_without_a_replacement_when_a_quorum_is_left()
    {
        PlannedCluster cluster = Three();
        cluster[3].IsLeaving = true;
        Assert.Equal("1V 2B", cluster.Settle().Roles);
        cluster[2].IsLeaving = true;
        Assert.Equal("1V", cluster.Settle().Roles);
    }

    [Fact]
    public void A_leaving_leader_is_removed_by_the_next_one()
    {
        PlannedCluster cluster = Three().With(4, StandBy);
        cluster[1].IsLeaving = true;
        Assert.Equal("2V 3V 4V", cluster.Settle().Roles);
    }

    [Fact]
    public void A_leaving_voter_that_the_quorum_needs_stays_and_is_told_so()
    {
        PlannedCluster cluster = Three();
        cluster.Silence(2, Short);
        cluster[3].IsLeaving = true;
        Plan plan = cluster.Plan();
        Assert.IsType<PlannerStep.Rest>(plan.Step);
        Assert.Contains("they need 2", plan.Stuck[new NodeId(3)], StringComparison.Ordinal);
    }

    [Fact]
    public void Voters_spread_over_zones()
    {
        PlannedCluster cluster = new PlannedCluster()
            .With(1, Voter, "a").With(2, Voter, "a").With(3, Voter, "a").With(4, StandBy, "b").With(5, StandBy, "c");
        Assert.Equal("1V 2B 3B 4V 5V", cluster.Settle().Roles);
    }

    [Fact]
    public void Two_zones_share_three_voters_and_no_more_is_moved()
    {
        PlannedCluster cluster = new PlannedCluster()
            .With(1, Voter, "a").With(2, Voter, "a").With(3, Voter, "b").With(4, StandBy, "b").With(5, StandBy, "a");
        Assert.IsType<PlannerStep.Rest>(cluster.Plan().Step);
    }

    [Fact]
    public void A_machine_that_comes_back_empty_takes_the_place_of_its_old_self()
    {
        PlannedCluster cluster = Three();
        cluster.Silence(3, Short);
        cluster.Joiners.Add(new Member(new NodeId(9), "n3:5001"));
        Assert.Equal("1V 2V 9V", cluster.Settle().Roles);
        Assert.Contains(new NodeId(3), cluster.Configuration.Removed);
    }

    [Fact]
    public void A_joiner_does_not_push_out_a_member_that_is_there()
    {
        PlannedCluster cluster = Three();
        cluster.Joiners.Add(new Member(new NodeId(9), "n3:5001"));
        Plan plan = cluster.Plan();
        Assert.IsType<PlannerStep.Rest>(plan.Step);
        Assert.Contains("heard of just now", plan.Stuck[new NodeId(9)], StringComparison.Ordinal);
    }

    [Fact]
    public void Addresses_that_were_swapped_end_up_in_the_configuration()
    {
        PlannedCluster cluster = Three();
        cluster[2].Address = "n3:5001";
        cluster[3].Address = "n2:5001";
        cluster.Settle();
        Assert.Equal(["n1:5001", "n3:5001", "n2:5001"], cluster.Configuration.Members.Select(m => m.Address));
    }

    [Fact]
    public void A_silent_member_whose_address_another_one_has_now_makes_room()
    {
        PlannedCluster cluster = Three();
        cluster.Silence(3, Short);
        cluster[2].Address = "n3:5001";
        cluster.Settle();
        Assert.Equal("n3:5001", cluster.Configuration.Find(new NodeId(2))!.Address);
        Assert.EndsWith(".invalid:5001", cluster.Configuration.Find(new NodeId(3))!.Address, StringComparison.Ordinal);
    }

    [Fact]
    public void The_dead_are_removed_after_long_but_never_to_less_than_a_majority_of_those_wanted()
    {
        PlannedCluster cluster = new PlannedCluster(5);
        All(cluster, 5, Voter).With(6, StandBy, silent: PlannedCluster.Hours);
        cluster.Silence(4, PlannedCluster.Hours);
        cluster.Silence(5, PlannedCluster.Hours);
        Assert.Equal("1V 2V 3V", cluster.Settle().Roles);
        cluster.Silence(3, PlannedCluster.Hours);
        Assert.IsType<PlannerStep.Rest>(cluster.Plan().Step);
    }

    [Fact]
    public void A_lower_number_of_voters_is_reached_step_by_step()
    {
        PlannedCluster cluster = All(new PlannedCluster(5), 5, Voter);
        cluster.Options = cluster.Options with { Voters = 3 };
        Assert.Equal("1V 2V 3V 4B 5B", cluster.Settle().Roles);
    }

    [Fact]
    public void The_feature_level_rises_when_all_members_announced_it()
    {
        PlannedCluster cluster = Three();
        cluster[1].FeatureLevel = 2;
        cluster[2].FeatureLevel = 3;
        cluster.Settle();
        Assert.Equal(1, cluster.Configuration.FeatureLevel);
        cluster[3].FeatureLevel = 2;
        cluster.Settle();
        Assert.Equal(2, cluster.Configuration.FeatureLevel);
    }

    [Fact]
    public void One_candidate_alone_makes_no_second_voter()
    {
        PlannedCluster cluster = new PlannedCluster().With(1, Voter).With(2, StandBy).With(3, StandBy);
        cluster[3].IsBehind = true;
        Assert.IsType<PlannerStep.Rest>(cluster.Plan().Step);
    }

    private static PlannedCluster Three() => All(new PlannedCluster(), 3, Voter);

    private static PlannedCluster All(PlannedCluster cluster, int count, MemberRole others)
    {
        for (ulong id = 1; id <= (ulong)count; id++)
        {
            cluster.With(id, id == 1 ? Voter : others);
        }

        return cluster;
    }
}
