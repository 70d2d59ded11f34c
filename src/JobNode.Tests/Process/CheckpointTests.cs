using System.Diagnostics;
using System.Globalization;
using System.Text;
using JobNode.Tests.Support;
using Xunit.Abstractions;

namespace JobNode.Tests.Processes;

/// <summary>A long job outlives the node that computes it.</summary>
[Collection(ProcessCollection.Name)]
[Trait("Tier", "Process")]
[Trait("Faults", "Kill")]
public sealed class CheckpointTests(ITestOutputHelper output)
{
    private const string LongVariable = "JOBNODE_LONG_TESTS";
    private const string Body = "a chain that outlives its node";
    private const ulong ShortIterations = 250_000_000;
    private const ulong LongIterations = 500_000_000;

    // Both by a loop of OpenSSL's SHA512_Init, SHA512_Update, SHA512_Final over the raw 64 bytes; the platform's hash
    // would take minutes here. The chain's first 1000 steps were compared with Python's hashlib.
    private const string ShortResult =
        "2dd2ad876ef4e73e3004eec1d44eba6a14c281f15280aff70ef264ad46c5bec2"
        + "5d30b2113e092e0d5dc8e438f8366db74eb633faacd99e75593c8c211d6308fb";
    private const string LongResult =
        "677cafab4afd25fff164fadb954a6c8a96a5b186838538c4d64b3ace87d21b33"
        + "8607fb1beab573960640df16d6f8e893b5e1248144db573034aba8287fb32abb";

    /// <summary>Checkpoints are replicated about every ten seconds of work, so one must be there by now.</summary>
    /// <remarks>A core would need 17 million iterations a second to be done with the job.</remarks>
    private static readonly TimeSpan WorkBeforeTheKill = TimeSpan.FromSeconds(14);

    private static readonly TimeSpan TakeOverTimeout = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Job_of_a_lost_worker_goes_on_from_its_checkpoint()
    {
        bool full = Environment.GetEnvironmentVariable(LongVariable) is { Length: > 0 };
        ulong iterations = full ? LongIterations : ShortIterations;
        await using ClusterFixture cluster = await ClusterFixture.StartAsync(["--workers", "1"]);

        string id = await cluster.Nodes[0].Api.EnqueueAsync(Encoding.UTF8.GetBytes(Body), iterations);
        NodeProcess worker = await HolderAsync(cluster);
        NodeProcess other = cluster.Nodes.First(node => node != worker);
        await Task.Delay(WorkBeforeTheKill);
        JobRow before = await other.Api.JobAsync(id);
        Assert.Equal("running", before.State);
        Assert.True(before.IterationsDone > 1, $"the counter stands at {before.IterationsDone}\n{cluster.Describe()}");
        await worker.KillAsync();

        ulong lowest = await LowestCounterAsync(other, id, before.IterationsDone);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"measured: {iterations} iterations, node killed at {before.IterationsDone}, went on from {lowest}"));
        Assert.True(lowest >= before.IterationsDone / 4, $"it fell from {before.IterationsDone} to {lowest}");

        JobRow done = await other.Api.JobAsync(id, waitSeconds: 150);
        Assert.Equal(("completed", full ? LongResult : ShortResult), (done.State, done.Result));
    }

    /// <summary>The node that computes the only job there is.</summary>
    private static async Task<NodeProcess> HolderAsync(ClusterFixture cluster)
    {
        long begin = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begin) < TakeOverTimeout)
        {
            StatusRow status = await cluster.Nodes[0].Api.StatusAsync();
            if (status.Nodes.FirstOrDefault(node => node.JobsHeld > 0) is { } holder)
            {
                return cluster.Nodes.Single(node => node.ClusterAddress == holder.Address);
            }

            await Task.Delay(50);
        }

        throw new TimeoutException($"no node holds the job\n{cluster.Describe()}");
    }

    /// <summary>Watches the counter until it has passed where it stood; gives the lowest value seen.</summary>
    private static async Task<ulong> LowestCounterAsync(NodeProcess node, string id, ulong stood)
    {
        ulong lowest = ulong.MaxValue;
        long begin = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begin) < TakeOverTimeout)
        {
            JobRow job = await node.Api.JobAsync(id);
            lowest = Math.Min(lowest, job.IterationsDone);
            if (job.IterationsDone > stood)
            {
                return lowest;
            }

            await Task.Delay(50);
        }

        throw new TimeoutException($"the job does not pass {stood} again; lowest {lowest}\n{node.Output}");
    }
}
