using System.Diagnostics;
using System.Globalization;
using JobNode.Tests.Support;
using Xunit.Abstractions;

namespace JobNode.Tests.Processes;

/// <summary>Nodes come and go.</summary>
[Collection(ProcessCollection.Name)]
[Trait("Tier", "Process")]
public sealed class ElasticTests(ITestOutputHelper output)
{
    private const int WaitSeconds = 60;
    private static readonly string[] OneWorker = ["--workers", "1"];
    private static readonly string[] ImpatientWorker = ["--workers", "1", "--replace-after", "5s"];
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan DrainMax = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task A_node_joins_by_naming_any_other_and_takes_part_in_the_work()
    {
        await using ClusterFixture cluster = await ClusterFixture.StartAsync(OneWorker);
        for (int job = 0; job < 128; job++)
        {
            await cluster.Nodes[job % 3].Api.EnqueueAsync(HashChain.Body(10, job), 100_000_000);
        }

        NodeProcess known = cluster.Nodes.First(node => node.ClusterAddress != cluster.Nodes[0].ClusterAddress);
        NodeProcess fourth = await cluster.JoinAsync(known);
        await cluster.MembersAsync("four members", members => members.Count == 4);
        Assert.True(await WorksAsync(cluster.Nodes[0], fourth), $"the fourth node got no work\n{cluster.Describe()}");
        string id = await fourth.Api.EnqueueAsync([4], 4);
        Assert.Equal(HashChain.Result([4], 4), (await cluster.Nodes[0].Api.JobAsync(id, WaitSeconds)).Result);
    }

