using System.Net;
using System.Text.Json;
using JobNode.Commands;
using JobNode.Membership;
using JobNode.Observability;
using JobNode.Tests.Support;
using JobNode.Tests.Transport;
using JobNode.Transport;

namespace JobNode.Tests.Api;

/// <summary>A node without the log answers as the leader would, and no call goes round in circles.</summary>
public sealed class SpareTests : IAsyncLifetime
{
    private const ulong SpareId = 0x99;

    private TestNode _leaderNode = null!;
    private TestNode _spareNode = null!;
    private ApiHost _leader = null!;
    private ApiHost _spare = null!;

    public async Task InitializeAsync()
    {
        _leaderNode = await TestNode.StartAsync(LocalCluster.Self.Value, TestNode.Cluster);
        _spareNode = await TestNode.StartAsync(SpareId, TestNode.Cluster);
        _leader = await ApiHost.StartAsync(_leaderNode);
        _spare = await ApiHost.StartAsync(_spareNode);
        _spare.Cluster.Board.Publish(OutsideStatus(LocalCluster.Self));
    }

    public async Task DisposeAsync()
    {
        await _spare.DisposeAsync();
        await _leader.DisposeAsync();
        await _spareNode.DisposeAsync();
        await _leaderNode.DisposeAsync();
    }

    [Fact]
    public async Task Jobs_are_read_from_the_leader()
    {
        string id = await _leader.EnqueueAsync([1], "iterations=2");
        JsonElement job = await _spare.GetAsync($"/jobs/{id}");
        Assert.Equal("pending", job.GetProperty("state").GetString());
        JsonElement page = await _spare.GetAsync("/jobs?state=pending&limit=7");
        Assert.Equal(id, Assert.Single(page.GetProperty("jobs").EnumerateArray()).GetProperty("id").GetString());
    }

    [Fact]
    public async Task A_new_state_answers_only_once_it_has_caught_up_with_the_answers_handed_on_before()
    {
        await _leader.EnqueueAsync([1], "iterations=2");
        await PageAsync();
        _spare.Cluster.HasQuorum = false;
        _spare.Cluster.Board.Publish(OutsideStatus(LocalCluster.Self) with { AppliedIndex = 5 });
        for (int call = 0; call < 3; call++)
        {
            Assert.Equal(1, await PageAsync());
        }

        // The state of the spare itself is empty in this test.
        _spare.Cluster.HasQuorum = true;
        await Eventually.IsSoAsync(
            async () => await PageAsync() != 1, () => "the spare answers from its own state");

        async Task<int> PageAsync() =>
            (await _spare.GetAsync("/jobs?state=pending&limit=7")).GetProperty("jobs").GetArrayLength();
    }

    [Fact]
    public async Task A_wait_on_a_spare_ends_when_the_job_does()
    {
        string id = await _leader.EnqueueAsync([1], "iterations=2");
        Task<JsonElement> waiting = _spare.GetAsync($"/jobs/{id}?wait=60s");
        await Eventually.IsSoAsync(() => _leader.Waiters.Count > 0, () => "nobody waits for the job");

        await _leader.Cluster.FinishAllAsync();
        Assert.Equal("completed", (await waiting).GetProperty("state").GetString());
    }

    [Fact]
    public async Task A_problem_of_the_leader_is_the_answer()
    {
        using HttpResponseMessage response =
            await _spare.Client.GetAsync("/jobs/0198c0de-0000-7000-8000-000000000000");
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task Status_has_the_queue_of_the_leader_and_the_spare_itself()
    {
        await _leader.EnqueueAsync([1], "iterations=5");
        _spare.Conditions.Raise(NodeCondition.DiskLow, "The disk is nearly full.");
        JsonElement status = await _spare.GetAsync("/status");
        Assert.Equal(1, status.GetProperty("queue").GetProperty("pending").GetInt32());
        JsonElement node = status.GetProperty("node");
        Assert.Equal("spare", node.GetProperty("role").GetString());
        Assert.Equal(new NodeId(SpareId).ToString(), node.GetProperty("id").GetString());
        Assert.Contains(
            "The disk is nearly full.", node.GetProperty("warnings").EnumerateArray().Select(text => text.GetString()));
    }

    [Fact]
    public async Task Members_are_listed_and_changed_by_the_leader()
    {
        _leader.Admin.Reports.Add(new MemberReport(
            new Member(LocalCluster.Self, "a:5001"), true, false, null, null, null, null));
        JsonElement members = await _spare.GetAsync("/members");
        Assert.Single(members.GetProperty("members").EnumerateArray());
        using HttpResponseMessage response = await _spare.Client.PostAsync("/transfer", null);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Single(_leader.Admin.Asked);
        Assert.Empty(_spare.Admin.Asked);
    }

    [Fact]
    public async Task Drain_is_for_the_node_that_is_asked()
    {
        using HttpResponseMessage response = await _spare.Client.PostAsync("/drain", null);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal("drain False", Assert.Single(_spare.Admin.Asked));
        Assert.Empty(_leader.Admin.Asked);
    }

    [Fact]
    public async Task Two_nodes_that_take_each_other_for_the_leader_pass_a_call_once_only()
    {
        _leader.Cluster.Board.Publish(new ConsensusStatus(
            LocalCluster.Self, RaftRole.Follower, new NodeId(SpareId), 4, 0, 0, 0, Configuration()));
        PassedAnswer answer = await _leader.ServePassedAsync("/members");
        Assert.True(answer.IsMisdirected, "a passed call goes no further");
    }

    private ConsensusStatus OutsideStatus(NodeId leader) =>
        new(new NodeId(SpareId), RaftRole.Follower, leader, 3, 0, 0, 0, Configuration());

    private ClusterConfiguration Configuration() => new(TestNode.Cluster,
    [
        new Member(new NodeId(SpareId), _spareNode.Address) { Role = MemberRole.Spare },
        new Member(LocalCluster.Self, _leaderNode.Address),
    ]);
}
