using System.Globalization;
using JobNode.Tests.Support;
using Xunit.Abstractions;

namespace JobNode.Tests.Processes;

/// <summary>
/// Three nodes under load from eight clients while processes are killed and frozen. In the end every accepted job must
/// have exactly one right result, and there must be no other.
/// </summary>
[Collection(ProcessCollection.Name)]
[Trait("Tier", "Process")]
[Trait("Faults", "Kill")]
public sealed class FaultTests(ITestOutputHelper output)
{
    private const int PullTop = 1000;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Freeze = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Aftermath = TimeSpan.FromSeconds(4);

    /// <summary>
    /// Generous on purpose: the figure that matters is printed, a slow machine must not fail the test.
    /// </summary>
    private static readonly TimeSpan GapMax = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(90);

    [Fact]
    public Task Killing_the_leader_loses_nothing() => UnderLoadAsync("kill -9 of the leader", async cluster =>
    {
        NodeProcess leader = await cluster.LeaderAsync();
        await leader.KillAsync();
        await Task.Delay(Aftermath);
        await leader.StartAndWaitAsync();
    });

    [Fact]
    public Task Killing_a_follower_loses_nothing() => UnderLoadAsync("kill -9 of a follower", async cluster =>
    {
        NodeProcess leader = await cluster.LeaderAsync();
        NodeProcess follower = cluster.Nodes.First(node => node != leader);
        await follower.KillAsync();
        await Task.Delay(Aftermath);
        await follower.StartAndWaitAsync();
    });

    [Fact]
    public Task Killing_all_at_once_loses_nothing() => UnderLoadAsync("kill -9 of all three", async cluster =>
    {
        await Task.WhenAll(cluster.Nodes.Select(node => node.KillAsync()));
        await cluster.StartAllAsync();
    });

    [Fact]
    public Task Freezing_the_leader_loses_nothing() => UnderLoadAsync("SIGSTOP of the leader", async cluster =>
    {
        NodeProcess leader = await cluster.LeaderAsync();
        leader.Pause();
        await Task.Delay(Freeze);
        leader.Resume();
    });

    private async Task UnderLoadAsync(string fault, Func<ClusterFixture, Task> inflictAsync)
    {
        await using ClusterFixture cluster = await ClusterFixture.StartAsync();
        await using LoadClients clients = new(cluster.Nodes);
        await Task.Delay(WarmUp);

        TimeSpan moment = clients.Now;
        int before = clients.Accepted.Count;
        await inflictAsync(cluster);
        await Task.Delay(WarmUp);
        await clients.StopAsync();
        TimeSpan gap = clients.LongestGapAfter(moment);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"measured: {fault}: no job accepted for {gap.TotalSeconds:F2} s; {clients.Accepted.Count} accepted,"
            + $" {clients.Retries} attempts repeated"));

        await DrainAsync(cluster);
        Dictionary<string, string> pulled = await PullEverythingAsync(cluster);
        string words = cluster.Describe();
        Assert.True(clients.Accepted.Count > before && before > 0, $"the load ran before and after the fault\n{words}");
        string[] lost = [.. clients.Accepted.Keys.Except(pulled.Keys)];
        string[] unknown = [.. pulled.Keys.Except(clients.Accepted.Keys)];
        string[] wrong = [.. clients.Accepted.Keys.Where(id => pulled.GetValueOrDefault(id) != clients.Accepted[id])];
        Assert.True(lost.Length == 0, $"lost: {string.Join(' ', lost)}\n{words}");
        Assert.True(unknown.Length == 0, $"never accepted: {string.Join(' ', unknown)}\n{words}");
        Assert.True(wrong.Length == 0, $"wrong: {string.Join(' ', wrong)}\n{words}");
        Assert.True(gap < GapMax, $"no job was accepted for {gap}\n{words}");
        Assert.Single((await cluster.MeetAsync()).Select(row => row.StateDigest).Distinct());
    }

    /// <summary>Waits until no job is unfinished, as every node sees it.</summary>
    private static async Task DrainAsync(ClusterFixture cluster)
    {
        using CancellationTokenSource timeout = new(DrainTimeout);
        while (true)
        {
            StatusRow[] rows = await Task.WhenAll(cluster.Nodes.Select(node => node.Api.StatusAsync()));
            if (rows.All(row => row.Unfinished == 0))
            {
                return;
            }

            if (timeout.IsCancellationRequested)
            {
                Assert.Fail($"jobs are left unfinished: {string.Join(' ', rows.Select(row => row.Unfinished))}"
                    + $"\n{cluster.Describe()}");
            }

            await Task.Delay(100, CancellationToken.None);
        }
    }

    /// <summary>Pulls at the nodes in turn until each has nothing more; a job that comes twice fails.</summary>
    private static async Task<Dictionary<string, string>> PullEverythingAsync(ClusterFixture cluster)
    {
        Dictionary<string, string> pulled = [];
        for (int turn = 0, empty = 0; empty < cluster.Nodes.Count; turn++)
        {
            IReadOnlyList<FinishedJob> batch = await cluster.Nodes[turn % cluster.Nodes.Count].Api.PullAsync(PullTop);
            empty = batch.Count == 0 ? empty + 1 : 0;
            foreach (FinishedJob job in batch)
            {
                Assert.True(pulled.TryAdd(job.Id, job.Result), $"{job.Id} was pulled twice");
            }
        }

        return pulled;
    }
}
