using System.Net;
using JobNode.Tests.Support;
using Xunit.Abstractions;

namespace JobNode.Tests.Processes;

/// <summary>
/// Bits flip and files are cut while nodes are down: it is named, such a node does not vote, and the rest of its
/// cluster rebuilds it.
/// </summary>
[Collection(ProcessCollection.Name)]
[Trait("Tier", "Process")]
public sealed class DamageTests(ITestOutputHelper output)
{
    private const int WaitSeconds = 60;
    private const int FailedExit = 1;
    private const int FirstRecord = 512;

    private static readonly (string What, string File, Action<string> Do)[] _damages =
    [
        ("the first record", ".log", data => DataDamage.Flip(DataDamage.Segment(data), FirstRecord + 20)),
        ("the last batch", ".log", data =>
            DataDamage.Flip(DataDamage.Segment(data), DataDamage.LastSynced(DataDamage.Segment(data)))),
        ("the header with its hard state", ".log", data => DataDamage.Flip(DataDamage.Segment(data), 50)),
        ("the snapshot", ".snapshot", data => DataDamage.Flip(DataDamage.Snapshot(data), 40)),
        ("a segment cut in half", ".log", data => DataDamage.CutInHalf(DataDamage.Segment(data))),
        ("the node id", "node-id", data => DataDamage.Flip(Path.Join(data, "node-id"), 3)),
        ("a missing node id", "node-id", data => File.Delete(Path.Join(data, "node-id"))),
        ("a missing snapshot", ".log", data => File.Delete(DataDamage.Snapshot(data))),
    ];

    [Fact]
    public async Task A_node_with_damaged_data_is_rebuilt_from_the_others_and_votes_again()
    {
        await using ClusterFixture cluster = await ClusterFixture.StartAsync(["--workers", "1"]);
        await using LoadClients clients = new(cluster.Nodes, new LoadOptions { Clients = 2 });
        for (int i = 0; i < _damages.Length; i++)
        {
            (string what, string file, Action<string> inflict) = _damages[i];
            NodeProcess leader = await cluster.LeaderAsync();
            NodeProcess hit = cluster.Nodes.Where(node => node != leader).ElementAt(i % 2);
            string before = (await hit.Api.StatusAsync()).NodeId;
            await hit.KillAsync();
            foreach (string aside in Directory.GetDirectories(hit.DataDirectory, "damaged-*"))
            {
                Directory.Delete(aside, recursive: true);
            }

            inflict(hit.DataDirectory);
            await hit.StartAndWaitAsync();
            await cluster.MembersAsync($"three voters after {what}", members =>
                members.Count(member => member.Role is "voter" or "leader") == 3
                && members.All(member => member.Id != before));
            string said = hit.Output[hit.Output.LastIndexOf("--- start", StringComparison.Ordinal)..];
            string named = said.Split('\n').First(line => line.Contains("is damaged (", StringComparison.Ordinal));
            Assert.Contains($"{file} at byte ", named, StringComparison.Ordinal);
            Assert.Contains("rebuilt: this node is ", said, StringComparison.Ordinal);
            Assert.Single(Directory.GetDirectories(hit.DataDirectory, "damaged-*"));
            output.WriteLine($"{what}: {named}");
        }

        await clients.StopAsync();
        foreach ((string id, string right) in clients.Accepted)
        {
            JobRow job = await cluster.Nodes[0].Api.JobAsync(id, WaitSeconds);
            Assert.True(job.Result == right, $"{id} is {job}\n{cluster.Describe()}");
        }

        Assert.Single((await cluster.MeetAsync()).Select(row => row.StateDigest).Distinct());
    }

