using System.Text.Json;
using JobNode.Api;
using JobNode.Commands;

namespace JobNode.Tests.Api;

/// <summary>What the API says of itself.</summary>
public sealed class DescriptionTests
{
    [Fact]
    public async Task The_description_names_exactly_the_routes()
    {
        await using ApiHost host = await ApiHost.StartAsync();
        JsonElement description = await host.GetAsync("/openapi.json");
        IEnumerable<string> described = description.GetProperty("paths").EnumerateObject().SelectMany(
            path => path.Value.EnumerateObject().Select(method => $"{method.Name.ToUpperInvariant()} {path.Name}"));
        IEnumerable<string> routed = ApiServer.Routes(null!, null!, null!, null!, null!, null!).SelectMany(
            route => route.Methods.Select(method => $"{method} {route.Template}"));
        Assert.Equal(routed.Order(StringComparer.Ordinal), described.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Status_has_what_the_contract_promises()
    {
        await using ApiHost host = await ApiHost.StartAsync();
        await host.EnqueueAsync([1], "iterations=100");
        JsonElement status = await host.GetAsync("/status");
        Assert.Equal("127.0.0.1:5001", status.GetProperty("leader").GetString());
        Assert.Equal("ready", status.GetProperty("node").GetProperty("state").GetString());
        Assert.Equal("leader", status.GetProperty("node").GetProperty("role").GetString());
        Assert.Equal($"127.0.0.1:{host.Port}", status.GetProperty("node").GetProperty("apiAddress").GetString());
        Assert.Equal(1, status.GetProperty("queue").GetProperty("pending").GetInt32());
        Assert.Equal(99, status.GetProperty("iterationsRemaining").GetInt32());
        Assert.Equal(JsonValueKind.Null, status.GetProperty("etaSeconds").ValueKind);
        Assert.Matches("^[0-9a-f]{32}$", status.GetProperty("stateDigest").GetString());
    }

    [Fact]
    public async Task Status_tells_capacity_throughput_and_an_estimate_not_below_the_longest_chain()
    {
        await using ApiHost host = await ApiHost.StartAsync();
        await host.EnqueueAsync([1], "iterations=1001");
        var rates = new HashRates(500, 20, 25);
        host.Work.Current = new WorkReport(
            [new NodeWork(LocalCluster.Self, 1, 16, 1, 1, rates, "avx512")], 1, 40, DateTimeOffset.UtcNow);
        JsonElement status = await host.GetAsync("/status");
        JsonElement node = status.GetProperty("nodes")[0];
        Assert.Equal(500, node.GetProperty("iterationsPerSecond").GetDouble());
        Assert.Equal(20, node.GetProperty("iterationsPerSecondNow").GetDouble());
        Assert.Equal(500, status.GetProperty("iterationsPerSecond").GetDouble());
        Assert.Equal(20, status.GetProperty("iterationsPerSecondNow").GetDouble());
        Assert.Equal(40, status.GetProperty("etaSeconds").GetDouble());
        string text = await host.Client.GetStringAsync("/metrics");
        Assert.Contains($"jobnode_node_iterations_per_second{{node=\"{LocalCluster.Self}\"}} 500\n", text,
            StringComparison.Ordinal);
        Assert.Contains($"jobnode_node_iterations_per_second_now{{node=\"{LocalCluster.Self}\"}} 20\n", text,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_count_requests_and_jobs()
    {
        await using ApiHost host = await ApiHost.StartAsync();
        await host.EnqueueAsync([1]);
        string text = await host.Client.GetStringAsync("/metrics");
        Assert.Contains("jobnode_http_requests_total{route=\"/enqueue\",method=\"PUT\",code=\"200\"} 1\n", text,
            StringComparison.Ordinal);
        Assert.Contains("jobnode_jobs{state=\"pending\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("jobnode_has_leader 1\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_page_for_people_is_one_file_without_outside_resources()
    {
        await using ApiHost host = await ApiHost.StartAsync();
        string page = await host.Client.GetStringAsync("/");
        Assert.Contains("\"/events\"", page, StringComparison.Ordinal);
        Assert.DoesNotContain("{style}", page, StringComparison.Ordinal);
        Assert.DoesNotContain("{nonce}", page, StringComparison.Ordinal);
        Assert.DoesNotContain("http://", page, StringComparison.Ordinal);
        Assert.DoesNotContain("https://", page, StringComparison.Ordinal);
    }
}
