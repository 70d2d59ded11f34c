using JobNode.Commands;
using JobNode.Membership;
using static JobNode.Commands.MemberRole;

namespace JobNode.Tests.Membership;

/// <summary>Members that only compute never rise, and others take the votes that they have from before.</summary>
public sealed class ComputeOnlyTests
{
    [Fact]
    public void Nine_that_only_compute_leave_one_voter_alone()
    {
        PlannedCluster cluster = new PlannedCluster().With(1, Voter);
        for (ulong id = 2; id <= 10; id++)
        {
            cluster.Join(id, isComputeOnly: true);
        }

        Assert.Equal("1V 2S 3S 4S 5S 6S 7S 8S 9S 10S", cluster.Settle().Roles);
        Assert.Equal(1, RolePlanner.CountWantedVoters(cluster.Look()));
    }

    [Fact]
    public void A_mixed_cluster_grows_as_if_those_that_only_compute_were_not_there()
    {
        PlannedCluster cluster = new PlannedCluster().With(1, Voter);
        for (ulong id = 2; id <= 9; id++)
        {
            cluster.Join(id, isComputeOnly: id % 3 == 0);
            cluster.Settle();
        }

        Assert.Equal("1V 2V 3S 4V 5B 6S 7B 8S 9S", cluster.Roles);
        Assert.Contains("n3:5001 (0000000000000003) joins, and only computes", cluster.Steps);
    }

    [Fact]
    public void The_vote_of_a_lost_voter_goes_to_an_ordinary_member_or_to_nobody()
    {
        PlannedCluster cluster = Three().With(4, StandBy).With(5, Spare);
        cluster[4].IsComputeOnly = true;
        cluster[5].IsComputeOnly = true;
        cluster.Silence(3, PlannedCluster.Minutes);
        Assert.IsType<PlannerStep.Rest>(cluster.Plan().Step);
        cluster.With(6, Spare);
        Assert.Equal("1V 2V 3B 4B 5S 6V", cluster.Settle().Roles);
    }

    [Fact]
    public void A_stand_by_that_only_computes_is_not_counted_as_one()
    {
        PlannedCluster cluster = Three().With(4, StandBy).With(5, StandBy).With(6, Spare).With(7, Spare);
        cluster[4].IsComputeOnly = true;
        Assert.Equal("1V 2V 3V 4B 5B 6B 7S", cluster.Settle().Roles);
        Assert.False(RolePlanner.IsFitToVote(cluster.Look(), cluster.Configuration.Find(new NodeId(4))!));
    }

    [Theory]
    [InlineData(3, "1V 2V 3B 4V", 2)]
    [InlineData(1, "1B 2V 3V 4V", 3)]
    public void A_voter_that_is_started_again_to_compute_only_gives_its_vote_away(ulong id, string roles, int steps)
    {
        PlannedCluster cluster = Three().With(4, StandBy);
        cluster[id].IsComputeOnly = true;
        Assert.Equal(roles, cluster.Settle().Roles);
        Assert.Equal(steps, cluster.Steps.Count);
    }

    [Fact]
    public void The_only_voter_that_only_computes_hands_over_to_its_stand_by()
    {
        PlannedCluster cluster = new PlannedCluster().With(1, Voter).With(2, StandBy);
        cluster[1].IsComputeOnly = true;
        Assert.Equal("1B 2V", cluster.Settle().Roles);
    }

    [Fact]
    public void Votes_that_nobody_can_take_are_kept_and_no_quorum_shrinks_for_them()
    {
        PlannedCluster cluster = Three();
        cluster[2].IsComputeOnly = true;
        cluster[3].IsComputeOnly = true;
        Assert.IsType<PlannerStep.Rest>(cluster.Plan().Step);
        cluster.With(4, StandBy);
        Assert.Equal("1V 2B 3V 4V", cluster.Settle().Roles);
    }

    [Fact]
    public void A_vote_is_not_moved_while_another_voter_is_silent()
    {
        PlannedCluster cluster = Three().With(4, StandBy);
        cluster[3].IsComputeOnly = true;
        cluster.Silence(2, PlannedCluster.Seconds);
        Assert.IsType<PlannerStep.Rest>(cluster.Plan().Step);
    }