    [Fact]
    public async Task A_node_alone_refuses_to_start_on_damaged_data_and_says_what_helps()
    {
        await using NodeProcess node = new(["--workers", "1"]);
        await node.StartAndWaitAsync();
        await node.Api.EnqueueAsync([1], 1);
        await node.KillAsync();
        string segment = DataDamage.Segment(node.DataDirectory);
        DataDamage.Flip(segment, DataDamage.LastSynced(segment));
        node.Start();
        Assert.Equal(FailedExit, await node.EndAsync());
        Assert.Contains(Path.GetFileName(segment) + " at byte ", node.Output, StringComparison.Ordinal);
        Assert.Contains("must not vote", node.Output, StringComparison.Ordinal);
        Assert.Contains("jobnode restore", node.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_damaged_nodes_of_three_wait_and_form_no_cluster_until_a_majority_is_there()
    {
        await using ClusterFixture cluster = await ClusterFixture.StartAsync(["--workers", "1"]);
        string accepted = await cluster.Nodes[0].Api.EnqueueAsync([1], 3);
        await cluster.MeetAsync();
        NodeProcess[] hit = [cluster.Nodes[1], cluster.Nodes[2]];
        await Task.WhenAll(hit.Select(node => node.KillAsync()));
        foreach (NodeProcess node in hit)
        {
            DataDamage.Flip(DataDamage.Snapshot(node.DataDirectory), 40);
            node.Start();
        }

        foreach (NodeProcess node in hit)
        {
            await node.WaitForOutputAsync("does not take it in yet");
            HttpRequestException refused =
                await Assert.ThrowsAsync<HttpRequestException>(() => node.Api.StatusAsync());
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
            Assert.Contains("/problems/damaged", refused.Message, StringComparison.Ordinal);
            Assert.Contains(".snapshot at byte ", refused.Message, StringComparison.Ordinal);
            Assert.Empty(Directory.GetDirectories(node.DataDirectory, "damaged-*"));
        }

        // A leader takes a moment to notice that it is alone.
        await cluster.Nodes[0].WaitUntilNotReadyAsync();
        await hit[0].KillAsync();
        DataDamage.Flip(DataDamage.Snapshot(hit[0].DataDirectory), 40);
        await hit[0].StartAndWaitAsync();
        await hit[1].WaitUntilReadyAsync();
        await cluster.MembersAsync(
            "three voters", members => members.Count(member => member.Role is "voter" or "leader") == 3);
        JobRow job = await hit[1].Api.JobAsync(accepted, WaitSeconds);
        Assert.Equal(HashChain.Result([1], 3), job.Result);
        Assert.Single((await cluster.MeetAsync()).Select(row => row.StateDigest).Distinct());
    }

    [Fact]
    public async Task What_rots_while_a_node_runs_is_named_and_replaced()
    {
        await using NodeProcess node = new(["--workers", "1", "--scrub-every", "1s"]);
        await node.StartAndWaitAsync();
        string accepted = await node.Api.EnqueueAsync([1], 3);
        await node.Api.JobAsync(accepted, WaitSeconds);
        Func<string, string>[] kinds = [DataDamage.Segment, DataDamage.Snapshot];
        foreach (Func<string, string> kind in kinds)
        {
            string file = kind(node.DataDirectory);
            string name = Path.GetFileName(file);
            DataDamage.Flip(file, name.EndsWith(".log", StringComparison.Ordinal) ? FirstRecord + 20 : 40);
            await node.WaitForOutputAsync($"damage at rest: {name} is damaged at byte ");
            await node.WaitForOutputAsync($"what was damaged at rest is replaced: {name}");
        }

        Assert.Contains(
            "jobnode_scrub_damage_total 2", await node.Api.TextAsync("/metrics"), StringComparison.Ordinal);
        await node.KillAsync();
        CommandRun check = await CommandRun.RunAsync(PublishedBinary.Path, ["check", node.DataDirectory]);
        Assert.True(check.ExitCode == 0, check.ToString());
        await node.StartAndWaitAsync();
        Assert.Equal(HashChain.Result([1], 3), (await node.Api.JobAsync(accepted, WaitSeconds)).Result);
    }

    [Fact]
    public async Task A_node_that_must_not_be_rebuilt_ends_with_the_sentence()
    {
        await using NodeProcess node = new(["--workers", "1", "--no-rebuild"]);
        await node.StartAndWaitAsync();
        await node.KillAsync();
        DataDamage.Flip(DataDamage.Snapshot(node.DataDirectory), 40);
        node.Peers = [node.ClusterAddress, $"127.0.0.1:{LoopbackPorts.Next()}"];
        node.Start();
        Assert.Equal(FailedExit, await node.EndAsync());
        Assert.Contains("--no-rebuild keeps this node from it", node.Output, StringComparison.Ordinal);
    }
}
