using System.Net;
using JobNode.Commands;
using JobNode.Membership;
using JobNode.Observability;

namespace JobNode.Tests.Api;

/// <summary>What <c>/metrics</c> tells.</summary>
public sealed class MetricsTests
{
    [Fact]
    public async Task Refusals_are_counted_by_reason_and_the_usual_reasons_are_there_from_the_start()
    {
        await using ApiHost host = await ApiHost.StartAsync(limits: new LimitOptions { JobsMax = 1 });
        await host.EnqueueAsync([1]);
        using HttpResponseMessage refused = await host.PutAsync(new ByteArrayContent([2]), "iterations=3");
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        using HttpResponseMessage wrong = await host.PutAsync(new ByteArrayContent([2]), "iterations=many");
        string text = await host.Client.GetStringAsync("/metrics");
        Contains("jobnode_requests_refused_total{reason=\"too-many-jobs\"} 1\n", text);
        Contains("jobnode_requests_refused_total{reason=\"iterations-invalid\"} 1\n", text);
        Contains("jobnode_requests_refused_total{reason=\"disk-low\"} 0\n", text);
    }

    [Fact]
    public async Task A_condition_is_one_while_it_holds()
    {
        await using ApiHost host = await ApiHost.StartAsync();
        host.Conditions.Raise(NodeCondition.SnapshotFailed, "It could not be written.");
        string text = await host.Client.GetStringAsync("/metrics");
        Contains("jobnode_condition{condition=\"snapshot_failed\"} 1\n", text);
        Contains("jobnode_condition{condition=\"disk_low\"} 0\n", text);
        foreach (NodeCondition condition in Enum.GetValues<NodeCondition>())
        {
            Contains($"condition=\"{SnakeCase(condition)}\"", text);
        }
    }

    [Fact]
    public async Task The_leader_tells_of_all_members_and_nobody_else_does()
    {
        await using ApiHost host = await ApiHost.StartAsync();
        host.Admin.Reports.Add(Report(LocalCluster.Self, "a:5001", null, 0));
        host.Admin.Reports.Add(Report(new NodeId(7), "b:5001", TimeSpan.FromSeconds(1), 12));
        host.Admin.Reports.Add(Report(new NodeId(8), "c:5001", TimeSpan.FromSeconds(9), 5000));
        string text = await host.Client.GetStringAsync("/metrics");
        Contains("jobnode_voters 3\n", text);
        Contains("jobnode_voters_heard 2\n", text);
        Contains("jobnode_member_entries_behind{node=\"0000000000000008\",address=\"c:5001\"} 5000\n", text);
        Contains("jobnode_member_silence_seconds{node=\"0000000000000008\",address=\"c:5001\"} 9\n", text);
        host.Cluster.LoseLeader();
        text = await host.Client.GetStringAsync("/metrics");
        Contains("jobnode_has_leader 0\n", text);
        Assert.DoesNotContain("jobnode_member_", text, StringComparison.Ordinal);
        Assert.DoesNotContain("jobnode_node_", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_age_of_the_oldest_job_counts_until_it_is_finished()
    {
        await using ApiHost host = await ApiHost.StartAsync();
        Contains("jobnode_oldest_pending_job_age_seconds 0\n", await host.Client.GetStringAsync("/metrics"));
        await host.EnqueueAsync([1]);
        await Task.Delay(5);
        Assert.DoesNotContain(
            "jobnode_oldest_pending_job_age_seconds 0\n", await host.Client.GetStringAsync("/metrics"),
            StringComparison.Ordinal);
        await host.Cluster.FinishAllAsync();
        Contains("jobnode_oldest_pending_job_age_seconds 0\n", await host.Client.GetStringAsync("/metrics"));
    }

    [Fact]
    public async Task Status_and_metrics_agree_on_the_nodes_wanted()
    {
        await using ApiHost host = await ApiHost.StartAsync();
        for (byte job = 0; job < 10; job++)
        {
            await host.EnqueueAsync([job], "iterations=1000001");
        }

        // 10 million iterations, 600 seconds by default, 2,500 a second: 6.67 nodes.
        var rates = new HashRates(2500, 0, 2500);
        host.Work.Current = new WorkReport(
            [new NodeWork(LocalCluster.Self, 1, 16, 1, 1, rates, "avx512")], 1, 40, DateTimeOffset.UtcNow);
        Assert.Equal(7, (await host.GetAsync("/status")).GetProperty("nodesWanted").GetInt32());
        Contains("jobnode_nodes_wanted 7\n", await host.Client.GetStringAsync("/metrics"));
    }

    private static MemberReport Report(NodeId id, string address, TimeSpan? silence, ulong behind) => new(
        new Member(id, address), id == LocalCluster.Self, false, null, null, silence, behind);

    private static void Contains(string wanted, string text) =>
        Assert.Contains(wanted, text, StringComparison.Ordinal);

    private static string SnakeCase(NodeCondition condition) => string.Concat(condition.ToString().Select(
        (letter, at) => char.IsUpper(letter) && at > 0 ? $"_{char.ToLowerInvariant(letter)}"
            : char.ToLowerInvariant(letter).ToString()));
}
