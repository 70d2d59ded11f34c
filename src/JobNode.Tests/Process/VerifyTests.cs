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

    [Fact]
    public async Task With_everything_checked_all_results_are_right_and_the_faulty_node_is_shown_and_released()
    {
        await using ClusterFixture cluster = await StartAsync("100%", "1/20");
        NodeProcess faulty = cluster.Nodes[2];
        await cluster.WaitForLevelAsync(3);
        await RunJobsAsync(cluster, 200);
        IReadOnlyList<ClusterMember> members = await WaitForQuarantineAsync(cluster, faulty);
        ClusterMember found = Assert.Single(members, member => member.Quarantine is not null);
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
        Assert.DoesNotContain(await cluster.Nodes[0].Api.MembersAsync(), member => member.Quarantine is not null);
        await RunJobsAsync(cluster, 50);
        Assert.DoesNotContain(await cluster.Nodes[0].Api.MembersAsync(), member => member.Quarantine is not null);
    }

    [Fact]
    public async Task With_a_small_share_a_node_that_is_always_wrong_is_found_and_what_it_did_is_computed_again()
    {
        await using ClusterFixture cluster = await StartAsync("5%", "always");
        await cluster.WaitForLevelAsync(3);
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

    /// <summary>
    /// Sends jobs, all at once so that there is work for every node, waits for them, and holds the results against the
    /// oracle.
    /// </summary>
    private static async Task RunJobsAsync(ClusterFixture cluster, int count)
    {
        byte[][] bodies = [.. Enumerable.Range(0, count).Select(job => HashChain.Body(10, job))];
        string[] ids = await Task.WhenAll(bodies.Select(body => cluster.Nodes[0].Api.EnqueueAsync(body, Iterations)));
        foreach (string id in ids)
        {
            await cluster.Nodes[0].Api.JobAsync(id, WaitSeconds);
        }

        // A result may be taken back once more while a fault is being found.
        await Task.Delay(TimeSpan.FromSeconds(1));
        foreach ((string id, byte[] body) in ids.Zip(bodies))
        {
            JobRow job = await cluster.Nodes[0].Api.JobAsync(id, WaitSeconds);
            Assert.True(job.Result == HashChain.Result(body, Iterations), $"{id} is {job}\n{cluster.Describe()}");
        }
    }

    private static Task<IReadOnlyList<ClusterMember>> WaitForQuarantineAsync(
        ClusterFixture cluster, NodeProcess node) => cluster.MembersAsync(
            $"{node.ClusterAddress} in quarantine",
            members => members.Any(
                member => member.Address == node.ClusterAddress && member.Quarantine is not null));
}