    [Fact]
    public async Task Draining_the_leader_under_load_fails_no_call_at_the_others()
    {
        await using ClusterFixture cluster = await ClusterFixture.StartAsync(OneWorker);
        NodeProcess leader = await cluster.LeaderAsync();
        await using LoadClients clients = new(
            [.. cluster.Nodes.Where(node => node != leader)],
            new LoadOptions { AttemptTimeout = TimeSpan.FromSeconds(20) });
        await Task.Delay(WarmUp);
        TimeSpan moment = clients.Now;
        long begin = Stopwatch.GetTimestamp();
        int exitCode = await leader.TerminateAsync();
        TimeSpan took = Stopwatch.GetElapsedTime(begin);
        await Task.Delay(WarmUp);
        await clients.StopAsync();
        TimeSpan stall = clients.LongestGapAfter(moment);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"measured: drain of the leader: no client error, longest stall {stall.TotalSeconds:F2} s; it took "
            + $"{took.TotalSeconds:F2} s, {clients.Accepted.Count} jobs accepted"));
        string words = $"{string.Join('\n', clients.Failures)}\n{cluster.Describe()}";
        Assert.True(exitCode == 0, $"exit code {exitCode}\n{words}");
        Assert.True(clients.Retries == 0, $"{clients.Retries} calls failed\n{words}");
        Assert.True(took < DrainMax, $"the drain took {took}\n{words}");
    }

    [Fact]
    public async Task Work_of_a_node_that_drains_goes_on_elsewhere_from_where_it_stood()
    {
        await using ClusterFixture cluster = await ClusterFixture.StartAsync(OneWorker);
        NodeProcess leader = await cluster.LeaderAsync();
        NodeProcess other = cluster.Nodes.First(node => node != leader);
        List<string> ids = [];
        for (int job = 0; job < 12; job++)
        {
            ids.Add(await other.Api.EnqueueAsync(HashChain.Body(10, job), 50_000_000));
        }

        await Task.Delay(TimeSpan.FromSeconds(5));
        Dictionary<string, ulong> before = await DoneAsync(other, ids);
        Assert.Equal(0, await leader.TerminateAsync());
        Dictionary<string, ulong> lowest = new(before);
        long begin = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begin) < TimeSpan.FromSeconds(4))
        {
            foreach ((string id, ulong done) in await DoneAsync(other, ids))
            {
                lowest[id] = Math.Min(lowest[id], done);
            }
        }

        ulong[] lost = [.. ids.Select(id => before[id] - lowest[id])];
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"measured: drain of the leader with {ids.Count} long jobs at {before.Values.Min():N0} to "
            + $"{before.Values.Max():N0} iterations: at most {lost.Max():N0} of one were done again"));
        foreach (string id in ids)
        {
            Assert.True(
                lowest[id] >= before[id] / 2, $"{id} fell from {before[id]} to {lowest[id]}\n{cluster.Describe()}");
        }
    }

    [Fact]
    public async Task A_node_that_leaves_is_removed_and_stops()
    {
        await using ClusterFixture cluster = await ClusterFixture.StartAsync(OneWorker);
        NodeProcess fourth = await cluster.JoinAsync(cluster.Nodes[0]);
        NodeProcess leaving = await cluster.LeaderAsync();
        CommandRun run = await RunAsync("drain", "--leave", "--node", leaving.ApiAddress);
        Assert.True(run.ExitCode == 0, $"{run}\n{cluster.Describe()}");
        Assert.Contains("left the cluster", run.Output, StringComparison.Ordinal);
        Assert.Equal(0, await leaving.EndAsync());
        cluster.Forget(leaving);
        IReadOnlyList<ClusterMember> members = await cluster.MembersAsync(
            "three voters", list => list.Count == 3 && list.All(member => member.Role is "leader" or "voter"));
        Assert.DoesNotContain(members, member => member.Address == leaving.ClusterAddress);
        Assert.Contains(members, member => member.Address == fourth.ClusterAddress);
    }

    [Fact]
    public async Task A_wiped_node_at_its_old_address_is_a_new_member_and_the_old_one_is_gone()
    {
        await using ClusterFixture cluster = await ClusterFixture.StartAsync(OneWorker);
        NodeProcess leader = await cluster.LeaderAsync();
        NodeProcess wiped = cluster.Nodes.First(node => node != leader);
        string before = (await wiped.Api.StatusAsync()).NodeId;
        string id = await leader.Api.EnqueueAsync([1], 10);
        await wiped.KillAsync();
        wiped.Wipe();
        await wiped.StartAndWaitAsync();
        IReadOnlyList<ClusterMember> members = await cluster.MembersAsync(
            "three voters, one of them new",
            list => list.Count == 3
                && list.All(member => member.Role is "leader" or "voter")
                && list.All(member => member.Id != before));
        Assert.Contains(members, member => member.Address == wiped.ClusterAddress);
        Assert.Equal("completed", (await wiped.Api.JobAsync(id, WaitSeconds)).State);
    }

    [Fact]
    public async Task A_lost_voter_is_replaced_and_comes_back_as_a_stand_by()
    {
        await using ClusterFixture cluster = await ClusterFixture.StartAsync(ImpatientWorker);
        NodeProcess fourth = await cluster.JoinAsync(cluster.Nodes[0]);
        await cluster.MembersAsync("a stand-by", list => RoleOf(list, fourth) == "stand-by");
        NodeProcess leader = await cluster.LeaderAsync();
        NodeProcess lost = cluster.Nodes.First(node => node != leader && node != fourth);
        await lost.KillAsync();
        await cluster.MembersAsync("the stand-by votes", list => RoleOf(list, fourth) is "voter" or "leader");
        await lost.StartAndWaitAsync();
        IReadOnlyList<ClusterMember> members = await cluster.MembersAsync(
            "the lost one is a stand-by", list => RoleOf(list, lost) == "stand-by");
        Assert.Equal(4, members.Count);
        Assert.Equal(3, members.Count(member => member.Role is "leader" or "voter"));
    }

    [Fact]
    public async Task The_vote_of_a_lost_voter_never_goes_to_a_node_that_only_computes()
    {
        await using ClusterFixture cluster = await ClusterFixture.StartAsync(ImpatientWorker);
        NodeProcess worker = await cluster.JoinAsync(cluster.Nodes[0], "--compute-only");
        await cluster.MembersAsync(
            "it says so", list => list.Any(member => member.ComputeOnly && member.Address == worker.ClusterAddress));
        NodeProcess leader = await cluster.LeaderAsync();
        await leader.KillAsync();
        NodeProcess next = cluster.Nodes.First(node => node != leader && node != worker);
        await cluster.MembersAsync(
            "another one leads", list => list.Any(m => m.Role == "leader" && m.Address != leader.ClusterAddress));
        long begin = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begin) < TimeSpan.FromSeconds(8))
        {
            IReadOnlyList<ClusterMember> members = await cluster.MembersAsync("any answer", static _ => true);
            Assert.True(RoleOf(members, worker) == "spare", cluster.Describe());
            await Task.Delay(100);
        }

        for (int job = 0; job < 64; job++)
        {
            await next.Api.EnqueueAsync(HashChain.Body(10, job), 100_000_000);
        }

        Assert.True(await WorksAsync(next, worker), $"the node that only computes got no work\n{cluster.Describe()}");
        CommandRun refused = await RunAsync("members", "promote", worker.ClusterAddress, "--node", next.ApiAddress);
        Assert.Contains("start it again without --compute-only", refused.Error, StringComparison.Ordinal);
        NodeProcess heir = await cluster.JoinAsync(next);
        IReadOnlyList<ClusterMember> after = await cluster.MembersAsync(
            "the vote went to an ordinary node", list => RoleOf(list, heir) is "voter" or "leader");
        Assert.Equal(("spare", "stand-by"), (RoleOf(after, worker), RoleOf(after, leader)));
        Assert.Contains("one of 4 members; only computes", worker.Output, StringComparison.Ordinal);
        CommandRun table = await RunAsync("members", "--node", next.ApiAddress);
        Assert.Contains("spare, only computes", table.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Leadership_moves_to_the_voter_that_is_named()
    {
        await using ClusterFixture cluster = await ClusterFixture.StartAsync(OneWorker);
        NodeProcess leader = await cluster.LeaderAsync();
        NodeProcess next = cluster.Nodes.Last(node => node != leader);
        CommandRun run = await RunAsync("transfer", "--to", next.ClusterAddress, "--node", leader.ApiAddress);
        Assert.True(run.ExitCode == 0, $"{run}\n{cluster.Describe()}");
        Assert.Same(next, await cluster.LeaderAsync());
        run = await RunAsync("transfer", "--node", leader.ApiAddress);
        Assert.True(run.ExitCode == 0, $"{run}\n{cluster.Describe()}");
        Assert.NotSame(next, await cluster.LeaderAsync());
    }

    [Fact]
    public async Task A_member_is_removed_by_command()
    {
        await using ClusterFixture cluster = await ClusterFixture.StartAsync(OneWorker);
        NodeProcess fourth = await cluster.JoinAsync(cluster.Nodes[2]);
        string id = (await fourth.Api.StatusAsync()).NodeId;
        CommandRun run = await RunAsync("members", "remove", id[..10], "--node", cluster.Nodes[1].ApiAddress);
        Assert.True(run.ExitCode == 0, $"{run}\n{cluster.Describe()}");
        await cluster.MembersAsync("three members", list => list.Count == 3 && list.All(member => member.Id != id));
        CommandRun table = await RunAsync("members", "--node", cluster.Nodes[2].ApiAddress);
        Assert.Contains("LAST CONTACT", table.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(id, table.Output, StringComparison.Ordinal);
    }

    private static string? RoleOf(IReadOnlyList<ClusterMember> members, NodeProcess node) =>
        members.FirstOrDefault(member => member.Address == node.ClusterAddress)?.Role;

    private static Task<CommandRun> RunAsync(params string[] arguments) =>
        CommandRun.RunAsync(PublishedBinary.Path, arguments);

    private static async Task<Dictionary<string, ulong>> DoneAsync(NodeProcess node, List<string> ids)
    {
        Dictionary<string, ulong> done = [];
        foreach (string id in ids)
        {
            done.Add(id, (await node.Api.JobAsync(id)).IterationsDone);
        }

        return done;
    }

    private static async Task<bool> WorksAsync(NodeProcess asked, NodeProcess node)
    {
        for (int attempt = 0; attempt < 300; attempt++)
        {
            StatusRow status = await asked.Api.StatusAsync();
            if (status.Nodes.Any(row => row.Address == node.ClusterAddress && row.JobsHeld > 0))
            {
                return true;
            }

            await Task.Delay(100);
        }

        return false;
    }
}
