using System.Diagnostics;
using System.Globalization;

namespace JobNode.Bench.Systems;

/// <summary>
/// Many pending jobs: memory per job, bytes on disk, snapshots, the leader's silences, restarts, catching up. Each
/// figure is a line that begins with "measured:".
/// </summary>
internal sealed class PendingJobs : IDisposable
{
    private const int JobsPerRequest = 20_000;
    private const int Clients = 4;
    private const int IterationsPerJob = 1_000_000_000;
    private const int RestartRounds = 3;

    private static readonly TimeSpan CatchUpTimeout = TimeSpan.FromMinutes(10);

    private readonly long _jobs;
    private readonly bool _isWiped;
    private readonly NodeUnderTest[] _nodes;
    private int _next;

    private PendingJobs(string binary, long jobs, int nodes, bool isWiped)
    {
        _jobs = jobs;
        _isWiped = isWiped;
        _nodes = [.. Enumerable.Range(0, nodes).Select(_ => new NodeUnderTest(binary, "--workers", "0"))];
        foreach (NodeUnderTest node in _nodes.Where(_ => nodes > 1))
        {
            node.Peers = [.. _nodes.Select(static peer => peer.ClusterAddress)];
        }
    }

    private NodeUnderTest Last => _nodes[^1];

    /// <summary>Reads <c>--jobs N --nodes N [--wiped] [BINARY]</c>, measures and prints.</summary>
    public static async Task RunAsync(string[] arguments)
    {
        long jobs = 1_000_000;
        int nodes = 1;
        bool isWiped = false;
        string binary = Path.Combine("artifacts", "jobnode");
        for (int i = 0; i < arguments.Length; i++)
        {
            switch (arguments[i])
            {
                case "--jobs":
                    jobs = long.Parse(arguments[++i], CultureInfo.InvariantCulture);
                    break;
                case "--nodes":
                    nodes = int.Parse(arguments[++i], CultureInfo.InvariantCulture);
                    break;
                case "--wiped":
                    isWiped = true;
                    break;
                default:
                    binary = arguments[i];
                    break;
            }
        }

        using var run = new PendingJobs(Path.GetFullPath(binary), jobs, nodes, isWiped);
        await run.MeasureAsync();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (NodeUnderTest node in _nodes)
        {
            node.Dispose();
        }
    }

