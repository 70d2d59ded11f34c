using System.Globalization;
using System.Text.Json;
using JobNode.Tests.Support;
using Xunit.Abstractions;

namespace JobNode.Tests.Processes;

/// <summary>Nodes of the published binary, one of which computes wrongly on purpose.</summary>
[Collection(ProcessCollection.Name)]
[Trait("Tier", "Process")]
public sealed class VerifyTests(ITestOutputHelper output)
{
    private const string FaultVariable = "JOBNODE_TEST_KERNEL_FAULT";
    private const ulong Iterations = 20_000;
    private const int WaitSeconds = 120;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task With_everything_checked_all_results_are_right_and_the_faulty_node_is_shown_and_released()
    {
        await using ClusterFixture cluster = await StartAsync("100%", "1/20");
        NodeProcess faulty = cluster.Nodes[2];
        await WaitForLevelAsync(cluster);
        await RunJobsAsync(cluster, 200);
        MemberState found = await WaitForQuarantineAsync(cluster, faulty);
        Assert.Single(await MembersAsync(cluster.Nodes[0]), member => member.Quarantine is not null);
        output.WriteLine($"measured: quarantined because {found.Quarantine}");
        CommandRun status = await CommandRun.RunAsync(
            PublishedBinary.Path, ["status", "--node", cluster.Nodes[0].Api.Address.ToString()]);
        Assert.Contains("quarantined", status.Output, StringComparison.Ordinal);

        NodeProcess leader = await cluster.LeaderAsync();
        await leader.KillAsync();
        await leader.StartAndWaitAsync();
        await cluster.LeaderAsync();
        await WaitForQuarantineAsync(cluster, faulty);
        await RunJobsAsync(cluster, 50);

        faulty.Environment = new Dictionary<string, string>();
        await faulty.TerminateAsync();
        await faulty.StartAndWaitAsync();
        CommandRun release = await CommandRun.RunAsync(
            PublishedBinary.Path,
            ["members", "release", faulty.ClusterAddress, "--node", cluster.Nodes[0].Api.Address.ToString()]);
        Assert.True(release.ExitCode == 0, release.ToString());
        Assert.DoesNotContain(await MembersAsync(cluster.Nodes[0]), member => member.Quarantine is not null);
        await RunJobsAsync(cluster, 50);
        Assert.DoesNotContain(await MembersAsync(cluster.Nodes[0]), member => member.Quarantine is not null);
    }

    [Fact]
    public async Task With_a_small_share_a_node_that_is_always_wrong_is_found_and_what_it_did_is_computed_again()
    {
        await using ClusterFixture cluster = await StartAsync("5%", "always");
        await WaitForLevelAsync(cluster);
        await RunJobsAsync(cluster, 100);
        await WaitForQuarantineAsync(cluster, cluster.Nodes[2]);
    }

    private static Task<ClusterFixture> StartAsync(string share, string fault) => ClusterFixture.StartAsync(
        ["--workers", "1", "--verify", share], prepare: node =>
        {
            if (node.ClusterAddress == node.Peers[2])
            {
                node.Environment = new Dictionary<string, string> { [FaultVariable] = fault };
            }
        });

    /// <summary>Sends jobs, waits for all, and holds the results against the oracle.</summary>
    private static async Task RunJobsAsync(ClusterFixture cluster, int count)
    {
        Dictionary<string, string> jobs = [];
        for (int job = 0; job < count; job++)
        {
            byte[] body = HashChain.Body(10, job);
            string id = await cluster.Nodes[0].Api.EnqueueAsync(body, Iterations);
            jobs.Add(id, HashChain.Result(body, Iterations));
        }

        foreach (string id in jobs.Keys)
        {
            await cluster.Nodes[0].Api.JobAsync(id, WaitSeconds);
        }

        // A result may be taken back once more while a fault is being found.
        await Task.Delay(TimeSpan.FromSeconds(1));
        foreach ((string id, string right) in jobs)
        {
            JobRow job = await cluster.Nodes[0].Api.JobAsync(id, WaitSeconds);
            Assert.True(job.Result == right, $"{id} is {job}\n{cluster.Describe()}");
        }
    }

    private static async Task<MemberState> WaitForQuarantineAsync(ClusterFixture cluster, NodeProcess node)
    {
        using CancellationTokenSource timeout = new(Patience);
        while (true)
        {
            foreach (MemberState member in await MembersAsync(cluster.Nodes[0]))
            {
                if (member.Address == node.ClusterAddress && member.Quarantine is not null)
                {
                    return member;
                }
            }

            Assert.False(timeout.IsCancellationRequested, $"it was not quarantined\n{cluster.Describe()}");
            await Task.Delay(100, CancellationToken.None);
        }
    }

    private static async Task WaitForLevelAsync(ClusterFixture cluster)
    {
        using CancellationTokenSource timeout = new(Patience);
        while (!timeout.IsCancellationRequested)
        {
            using JsonDocument members = JsonDocument.Parse(await cluster.Nodes[0].Api.TextAsync("/members"));
            if (members.RootElement.TryGetProperty("featureLevel", out JsonElement level) && level.GetInt32() >= 3)
            {
                return;
            }

            await Task.Delay(100, CancellationToken.None);
        }

        Assert.Fail(string.Create(CultureInfo.InvariantCulture, $"the level was not raised\n{cluster.Describe()}"));
    }

    private static async Task<IReadOnlyList<MemberState>> MembersAsync(NodeProcess node)
    {
        using JsonDocument members = JsonDocument.Parse(await node.Api.TextAsync("/members"));
        return members.RootElement.TryGetProperty("members", out JsonElement rows)
            ? [.. rows.EnumerateArray().Select(row => new MemberState(
                row.GetProperty("address").GetString()!, row.GetProperty("quarantine").GetString()))]
            : [];
    }

    private sealed record MemberState(string Address, string? Quarantine);
}
