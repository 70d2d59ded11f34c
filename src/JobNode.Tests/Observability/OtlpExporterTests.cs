using System.Text.Json;
using JobNode.Commands;
using JobNode.Observability;
using JobNode.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace JobNode.Tests.Observability;

/// <summary>What a collector gets to see of spans and metrics, and what becomes of them when it does not take them.
/// </summary>
public sealed class OtlpExporterTests : IAsyncLifetime, IDisposable
{
    private readonly StandInCollector _collector = new();
    private readonly List<OtlpExporter> _exporters = [];

    [Fact]
    public async Task A_followed_job_arrives_as_spans_of_one_trace_named_by_its_id()
    {
        OtlpExporter exporter = Start();
        var traces = new JobTraces(new TraceSampler(1), exporter.Add, TimeProvider.System);
        var id = JobId.Create(DateTimeOffset.UtcNow);
        DateTimeOffset began = traces.Now;
        traces.Enqueued(
            id.Value, isKnown: false, began, began, 1000, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        traces.WorkBegan(id.Value, 1);
        traces.WorkEnded(id.Value, "finished");
        traces.Add(id.Value, "pull", began);
        await _collector.WaitAsync("four spans", collector => collector.Spans.Count == 4);

        string root = id.Value.ToString("x32")[16..];
        Assert.All(_collector.Spans, span => Assert.Equal(
            id.Value.ToString("x32"), span.GetProperty("traceId").GetString()));
        JsonElement enqueue = Named("enqueue");
        Assert.Equal(root, enqueue.GetProperty("spanId").GetString());
        Assert.False(enqueue.TryGetProperty("parentSpanId", out _));
        Assert.Equal(2, enqueue.GetProperty("kind").GetInt32());
        Assert.Equal("b7ad6b7169203331", enqueue.GetProperty("links")[0].GetProperty("spanId").GetString());
        JsonElement iterations = enqueue.GetProperty("attributes").EnumerateArray()
            .Single(pair => pair.GetProperty("key").GetString() == "jobnode.job.iterations");
        Assert.Equal("1000", iterations.GetProperty("value").GetProperty("intValue").GetString());
        Assert.Contains(enqueue.GetProperty("attributes").EnumerateArray(),
            pair => pair.GetProperty("value").TryGetProperty("stringValue", out JsonElement text)
                && text.GetString() == id.ToString());
        foreach (string name in (string[])["commit", "work", "pull"])
        {
            Assert.Equal(root, Named(name).GetProperty("parentSpanId").GetString());
        }

        ulong start = ulong.Parse(enqueue.GetProperty("startTimeUnixNano").GetString()!);
        Assert.InRange(start, 1_700_000_000_000_000_000UL, 9_000_000_000_000_000_000UL);
        CollectorRequest request = _collector.Requests[0];
        Assert.Equal("application/json", request.ContentType);
        Assert.Equal("Bearer abc", request.Authorization);
        JsonElement resource = request.Body.GetProperty("resourceSpans")[0].GetProperty("resource");
        Assert.Contains("service.instance.id", resource.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_job_that_is_not_followed_leaves_no_span()
    {
        List<JobSpan> spans = [];
        var traces = new JobTraces(new TraceSampler(0), spans.Add, TimeProvider.System);
        UInt128 id = JobId.Create(DateTimeOffset.UtcNow).Value;
        traces.Enqueued(id, isKnown: false, traces.Now, traces.Now, 1, null);
        traces.WorkBegan(id, 1);
        traces.WorkEnded(id, "finished");
        traces.Add(id, "pull", traces.Now);
        Assert.Empty(spans);
    }

    [Fact]
    public void A_check_of_a_job_is_no_trace_of_its_own()
    {
        List<JobSpan> spans = [];
        var traces = new JobTraces(new TraceSampler(1), spans.Add, TimeProvider.System);
        UInt128 check = JobId.NameOf(ulong.MaxValue, ulong.MaxValue).Value;
        traces.WorkBegan(check, 1);
        traces.WorkEnded(check, "finished");
        Assert.Empty(spans);
    }

    [Fact]
    public async Task A_collector_that_is_busy_is_asked_again()
    {
        _collector.Answers.Enqueue(503);
        OtlpExporter exporter = Start();
        exporter.Add(Span());
        await _collector.WaitAsync("the span", collector => collector.Spans.Count == 1);
        Assert.Equal([503, 200], _collector.Requests.Select(request => request.Answer));
        Assert.Equal(0, exporter.Counts.SpansDropped);
    }

    [Fact]
    public async Task What_a_collector_refuses_for_good_is_counted_and_not_sent_again()
    {
        _collector.Answers.Enqueue(400);
        OtlpExporter exporter = Start();
        exporter.Add(Span());
        await _collector.WaitAsync("the first span", collector => collector.Requests.Count == 1);
        await Eventually.IsSoAsync(() => exporter.Counts.SpansDropped == 1, () => "the refused span was not counted");
        exporter.Add(Span());
        await _collector.WaitAsync("the second span", collector => collector.Spans.Count == 1);
        await Eventually.IsSoAsync(() => exporter.Counts.SpansSent == 1, () => "the span sent was not counted");
        Assert.Equal(2, _collector.Requests.Count);
    }

    [Fact]
    public void Who_has_a_span_never_waits_and_what_finds_no_room_is_counted()
    {
        // Not started: nobody takes spans away.
        OtlpExporter exporter = Create();
        for (int i = 0; i < 5000; i++)
        {
            exporter.Add(Span());
        }

        Assert.Equal(904, exporter.Counts.SpansDropped);
    }

    [Fact]
    public async Task Metrics_arrive_with_their_kinds()
    {
        OtlpExporter exporter = Create();
        exporter.Start(_ => Task.FromResult<Action<IMetricWriter>>(writer =>
        {
            writer.Gauge("jobnode_nodes", "Nodes.", 3);
            writer.Family("jobnode_iterations_total", MetricKind.Counter, "Hashes.");
            writer.Sample(42, ("path", "avx2"));
            var durations = new Histogram([0.1, 1]);
            durations.Record(TimeSpan.FromSeconds(0.5));
            writer.Family("jobnode_commit_duration_seconds", MetricKind.Histogram, "Commits.");
            writer.Sample(durations.Read());
        }));
        await _collector.WaitAsync("metrics", collector => collector.Requests.Count > 0);
        CollectorRequest request = _collector.Requests[0];
        Assert.Equal("/v1/metrics", request.Path);
        JsonElement[] metrics = [.. request.Body.GetProperty("resourceMetrics")[0].GetProperty("scopeMetrics")[0]
            .GetProperty("metrics").EnumerateArray()];
        Assert.Equal(3, metrics[0].GetProperty("gauge").GetProperty("dataPoints")[0]
            .GetProperty("asDouble").GetDouble());
        JsonElement sum = metrics[1].GetProperty("sum");
        Assert.True(sum.GetProperty("isMonotonic").GetBoolean());
        Assert.Equal(2, sum.GetProperty("aggregationTemporality").GetInt32());
        Assert.Equal("avx2", sum.GetProperty("dataPoints")[0].GetProperty("attributes")[0].GetProperty("value")
            .GetProperty("stringValue").GetString());
        JsonElement point = metrics[2].GetProperty("histogram").GetProperty("dataPoints")[0];
        Assert.Equal("1", point.GetProperty("count").GetString());
        Assert.Equal(["0", "1", "0"], point.GetProperty("bucketCounts").EnumerateArray().Select(n => n.GetString()));
        Assert.Equal([0.1, 1], point.GetProperty("explicitBounds").EnumerateArray().Select(n => n.GetDouble()));
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (OtlpExporter exporter in _exporters)
        {
            await exporter.DisposeAsync();
        }
    }

    public void Dispose() => _collector.Dispose();

    private OtlpExporter Create()
    {
        var settings = new OtlpSettings
        {
            Endpoint = new Uri(_collector.Endpoint + "/"),
            Headers = [("authorization", "Bearer abc")],
            Resource = [("service.name", "jobnode")],
            MetricInterval = TimeSpan.FromMilliseconds(50),
        };
        var exporter = new OtlpExporter(settings, "1234", TimeProvider.System, NullLogger.Instance);
        _exporters.Add(exporter);
        return exporter;
    }

    /// <summary>One that sends spans only.</summary>
    private OtlpExporter Start()
    {
        OtlpExporter exporter = Create();
        exporter.Start(static async cancellation =>
        {
            await Task.Delay(Timeout.Infinite, cancellation);
            return static _ => { };
        });
        return exporter;
    }

    private JsonElement Named(string name) =>
        _collector.Spans.Single(span => span.GetProperty("name").GetString() == name);

    private static JobSpan Span() => new(
        1, 2, 0, "work", SpanKind.Internal, DateTimeOffset.UtcNow, DateTimeOffset.UtcNow, []);
}
