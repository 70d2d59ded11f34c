using Xunit.Abstractions;

namespace JobNode.Tests.Support;

/// <summary>
/// A cluster under load from eight clients while something is done to it. In the end every accepted job must have
/// exactly one right result, and there must be no other.
/// </summary>
internal sealed class LoadedCluster(ITestOutputHelper output)
{
    private const int PullTop = 1000;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Generous on purpose: the figure that matters is printed, a slow machine must not fail the test.
    /// </summary>
    private static readonly TimeSpan GapMax = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(90);

    /// <summary>Arguments that every node gets besides its own.</summary>
    public IReadOnlyList<string>? ExtraArguments { get; init; }

    /// <summary>Nodes at the start.</summary>
    public int Size { get; init; } = 3;

    /// <summary>Longest time without an accepted job; null where the fault takes the quorum away.</summary>
    public TimeSpan? LongestGap { get; init; } = GapMax;

    /// <summary>Starts it, inflicts, heals (the caller's), drains and checks.</summary>
    public async Task InflictAsync(string fault, Func<ClusterFixture, Task> inflictAsync)
    {
        await using ClusterFixture cluster = await ClusterFixture.StartAsync(ExtraArguments, Size);
        await using LoadClients clients = new(cluster.Nodes);
        await Task.Delay(WarmUp);

        TimeSpan moment = clients.Now;
        int before = clients.Accepted.Count;
        await inflictAsync(cluster);
        await Task.Delay(WarmUp);
        await clients.StopAsync();
        TimeSpan gap = clients.LongestGapAfter(moment);
        output.WriteLine(
            $"measured: {fault}: no job accepted for {gap.TotalSeconds:F2} s; {clients.Accepted.Count} accepted,"
            + $" {clients.Retries} attempts repeated");

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
        Assert.True(LongestGap is null || gap < LongestGap, $"no job was accepted for {gap}\n{words}");
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
