using System.Globalization;
using JobNode.Tests.Support;
using Xunit.Abstractions;

namespace JobNode.Tests.Processes;

/// <summary>
/// Two builds in one cluster: the published program, and the same without its newest feature level, as the version
/// before it would be.
/// </summary>
[Collection(ProcessCollection.Name)]
[Trait("Tier", "Process")]
public sealed class RollingUpgradeTests(ITestOutputHelper output)
{
    private const int OldLevel = 2;
    private const int NewLevel = 3;
    private const int LongJobs = 2;
    private const ulong LongIterations = 12_000_000;
    private const int WaitSeconds = 120;
    private const string TooOld = "The cluster is at feature level 3, and this jobnode knows only level 2";

    private static readonly string[] OneWorker = ["--workers", "1"];
    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(3);

    [Fact]
    public async Task Three_old_nodes_become_new_ones_one_by_one_under_load_and_the_level_rises_after_the_last()
    {
        await using ClusterFixture cluster = await ClusterFixture.StartAsync(
            OneWorker, binary: PublishedBinary.Previous);
        Dictionary<string, string> longJobs = await SendLongJobsAsync(cluster);
        await using LoadClients clients = new(
            cluster.Nodes, new LoadOptions { AttemptTimeout = AttemptTimeout, Pause = TimeSpan.FromMilliseconds(5) });
        await Task.Delay(Between);
        TimeSpan begin = clients.Now;
        foreach (NodeProcess node in cluster.Nodes)
        {
            Assert.Equal(OldLevel, await node.Api.FeatureLevelAsync());

            // As a load balancer would: no new calls to a node that is about to stop.
            clients.Use([.. cluster.Nodes.Where(other => other != node)]);
            int exitCode = await node.TerminateAsync();
            Assert.True(exitCode == 0, $"exit code {exitCode}\n{cluster.Describe()}");
            node.Binary = null;
            if (node != cluster.Nodes[^1])
            {
                await node.StartAndWaitAsync();
                clients.Use(cluster.Nodes);
                await Task.Delay(Between);
                Assert.Equal(OldLevel, await node.Api.FeatureLevelAsync());
            }
        }

        await cluster.Nodes[^1].StartAndWaitAsync();
        clients.Use(cluster.Nodes);
        await cluster.WaitForLevelAsync(NewLevel);
        await Task.Delay(Between);
        await clients.StopAsync();
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"measured: rolling upgrade of three nodes under load: {clients.Accepted.Count} jobs accepted, "
            + $"{clients.Retries} attempts repeated, longest gap {clients.LongestGapAfter(begin).TotalSeconds:F2} s"));
        await AssertNothingLostAsync(cluster, clients, longJobs);
        await AssertTooOldAsync(cluster);
    }

    private static async Task<Dictionary<string, string>> SendLongJobsAsync(ClusterFixture cluster)
    {
        Dictionary<string, string> jobs = [];
        for (int job = 0; job < LongJobs; job++)
        {
            byte[] body = HashChain.Body(10, job);
            string id = await cluster.Nodes[0].Api.EnqueueAsync(body, LongIterations);
            jobs.Add(id, HashChain.Result(body, LongIterations));
        }

        return jobs;
    }

    private static async Task AssertNothingLostAsync(
        ClusterFixture cluster, LoadClients clients, Dictionary<string, string> longJobs)
    {
        string words = $"{string.Join('\n', clients.Failures)}\n{cluster.Describe()}";
        Assert.True(clients.Retries == 0, $"{clients.Retries} calls failed\n{words}");
        foreach ((string id, string right) in longJobs)
        {
            JobRow job = await cluster.Nodes[1].Api.JobAsync(id, WaitSeconds);
            Assert.True(job.Result == right, $"{id} is {job}\n{cluster.Describe()}");
        }

        foreach ((string id, string right) in clients.Accepted)
        {
            JobRow job = await cluster.Nodes[2].Api.JobAsync(id, WaitSeconds);
            Assert.True(job.Result == right, $"{id} is {job}\n{cluster.Describe()}");
        }

        Assert.Single((await cluster.MeetAsync()).Select(row => row.StateDigest).Distinct());
    }

    /// <summary>
    /// The old program refuses a directory of the new level, and the cluster refuses a node of the old.
    /// </summary>
    private static async Task AssertTooOldAsync(ClusterFixture cluster)
    {
        NodeProcess node = cluster.Nodes[0];
        Assert.Equal(0, await node.TerminateAsync());
        node.Binary = PublishedBinary.Previous;
        node.Start();
        Assert.Equal(1, await node.EndAsync());
        Assert.Contains(TooOld, node.Output, StringComparison.Ordinal);
        node.Binary = null;
        await node.StartAndWaitAsync();

        await using NodeProcess stranger = new(OneWorker)
        {
            Binary = PublishedBinary.Previous,
            Peers = [cluster.Nodes[1].ClusterAddress],
        };
        stranger.Start();
        await Eventually.IsSoAsync(
            () => stranger.Output.Contains("feature level 3", StringComparison.Ordinal),
            () => $"it was not told\n{stranger.Output}\n{cluster.Describe()}");
        Assert.Equal(3, (await cluster.Nodes[1].Api.MembersAsync()).Count);
    }
}
