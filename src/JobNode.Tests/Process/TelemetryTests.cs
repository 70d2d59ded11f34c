using System.Net.Http.Headers;
using System.Text.Json;
using JobNode.Tests.Support;

namespace JobNode.Tests.Processes;

/// <summary>What three real nodes tell a collector, and their log for programs.</summary>
[Collection(ProcessCollection.Name)]
[Trait("Tier", "Process")]
public sealed class TelemetryTests
{
    private const string ClientTrace = "0af7651916cd43dd8448eb211c80319c";

    [Fact]
    public async Task A_job_is_followed_over_the_nodes_from_upload_to_pull()
    {
        using var collector = new StandInCollector();
        await using ClusterFixture cluster = await ClusterFixture.StartAsync(
            ["--workers", "1"], prepare: node => node.Environment = new Dictionary<string, string>
            {
                ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Endpoint,
                ["OTEL_TRACES_SAMPLER"] = "always_on",
                ["OTEL_METRIC_EXPORT_INTERVAL"] = "500",
                ["OTEL_SERVICE_NAME"] = "hashes",
            });
        NodeProcess leader = await cluster.LeaderAsync();
        NodeProcess[] others = [.. cluster.Nodes.Where(node => node != leader)];
        string id = await EnqueueAsync(others[0]);
        await others[0].Api.JobAsync(id, waitSeconds: 30);
        Assert.Single(await others[1].Api.PullAsync(1));
        string trace = id.Replace("-", "", StringComparison.Ordinal);
        string[] steps = ["commit", "complete", "enqueue", "pull", "work"];
        await collector.WaitAsync("spans of each step", all => steps.All(
            step => Of(all, trace).Any(span => span.Name == step)));
        IReadOnlyList<(string Name, string Node, JsonElement Span)> spans = Of(collector, trace);
        Assert.True(spans.Select(span => span.Node).Distinct().Count() >= 2, "more than one node told of the job");
        JsonElement link = spans.Single(span => span.Name == "enqueue").Span.GetProperty("links")[0];
        Assert.Equal(ClientTrace, link.GetProperty("traceId").GetString());
        Assert.All(
            spans.Where(span => span.Name is "work" or "complete" or "pull"),
            span => Assert.Equal(trace[16..], span.Span.GetProperty("parentSpanId").GetString()));

        await collector.WaitAsync("metrics of each node", all => all.Requests
            .Where(request => request.Path == "/v1/metrics")
            .Select(request => Instance(request.Body.GetProperty("resourceMetrics")[0])).Distinct().Count() == 3);
        string metrics = collector.Requests.Last(request => request.Path == "/v1/metrics").Body.ToString();
        Assert.Contains("jobnode_has_leader", metrics, StringComparison.Ordinal);
        Assert.Contains("jobnode_log_sync_duration_seconds", metrics, StringComparison.Ordinal);
        Assert.Contains("hashes", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_log_for_programs_is_one_object_a_line_that_names_the_node()
    {
        await using NodeProcess node = new(["--workers", "0", "--log-format", "json"]);
        await node.StartAndWaitAsync();
        StatusRow status = await node.Api.StatusAsync();
        await node.TerminateAsync();
        JsonElement[] lines = [.. node.Output.Split('\n').Where(line => line.StartsWith('{'))
            .Select(line => JsonDocument.Parse(line).RootElement)];
        JsonElement role = lines.First(line => line.GetProperty("event").GetString() == "RoleChanged");
        Assert.Equal(1001, role.GetProperty("eventId").GetInt32());
        Assert.Equal(status.NodeId, role.GetProperty("node").GetString());
        Assert.Contains(lines, line => line.GetProperty("event").GetString() == "NodeStopping");
        Assert.DoesNotContain("info: JobNode", node.Output, StringComparison.Ordinal);
    }

    private static async Task<string> EnqueueAsync(NodeProcess node)
    {
        using var client = new HttpClient { BaseAddress = node.Api.Address };
        client.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("text/plain"));
        client.DefaultRequestHeaders.Add("traceparent", $"00-{ClientTrace}-b7ad6b7169203331-01");
        using var body = new ByteArrayContent([1, 2, 3]);
        using HttpResponseMessage answer = await client.PutAsync("/enqueue?iterations=100000", body);
        return (await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync()).Trim();
    }

    private static IReadOnlyList<(string Name, string Node, JsonElement Span)> Of(
        StandInCollector collector, string trace) =>
    [
        .. collector.Requests.Where(request => request.Path == "/v1/traces")
            .Select(request => request.Body.GetProperty("resourceSpans")[0])
            .SelectMany(resource => resource.GetProperty("scopeSpans")[0].GetProperty("spans").EnumerateArray()
                .Where(span => span.GetProperty("traceId").GetString() == trace)
                .Select(span => (span.GetProperty("name").GetString()!, Instance(resource), span))),
    ];

    private static string Instance(JsonElement resource) => resource.GetProperty("resource").GetProperty("attributes")
        .EnumerateArray().Single(pair => pair.GetProperty("key").GetString() == "service.instance.id")
        .GetProperty("value").GetProperty("stringValue").GetString()!;
}
