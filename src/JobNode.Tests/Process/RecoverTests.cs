using JobNode.Tests.Support;

namespace JobNode.Tests.Processes;

/// <summary>Two of three nodes are gone for good: the third goes on with everything that was acknowledged.</summary>
[Collection(ProcessCollection.Name)]
[Trait("Tier", "Process")]
public sealed class RecoverTests
{
    private const int WaitSeconds = 60;
    private static readonly TimeSpan Load = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task A_survivor_recovers_and_the_wiped_others_join_it()
    {
        await using ClusterFixture cluster = await ClusterFixture.StartAsync(["--workers", "1"]);
        await using LoadClients clients = new(cluster.Nodes);
        await Task.Delay(Load);
        await clients.StopAsync();
        await cluster.MeetAsync();
        await Task.WhenAll(cluster.Nodes.Select(node => node.KillAsync()));
        NodeProcess survivor = cluster.Nodes[2];

        CommandRun asked = await RunAsync("recover", "--data-dir", survivor.DataDirectory);
        Assert.True(asked.ExitCode == 2, asked.ToString());
        Assert.Contains("must never be started again", asked.Output, StringComparison.Ordinal);
        Assert.Contains(cluster.Nodes[0].ClusterAddress, asked.Output, StringComparison.Ordinal);
        CommandRun done = await RunAsync("recover", "--data-dir", survivor.DataDirectory, "--yes");
        Assert.True(done.ExitCode == 0, done.ToString());
        CommandRun check = await RunAsync("check", survivor.DataDirectory);
        Assert.True(check.ExitCode == 0, check.ToString());

        await survivor.StartAndWaitAsync();
        foreach ((string id, string right) in clients.Accepted)
        {
            JobRow job = await survivor.Api.JobAsync(id, WaitSeconds);
            Assert.True(job.Result == right, $"{id} is {job}\n{cluster.Describe()}");
        }

        foreach (NodeProcess other in cluster.Nodes.Take(2))
        {
            Directory.Delete(other.DataDirectory, recursive: true);
            other.Peers = [survivor.ClusterAddress];
            await other.StartAndWaitAsync();
        }

        await cluster.MembersAsync(
            "three voters", members => members.Count(member => member.Role is "voter" or "leader") == 3);
        string last = await cluster.Nodes[0].Api.EnqueueAsync([1], 10);
        Assert.Equal(HashChain.Result([1], 10), (await survivor.Api.JobAsync(last, WaitSeconds)).Result);
        Assert.Single((await cluster.MeetAsync()).Select(row => row.StateDigest).Distinct());
    }

    private static Task<CommandRun> RunAsync(params string[] arguments) =>
        CommandRun.RunAsync(PublishedBinary.Path, arguments);
}
