using JobNode.Api;
using JobNode.Cli;

namespace JobNode.Tests.Cli;

/// <summary>The first line of <c>status</c>: what a person reads at three in the morning.</summary>
public sealed class ClusterVerdictTests
{
    [Fact]
    public void An_idle_cluster_is_well() => Says(
        Status(Node("a", "leader"), Node("b"), Node("c")),
        VerdictKind.Well,
        "All is well: all 3 nodes at work, nothing to do.");

    [Fact]
    public void Work_is_told_with_its_time() => Says(
        Status(Node("a", "leader")) with { Queue = new StatusQueue(40, 2, 7, 0, 0), EtaSeconds = 600 },
        VerdictKind.Well,
        "All is well: one node at work, 42 jobs to do, done in about 10 min.");

    [Fact]
    public void Results_that_wait_are_told() => Says(
        Status(Node("a", "leader")) with { Queue = new StatusQueue(0, 0, 1, 0, 0) },
        VerdictKind.Well,
        "All is well: one node at work, nothing to do, 1 result to pull.");

    [Fact]
    public void A_lost_voter_of_three_leaves_no_margin() => Says(
        Status(Node("a", "leader"), Node("b"), Node("c") with { Alive = false }),
        VerdictKind.Doubtful,
        "NEEDS A LOOK: 1 of 3 nodes is silent (c), and no further voter may be lost. Nothing to do.");

    [Fact]
    public void Nodes_that_a_new_leader_has_not_heard_yet_are_not_called_silent() => Says(
        Status(Node("a", "leader"), Node("b"), Node("c") with { Alive = false }) with { LeaderIsNew = true },
        VerdictKind.Doubtful,
        "NEEDS A LOOK: the leader is new, and 1 of 3 nodes has not reported to it yet (c). Nothing to do.");

    [Fact]
    public void A_lost_voter_of_five_leaves_one() => Says(
        Status(Node("a", "leader"), Node("b"), Node("c"), Node("d"), Node("e") with { Alive = false }),
        VerdictKind.Doubtful,
        "NEEDS A LOOK: 1 of 5 nodes is silent (e), it can bear more. Nothing to do.");

    [Fact]
    public void A_lost_spare_costs_no_margin() => Says(
        Status(Node("a", "leader"), Node("b", "spare") with { Alive = false }),
        VerdictKind.Doubtful,
        "NEEDS A LOOK: 1 of 2 nodes is silent (b). Nothing to do.");

    [Fact]
    public void Wrong_results_a_full_disk_and_warnings_are_told_together() => Says(
        Status(Node("a", "leader"), Node("b") with { Quarantine = "why" }) with
        {
            Node = new StatusNode("1", "a", "a", "leader", "diskBlocked", "1", "avx2", ["one"]),
        },
        VerdictKind.Doubtful,
        "NEEDS A LOOK: 1 is in quarantine for wrong results; a is blocked by its disk; a has 1 warning (below). "
        + "Nothing to do.");

    [Fact]
    public void Work_that_nobody_does_is_told() => Says(
        Status(Node("a", "leader")) with { Queue = new StatusQueue(1, 0, 0, 0, 0), IterationsPerSecond = 0 },
        VerdictKind.Doubtful,
        "NEEDS A LOOK: no node computes. 1 job to do, nobody knows yet how long that takes.");

    [Fact]
    public void Without_a_leader_nothing_else_counts() => Says(
        Status(Node("a"), Node("b"), Node("c") with { Alive = false }) with { Leader = null },
        VerdictKind.Down,
        "NOT WORKING: no leader. Nothing is accepted or finished until a majority of its 3 voters can be reached "
        + "(a cannot).");

    private static void Says(StatusResponse status, VerdictKind kind, string sentence) =>
        Assert.Equal(new ClusterVerdict(kind, sentence), ClusterVerdict.Of(status));

    private static StatusMember Node(string address, string role = "voter") =>
        new(address, address, role, true, false, 2, 16, 0, 0, 1e6, 0, "avx2");

    private static StatusResponse Status(params StatusMember[] nodes) => new(
        new StatusNode("1", "a", "a", "leader", "ready", "1", "avx2", []),
        "1",
        "a",
        1,
        1,
        1,
        "1",
        new StatusQueue(0, 0, 0, 0, 0),
        nodes,
        1e6,
        0,
        0,
        null);
}
