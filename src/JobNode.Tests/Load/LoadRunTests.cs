using JobNode.Load;
using JobNode.Tests.Api;

namespace JobNode.Tests.Load;

/// <summary>Runs against a real API on loopback, and against servers that fail.</summary>
public sealed class LoadRunTests
{
    private static readonly LoadPlan Short = new(4, TimeSpan.FromMilliseconds(300), TimeSpan.FromSeconds(20));

    [Theory]
    [InlineData(nameof(JobCall.Enqueue), 1)]
    [InlineData(nameof(JobCall.Enqueue), 50)]
    [InlineData(nameof(JobCall.Roundtrip), 1)]
    [InlineData(nameof(JobCall.Pulled), 1)]
    public async Task What_is_reported_is_what_the_cluster_has(string call, int batch)
    {
        await using ApiHost host = await ApiHost.StartAsync();
        LoadReport report = await RunAsync(host.Url, Short, Enum.Parse<JobCall>(call), batch);
        Assert.Empty(report.Errors);
        Assert.Equal(0, report.EmptyCalls);
        Assert.True(report.Jobs > 0);
        Assert.InRange(report.LatencyMs.Min, 0.001, report.LatencyMs.Median);
        Assert.InRange(report.LatencyMs.P99, report.LatencyMs.Median, report.LatencyMs.Max);

        // Calls under way at the end are not part of the rate, but the cluster has their jobs.
        long held = host.Cluster.Machine.View.Counts.Held;
        Assert.Equal(report.Calls * batch, held);
        Assert.InRange(report.Jobs, held - (Short.InFlight * batch), held);
    }

    [Fact]
    public async Task Pulling_takes_what_is_there_and_then_counts_empty_answers()
    {
        await using ApiHost host = await ApiHost.StartAsync();
        LoadReport sent = await RunAsync(host.Url, Short, JobCall.Enqueue, batch: 10);
        LoadPlan longer = Short with { Duration = TimeSpan.FromSeconds(1) };
        LoadReport pulled = await RunAsync(host.Url, longer, JobCall.Pull, batch: 4096);
        Assert.Equal(sent.Calls * 10, pulled.Jobs);
        Assert.True(pulled.EmptyCalls > 0);
        Assert.Empty(pulled.Errors);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Refusals_are_counted_by_their_problem(int batch)
    {
        await using ApiHost host = await ApiHost.StartAsync();
        host.Cluster.Refuses = JobNode.Commands.ResultCode.NotLeader;
        LoadReport report = await RunAsync(host.Url, Short, JobCall.Enqueue, batch);
        Assert.Equal(0, report.Jobs);
        Assert.Equal(0, report.Calls);
        (string kind, long count) = Assert.Single(report.Errors);
        Assert.EndsWith("/problems/no-quorum", kind, StringComparison.Ordinal);
        Assert.True(count > 0);
        Assert.InRange(report.LongestGapMs, 300, double.MaxValue);
    }

    [Fact]
    public async Task A_call_without_an_answer_is_cut_and_the_client_goes_on()
    {
        var clients = new List<SilentClient>();
        LoadReport report = await new LoadRun(
            new LoadPlan(2, TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(50)),
            _ =>
            {
                clients.Add(new SilentClient());
                return clients[^1];
            }).RunAsync(null, CancellationToken.None);
        (string kind, long count) = Assert.Single(report.Errors);
        Assert.Equal("no answer in time", kind);
        Assert.Equal(count, clients.Sum(client => client.Cuts));
        Assert.True(count > 2, "a client that was cut connects again");
        Assert.Equal(0, report.Jobs);
    }

    [Fact]
    public async Task A_node_that_is_gone_costs_errors_and_the_others_serve()
    {
        await using ApiHost host = await ApiHost.StartAsync();
        var calls = new JobCalls(JobCall.Enqueue, 10, 1, 1, null);
        HttpTarget[] targets =
        [
            new(new Uri("http://127.0.0.1:1"), null, null),
            new(new Uri(host.Url), null, null),
        ];
        LoadReport report = await new LoadRun(Short, number => new JobClient(calls, targets, number))
            .RunAsync(null, CancellationToken.None);
        Assert.True(report.Jobs > 0);
        Assert.StartsWith("cannot connect: ", Assert.Single(report.Errors).Key, StringComparison.Ordinal);
    }

    private static Task<LoadReport> RunAsync(string url, LoadPlan plan, JobCall call, int batch)
    {
        var calls = new JobCalls(call, 100, 1, batch, null);
        HttpTarget[] targets = [new(new Uri(url), null, null)];
        return new LoadRun(plan, number => new JobClient(calls, targets, number))
            .RunAsync(null, CancellationToken.None);
    }

    /// <summary>Connects, and never answers.</summary>
    private sealed class SilentClient : ILoadClient
    {
        private TaskCompletionSource<LoadOutcome> _call = new();

        public int Cuts { get; private set; }

        public Task OpenAsync(CancellationToken cancellation)
        {
            _call = new TaskCompletionSource<LoadOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
            return Task.CompletedTask;
        }

        public ValueTask<LoadOutcome> CallAsync() => new(_call.Task);

        public void Cut()
        {
            Cuts++;
            _call.SetException(new IOException("cut"));
        }

        public void Dispose()
        {
        }
    }
}
