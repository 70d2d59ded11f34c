using JobNode.Tests.Support;

namespace JobNode.Tests.Processes;

/// <summary>Who votes, who stands by, who is spare; and that nobody can tell by asking.</summary>
[Collection(ProcessCollection.Name)]
[Trait("Tier", "Process")]
public sealed class RoleTests
{
    private const int WaitSeconds = 60;
    private static readonly string[] OneWorker = ["--workers", "1"];

    [Fact]
    public async Task Seven_nodes_are_three_voters_two_stand_bys_and_two_spares_that_answer_alike()
    {
        await using ClusterFixture cluster = await ClusterFixture.StartAsync(OneWorker);
        await cluster.JoinAsync(cluster.Nodes[0]);
        await cluster.JoinAsync(cluster.Nodes[1]);
        await WaitForRolesAsync(cluster, standBys: 2, spares: 0);
        await cluster.JoinAsync(cluster.Nodes[2]);
        await cluster.JoinAsync(cluster.Nodes[3]);
        IReadOnlyList<ClusterMember> members = await WaitForRolesAsync(cluster, standBys: 2, spares: 2);

        string spareAddress = members.First(member => member.Role == "spare").Address;
        NodeProcess spare = cluster.Nodes.Single(node => node.ClusterAddress == spareAddress);
        NodeProcess leader = await cluster.LeaderAsync();
        await AssertAnswersAlikeAsync(spare, leader);
        await AssertWorksThroughAsync(spare, leader);
    }

    private static Task<IReadOnlyList<ClusterMember>> WaitForRolesAsync(
        ClusterFixture cluster, int standBys, int spares) => cluster.MembersAsync(
        $"3 voters, {standBys} stand-bys, {spares} spares",
        list => list.Count(member => member.Role is "leader" or "voter") == 3
            && list.Count(member => member.Role == "stand-by") == standBys
            && list.Count(member => member.Role == "spare") == spares);

    private static async Task AssertAnswersAlikeAsync(NodeProcess spare, NodeProcess leader)
    {
        string finished = await leader.Api.EnqueueAsync([1], 1);
        string pending = await leader.Api.EnqueueAsync([2], 1_000_000_000_000);
        foreach (string path in new[]
        {
            $"/jobs/{finished}", "/jobs?state=completed", "/jobs?limit=1", "/jobs?state=nonsense",
            "/jobs/nonsense", "/openapi.json",
        })
        {
            Assert.Equal(Mask(await leader.Api.TextAsync(path), leader), Mask(await spare.Api.TextAsync(path), spare));
        }

        JobRow job = await spare.Api.JobAsync(pending);
        Assert.True(job.State is "running" or "pending", job.State);
        StatusRow status = await spare.Api.StatusAsync();
        Assert.Equal("spare", status.Role);
        Assert.Equal((1, 1), (status.Completed, status.Unfinished));
        Assert.Equal(7, status.Nodes.Count);
        Assert.Equal(
            (await leader.Api.MembersAsync()).Select(member => (member.Id, member.Role)),
            (await spare.Api.MembersAsync()).Select(member => (member.Id, member.Role)));
    }

    private static async Task AssertWorksThroughAsync(NodeProcess spare, NodeProcess leader)
    {
        string id = await spare.Api.EnqueueAsync([3], 1000, "a key");
        Assert.Equal(id, await leader.Api.EnqueueAsync([3], 1000, "a key"));
        JobRow done = await spare.Api.JobAsync(id, WaitSeconds);
        Assert.Equal(("completed", HashChain.Result([3], 1000)), (done.State, done.Result));
        IReadOnlyList<FinishedJob> batch = await spare.Api.PullAsync(10, "a pull");
        Assert.Contains(batch, job => job.Id == id);
        Assert.Equal(batch, await leader.Api.PullAsync(10, "a pull"));
    }

    /// <summary>A problem names the node that tells it; an answer may not differ otherwise.</summary>
    private static string Mask(string answer, NodeProcess node) =>
        System.Text.RegularExpressions.Regex.Replace(
            answer.Replace(node.ClusterAddress, "NODE", StringComparison.Ordinal),
            "\"node\":\"[^\"]*\"",
            "\"node\":\"NODE\"",
            System.Text.RegularExpressions.RegexOptions.None,
            TimeSpan.FromSeconds(1));
}