    [Fact]
    public void A_new_leader_waits_for_a_members_word_before_it_promotes_it()
    {
        PlannedCluster cluster = Three().With(4, Spare);
        cluster[4].IsComputeOnly = null;
        Assert.IsType<PlannerStep.Rest>(cluster.Plan().Step);
        cluster[4].IsComputeOnly = false;
        Assert.Equal("1V 2V 3V 4B", cluster.Settle().Roles);
    }

    [Fact]
    public void The_only_voter_that_stops_is_told_that_none_of_the_others_can_lead()
    {
        PlannedCluster cluster = new PlannedCluster().With(1, Voter).With(2, Spare);
        cluster[1].IsDraining = true;
        cluster[2].IsComputeOnly = null;
        Assert.Empty(cluster.Plan().Stuck);
        cluster[2].IsComputeOnly = true;
        Assert.Contains("no other node", cluster.Plan().Stuck[new NodeId(1)], StringComparison.Ordinal);
    }

    [Fact]
    public void An_announcement_says_it_and_one_without_the_field_is_of_an_ordinary_node()
    {
        Announcement said = new(new NodeId(7), "n7:5001") { IsComputeOnly = true };
        Assert.True(Announcement.Decode(said.Encode()).IsComputeOnly);
        Announcement old = Announcement.Decode("""{"node":"0000000000000007","address":"n7:5001"}"""u8);
        Assert.False(old.IsComputeOnly);
    }

    [Fact]
    public void A_joiner_is_taken_at_its_word_before_it_announces_itself_as_a_member()
    {
        var contacts = new MemberContacts(TimeProvider.System);
        Assert.True(contacts.Join(new Announcement(new NodeId(2), "n2:5001")));
        Assert.True(contacts.Join(new Announcement(new NodeId(3), "n3:5001") { IsComputeOnly = true }));
        PlannerInput input = contacts.Describe(Leads(1), [], new PlannerOptions());
        Assert.Equal([2ul, 3ul], input.Joiners.Select(joiner => joiner.Id.Value));
        Assert.Equal((false, true), Word(input));
        Assert.Null(input.Views[new NodeId(1)].IsComputeOnly);
        input = contacts.Describe(Leads(3), [], new PlannerOptions());
        Assert.Empty(input.Joiners);
        Assert.Equal((false, true), Word(input));
        contacts.Restart();
        Assert.Equal((null, null), Word(contacts.Describe(Leads(3), [], new PlannerOptions())));
    }

    [Fact]
    public async Task A_node_that_only_computes_forms_no_cluster_and_says_why_nobody_does()
    {
        await using var nodes = await BootstrapNodes.StartAsync(2);
        nodes.All[0].OnlyJoins = true;
        using var stop = new CancellationTokenSource();
        Task[] waiting = [.. nodes.All.Select(node => node.RunAsync(nodes.Addresses, stop.Token))];
        await nodes.All[0].WaitForLogAsync("must not name it in --peers");
        await nodes.All[1].WaitForLogAsync("waits for");
        Assert.All(nodes.All, static node => Assert.Empty(node.Saved));
        await stop.CancelAsync();
        foreach (Task each in waiting)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => each);
        }
    }

    private static (bool? Second, bool? Third) Word(PlannerInput input) =>
        (input.Views[new NodeId(2)].IsComputeOnly, input.Views[new NodeId(3)].IsComputeOnly);

    private static ConsensusStatus Leads(int members)
    {
        ClusterConfiguration configuration = new(
            42,
            [
                .. Enumerable.Range(1, members).Select(id =>
                    new Member(new NodeId((ulong)id), $"n{id}:5001") { Role = id == 1 ? Voter : Spare }),
            ]);
        return new ConsensusStatus(new NodeId(1), RaftRole.Leader, new NodeId(1), 3, 9, 9, default, configuration);
    }

    private static PlannedCluster Three() =>
        new PlannedCluster().With(1, Voter).With(2, Voter).With(3, Voter);
}
