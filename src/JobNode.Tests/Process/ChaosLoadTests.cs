using JobNode.Chaos.Clients;
using JobNode.Chaos.Histories;
using JobNode.Tests.Support;
using Xunit.Abstractions;
using LoadOptions = JobNode.Chaos.Clients.LoadOptions;

namespace JobNode.Tests.Processes;

/// <summary>The clients of the chaos run and its checker, on three nodes of which one is killed.</summary>
[Collection(ProcessCollection.Name)]
[Trait("Tier", "Process")]
public sealed class ChaosLoadTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task A_history_of_a_kill_of_the_leader_is_right()
    {
        await using ClusterFixture cluster = await ClusterFixture.StartAsync();
        using History history = new();
        LoadNode[] nodes = [.. cluster.Nodes.Select((node, place) => new LoadNode($"n{place}", node.Api.Address))];
        LoadOptions options = new() { Seed = 7, Clients = 8, CallsPerSecond = 200, LongIterationsMax = 3_000_000 };
        await using LoadGenerator load = new(history, options, nodes);
        load.Start();
        await Task.Delay(Between);

        NodeProcess leader = await cluster.LeaderAsync();
        int fault = history.FaultBegan("kill -9", [$"n{cluster.Nodes.ToList().IndexOf(leader)}"], "the leader");
        await leader.KillAsync();
        await Task.Delay(Between);
        await leader.StartAndWaitAsync();
        history.FaultEnded(fault);
        await Task.Delay(Between);

        await load.StopAsync();
        Assert.True(await load.DrainAsync(), cluster.Describe());
        Verdict verdict = HistoryChecker.Check(history);
        output.WriteLine($"measured: {verdict.Figures.Acknowledged} acknowledged, {verdict.Figures.Pulled} pulled,"
            + $" {verdict.Figures.Cancelled} cancelled, {verdict.Figures.EnqueuesRepeated} enqueues repeated,"
            + $" {verdict.Figures.PullsRecovered} pulls recovered, longest gap {verdict.Figures.LongestGap.Length}");
        Assert.True(verdict.IsRight, $"{string.Join('\n', verdict.Violations)}\n{cluster.Describe()}");
        Assert.True(verdict.Figures.Acknowledged > 100, $"only {verdict.Figures.Acknowledged} jobs were acknowledged");
        Assert.True(verdict.Figures.PullsRecovered > 0, "no pull was broken and recovered");
    }
}
