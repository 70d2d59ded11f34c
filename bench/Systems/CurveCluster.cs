using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace JobNode.Bench.Systems;

/// <summary>What one phase took.</summary>
/// <param name="Jobs">Jobs that went through it.</param>
/// <param name="Seconds">By the clock.</param>
/// <param name="CpuSeconds">Of all nodes' processes; the client's are not in it.</param>
/// <param name="LoopbackBytes">That went over loopback meanwhile: between nodes, and between client and node.</param>
internal readonly record struct PhaseCost(long Jobs, double Seconds, double CpuSeconds, long LoopbackBytes)
{
    /// <summary>Jobs per second.</summary>
    public double Rate => Jobs / Seconds;

    /// <summary>Processor microseconds per job.</summary>
    public double CpuMicroseconds => CpuSeconds * 1e6 / Jobs;

    /// <summary>Loopback bytes per job.</summary>
    public double BytesPerJob => (double)LoopbackBytes / Jobs;
}

/// <summary>One job's whole way, in phases: sent in batches, pulled in batches, expired.</summary>
internal readonly record struct RoundCost(PhaseCost Enqueue, PhaseCost Pull, PhaseCost Expire)
{
    /// <summary>Processor microseconds per job on its whole way.</summary>
    public double CpuMicroseconds =>
        Enqueue.CpuMicroseconds + Pull.CpuMicroseconds + Expire.CpuMicroseconds;
}

/// <summary>One node or several that hold a number of jobs, while others pass through.</summary>
internal sealed class CurveCluster : IDisposable
{
    private const int Clients = 4;
    private const int FillPerRequest = 10_000;
    private const int JobsPerRequest = 1_000;
    private const int EndlessIterations = 1_000_000_000;

    private static readonly TimeSpan ReadyTimeout = TimeSpan.FromSeconds(60);

    private readonly NodeUnderTest[] _nodes;

    private CurveCluster(string binary, int nodes, int voters)
    {
        _nodes =
        [
            .. Enumerable.Range(0, nodes).Select(_ => new NodeUnderTest(
                binary,
                "--workers", "0",
                "--retention", "1s",
                "--voters", voters.ToString(CultureInfo.InvariantCulture))),
        ];
        foreach (NodeUnderTest node in _nodes.Where(_ => nodes > 1))
        {
            node.Peers = [.. _nodes.Select(static peer => peer.ClusterAddress)];
        }
    }

    /// <summary>Starts the nodes and waits until as many vote as shall.</summary>
    public static async Task<CurveCluster> StartAsync(string binary, int nodes, int voters)
    {
        var cluster = new CurveCluster(binary, nodes, voters);
        try
        {
            await Task.WhenAll(cluster._nodes.Select(static node => node.StartAsync()));
            long since = Stopwatch.GetTimestamp();
            while (await cluster.CountAsync("voters") < Math.Min(nodes, voters))
            {
                if (Stopwatch.GetElapsedTime(since) > ReadyTimeout)
                {
                    throw new TimeoutException($"{nodes} nodes have no {voters} voters");
                }

                await Task.Delay(100);
            }
        }
        catch
        {
            cluster.Dispose();
            throw;
        }

        return cluster;
    }

    /// <summary>Adds jobs that stay: pending ones that nobody works on, or results that are pulled last.</summary>
    public Task<PhaseCost> FillAsync(CurveKind kind, long jobs) => CostAsync(
        jobs,
        () => SendAsync(jobs, FillPerRequest, kind == CurveKind.Pending ? EndlessIterations : 1));

    /// <summary>
    /// Sends jobs of one iteration, which are results at once, and pulls as many. The second task ends when they are
    /// forgotten: the node holds then what it held before.
    /// </summary>
    public async Task<Task<RoundCost>> PassAsync(long jobs)
    {
        PhaseCost enqueue = await CostAsync(jobs, () => SendAsync(jobs, JobsPerRequest, 1));
        PhaseCost pull = await CostAsync(jobs, () => PullAsync(jobs));
        return ForgetAsync(CostAsync(jobs, ForgottenAsync));

        async Task<RoundCost> ForgetAsync(Task<PhaseCost> expire) => new(enqueue, pull, await expire);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (NodeUnderTest node in _nodes)
        {
            node.Dispose();
        }
    }

    private async Task<PhaseCost> CostAsync(long jobs, Func<Task> phase)
    {
        double cpu = _nodes.Sum(static node => node.CpuSeconds);
        long bytes = LoopbackBytes();
        long startedAt = Stopwatch.GetTimestamp();
        await phase();
        double seconds = Stopwatch.GetElapsedTime(startedAt).TotalSeconds;
        return new PhaseCost(
            jobs, seconds, _nodes.Sum(static node => node.CpuSeconds) - cpu, LoopbackBytes() - bytes);
    }

    private Task SendAsync(long jobs, int perRequest, int iterations) => EachAsync(
        jobs, perRequest, (node, count) => BatchClient.SendAsync(node, count, iterations));

    private Task PullAsync(long jobs) => EachAsync(jobs, JobsPerRequest, static async (node, count) =>
    {
        int pulled = await BatchClient.PullAsync(node, count);
        if (pulled != count)
        {
            throw new InvalidOperationException($"{pulled} results came where {count} wait");
        }
    });

    /// <summary>Shares requests out to a few clients; each has a node of its own as far as there are.</summary>
    private async Task EachAsync(long jobs, int perRequest, Func<NodeUnderTest, int, Task> request)
    {
        long left = jobs;
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async client =>
        {
            while (true)
            {
                long before = Interlocked.Add(ref left, -perRequest) + perRequest;
                if (before <= 0)
                {
                    return;
                }

                await request(_nodes[client % _nodes.Length], (int)Math.Min(perRequest, before));
            }
        }));
    }

    private async Task ForgottenAsync()
    {
        while (await CountAsync("pulled") > 0)
        {
            await Task.Delay(50);
        }
    }

    private async Task<long> CountAsync(string what)
    {
        JsonElement status = await _nodes[0].GetAsync("/status");
        return what == "voters"
            ? status.GetProperty("nodes").EnumerateArray().Count(
                static node => node.GetProperty("role").GetString() is "leader" or "voter")
            : status.GetProperty("queue").GetProperty(what).GetInt64();
    }

    private static long LoopbackBytes()
    {
        string line = File.ReadLines("/proc/net/dev").First(
            static line => line.TrimStart().StartsWith("lo:", StringComparison.Ordinal));
        string received = line.Split(':')[1].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
        return long.Parse(received, CultureInfo.InvariantCulture);
    }
}
