using FsCheck;
using FsCheck.Fluent;
using JobNode.Commands;

namespace JobNode.Tests.Membership;

/// <summary>Whatever state a cluster is in: each step is safe, there is an end, and then it is quiet.</summary>
public sealed class RolePlannerPropertyTests
{
    private const int Cases = 4000;

    private static readonly string[] Zones = ["", "a", "b", "c"];

    private static readonly TimeSpan[] Silences =
    [
        TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero,
        PlannedCluster.Seconds, PlannedCluster.Minutes, PlannedCluster.Hours,
    ];

    [Fact]
    public void From_any_state_safe_steps_lead_to_rest() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(Cases), Prop.ForAll(Seeds(), seed =>
        {
            PlannedCluster cluster = Draw(new Random(seed));
            cluster.Settle();
            Assert.InRange(cluster.Voters, 1, Limits.VotersMax);
        }));

    [Fact]
    public void A_healthy_cluster_ends_with_the_voters_that_it_can_have() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(Cases), Prop.ForAll(Seeds(), seed =>
        {
            var random = new Random(seed);
            PlannedCluster cluster = Draw(random, isHealthy: true);
            cluster.Settle();
            int most = Math.Min(cluster.Options.Voters, cluster.Configuration.Members.Count);
            Assert.Equal(most - (1 - (most % 2)), cluster.Voters);
        }));

    [Fact]
    public void Those_that_only_compute_end_with_no_vote_that_another_member_can_have() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(Cases), Prop.ForAll(Seeds(), seed =>
        {
            PlannedCluster cluster = Draw(new Random(seed), isHealthy: true, isMixed: true);
            cluster.Settle();
            AssertRolesOfMixed(cluster);
        }));

    [Fact]
    public void A_new_leader_that_heard_nobody_yet_promotes_nobody_and_loses_only_time() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(Cases), Prop.ForAll(Seeds(), seed =>
        {
            PlannedCluster cluster = Draw(new Random(seed), isHealthy: true, isMixed: true);
            List<(PlannedCluster.Node Node, bool? Word)> words =
                [.. cluster.Configuration.Members.Select(m => cluster[m.Id.Value]).Select(n => (n, n.IsComputeOnly))];
            words.ForEach(static word => word.Node.IsComputeOnly = null);
            int voters = cluster.Voters;
            cluster.Settle();
            Assert.InRange(cluster.Voters, Math.Min(voters, cluster.Options.Voters) - 1, voters);
            words.ForEach(static word => word.Node.IsComputeOnly = word.Word);
            cluster.Settle();
            AssertRolesOfMixed(cluster);
        }));

    [Fact]
    public void At_rest_a_short_silence_of_any_node_changes_nothing() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(Cases), Prop.ForAll(Seeds(), seed =>
        {
            var random = new Random(seed);
            PlannedCluster cluster = Draw(random, isHealthy: true, isMixed: true);
            cluster.Settle();
            foreach (Member member in cluster.Configuration.Members.Where(m => m.Id != cluster.Leader).ToArray())
            {
                cluster.Silence(member.Id.Value, PlannedCluster.Seconds);
                Assert.False(cluster.Step(), $"{cluster.Roles}: {cluster.Steps.LastOrDefault()}");
                cluster.Silence(member.Id.Value, TimeSpan.Zero);
            }
        }));

    [Fact]
    public void Any_history_of_failures_and_returns_stays_safe_and_ends() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(Cases / 4), Prop.ForAll(Seeds(), seed =>
        {
            var random = new Random(seed);
            PlannedCluster cluster = Draw(random, isHealthy: true);
            for (int i = 0; i < 30; i++)
            {
                Disturb(cluster, random);
                for (int steps = random.Next(4); steps > 0; steps--)
                {
                    cluster.Step();
                }
            }

            cluster.Settle();
        }));

    /// <summary>A vote that one keeps who only computes is one that no other member can take.</summary>
    private static void AssertRolesOfMixed(PlannedCluster cluster)
    {
        Member[] candidates =
            [.. cluster.Configuration.Members.Where(m => cluster[m.Id.Value].IsComputeOnly == false)];
        int most = Math.Min(cluster.Options.Voters, Math.Max(1, candidates.Length));
        int expected = most - (1 - (most % 2));
        if (cluster.Configuration.Voters.All(candidates.Contains))
        {
            Assert.Equal(expected, cluster.Voters);
            return;
        }

        Assert.All(candidates, static candidate => Assert.Equal(MemberRole.Voter, candidate.Role));
        Assert.InRange(cluster.Voters, expected, cluster.Options.Voters);
        Assert.Equal(1, cluster.Voters % 2);
        Assert.True(candidates.Length == 0 || candidates.Any(c => c.Id == cluster.Leader), "a candidate leads");
    }

    private static Arbitrary<int> Seeds() => Gen.Choose(0, int.MaxValue).ToArbitrary();

    private static void Disturb(PlannedCluster cluster, Random random)
    {
        Member[] others = [.. cluster.Configuration.Members.Where(m => m.Id != cluster.Leader)];
        if (others.Length == 0 || random.Next(6) == 0)
        {
            var id = new NodeId((ulong)random.Next(100, int.MaxValue));
            bool isEmptyMachine = others.Length > 0 && random.Next(3) == 0;
            string address = isEmptyMachine ? others[0].Address : $"n{id.Value}:5001";
            cluster.Join(id.Value, random.Next(3) == 0, Zones[random.Next(Zones.Length)], address);
            return;
        }

        PlannedCluster.Node node = cluster[others[random.Next(others.Length)].Id.Value];
        node.Silent = Silences[random.Next(Silences.Length)];
        node.IsDraining = random.Next(8) == 0;
        node.IsLeaving = random.Next(12) == 0;
        node.IsBehind = random.Next(5) == 0;
        node.IsComputeOnly = DrawWord(random);
    }

    private static bool? DrawWord(Random random) => random.Next(8) == 0 ? null : random.Next(3) == 0;

    private static PlannedCluster Draw(Random random, bool isHealthy = false, bool isMixed = false)
    {
        int[] wanted = [1, 3, 5, 7];
        var cluster = new PlannedCluster(wanted[random.Next(wanted.Length)]);
        int members = random.Next(1, 10);
        int[] places = [.. Enumerable.Range(1, members + 3)];
        random.Shuffle(places);
        for (ulong id = 1; id <= (ulong)members; id++)
        {
            MemberRole role = id == 1 ? MemberRole.Voter : (MemberRole)random.Next(3);
            cluster.With(id, role, Zones[random.Next(Zones.Length)]);
            PlannedCluster.Node node = cluster[id];
            node.IsComputeOnly = isMixed && random.Next(2) == 0;
            node.IsDiskLow = DrawWord(random);
            if (isHealthy)
            {
                continue;
            }

            node.Silent = id == 1 ? TimeSpan.Zero : Silences[random.Next(Silences.Length)];
            node.IsDraining = random.Next(8) == 0;
            node.IsLeaving = random.Next(10) == 0;
            node.IsBehind = random.Next(6) == 0;
            node.IsComputeOnly = DrawWord(random);
            node.FeatureLevel = random.Next(3) == 0 ? null : random.Next(1, 4);
            node.Address = random.Next(4) == 0 ? $"n{places[id - 1]}:5001" : null;
        }

        return cluster;
    }
}