    private async Task MeasureAsync()
    {
        TimeSpan[] starts = await Task.WhenAll(_nodes.Select(static node => node.StartAsync()));
        long[] idle = [.. _nodes.Select(static node => node.ResidentBytes)];
        Say($"empty: ready in {starts.Max().TotalMilliseconds:F0} ms, {idle.Max() >> 20} MiB resident");
        using var watch = new SnapshotWatch([.. _nodes.Select(static node => node.DataDirectory)]);
        long startedAt = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => SendAllAsync(client)));
        double seconds = Stopwatch.GetElapsedTime(startedAt).TotalSeconds;
        Say($"{_jobs:N0} jobs through POST /jobs in {seconds:F1} s: {_jobs / seconds:N0} a second, durable");
        await MeetAsync(_nodes[0]);
        await watch.WaitUntilQuietAsync();
        Say($"{watch.Count} snapshots, the last ones of {watch.LargestBytes >> 20} MiB, the longest took "
            + $"{watch.Longest.TotalSeconds:F1} s under load");
        await SayTimingsAsync();
        SayMemory("after sending", idle, _jobs);
        await RestartAsync(idle);
        if (_nodes.Length > 1)
        {
            await CatchUpAsync(idle);
        }
    }

    private async Task RestartAsync(long[] idle)
    {
        for (int round = 0; round < RestartRounds; round++)
        {
            Last.Kill();
            TimeSpan restart = await Last.StartAsync();
            Say($"restart after kill -9, {Last.DiskBytes >> 20} MiB on disk: ready in {restart.TotalSeconds:F2} s, "
                + $"{await PendingAsync(Last)} pending");
        }

        SayMemory("after the restarts", idle, _jobs);
    }

    /// <summary>A node that was away, or that lost its disk, comes back while jobs go on coming in.</summary>
    private async Task CatchUpAsync(long[] idle)
    {
        Last.Kill();
        long left = _jobs / 10;
        for (long sent = 0; sent < left; sent += JobsPerRequest)
        {
            await BatchClient.SendAsync(_nodes[0], JobsPerRequest, IterationsPerJob);
        }

        if (_isWiped)
        {
            Last.Wipe();
            Last.Peers = [_nodes[0].ClusterAddress];
        }

        long startedAt = Stopwatch.GetTimestamp();
        TimeSpan ready = await Last.StartAsync();
        await MeetAsync(Last);
        string fate = _isWiped ? "wiped" : $"away for {left:N0} jobs";
        Say($"a node that was {fate} is ready in {ready.TotalSeconds:F2} s and has caught up in "
            + $"{Stopwatch.GetElapsedTime(startedAt).TotalSeconds:F1} s");
        await SayTimingsAsync();
        SayMemory("after it came back", idle, await PendingAsync(Last));
    }

    private async Task SendAllAsync(int client)
    {
        int requests = (int)((_jobs + JobsPerRequest - 1) / JobsPerRequest);
        while (true)
        {
            int request = Interlocked.Increment(ref _next) - 1;
            if (request >= requests)
            {
                return;
            }

            int count = (int)Math.Min(JobsPerRequest, _jobs - ((long)request * JobsPerRequest));
            await BatchClient.SendAsync(_nodes[client % _nodes.Length], count, IterationsPerJob);
        }
    }

    /// <summary>Waits until a node has applied all that the first one has.</summary>
    private async Task MeetAsync(NodeUnderTest node)
    {
        long since = Stopwatch.GetTimestamp();
        while (true)
        {
            double wanted = await AppliedIndexAsync(_nodes[0]);
            double has = await AppliedIndexAsync(node);
            if (has >= wanted && await PendingAsync(node) == await PendingAsync(_nodes[0]))
            {
                return;
            }

            if (Stopwatch.GetElapsedTime(since) > CatchUpTimeout)
            {
                throw new TimeoutException($"the node stands at {has}, the first one at {wanted}");
            }

            await Task.Delay(50);
        }
    }

    /// <summary>Of the node itself: /status of one without the log is the leader's.</summary>
    private static async Task<double> AppliedIndexAsync(NodeUnderTest node) =>
        Metric(await node.Http.GetStringAsync("/metrics"), "jobnode_raft_applied_index");

    private static async Task<long> PendingAsync(NodeUnderTest node) =>
        (await node.GetAsync("/status")).GetProperty("queue").GetProperty("pending").GetInt64();

    private void SayMemory(string when, long[] idle, long jobs)
    {
        for (int i = 0; i < _nodes.Length; i++)
        {
            long bytes = _nodes[i].ResidentBytes;
            Say($"{when}, node {i + 1}: {bytes >> 20} MiB resident, {(bytes - idle[i]) / (double)jobs:F0} bytes a job "
                + $"above idle; {_nodes[i].DiskBytes >> 20} MiB on disk");
        }
    }

    private async Task SayTimingsAsync()
    {
        for (int i = 0; i < _nodes.Length; i++)
        {
            string text = await _nodes[i].Http.GetStringAsync("/metrics");
            Say($"node {i + 1}: longest silence of a leader "
                + $"{Metric(text, "jobnode_leader_silence_longest_seconds"):F2} s, "
                + $"longest write of the log {Metric(text, "jobnode_log_sync_longest_seconds"):F2} s, "
                + $"{Metric(text, "jobnode_leader_changes_total"):F0} changes of the leader");
        }
    }

    private static double Metric(string text, string name)
    {
        string? line = text.Split('\n').FirstOrDefault(
            candidate => candidate.StartsWith(name + " ", StringComparison.Ordinal));
        return line is null ? double.NaN : double.Parse(line[(name.Length + 1)..], CultureInfo.InvariantCulture);
    }

    private static void Say(string what) => Console.WriteLine($"measured: {what}");
}
