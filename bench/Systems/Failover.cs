using System.Globalization;
using System.Text;
using JobNode.Tests.Support;

namespace JobNode.Bench.Systems;

/// <summary>
/// Three nodes with every hash thread at work and clients at all of them: does anybody call an election that is not
/// needed, and after <c>kill -9</c> of the leader, how long is no job accepted?
/// </summary>
internal sealed class Failover(int trials, double calmMinutes)
{
    private const int LongJobs = 96;
    private const ulong LongIterations = 1_000_000_000_000;
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Watched = TimeSpan.FromSeconds(3);

    /// <summary>Runs with <c>[--trials N] [--calm MINUTES] [BINARY]</c>; gives the exit code.</summary>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments)
    {
        int trials = 50;
        double calmMinutes = 1;
        for (int i = 0; i < arguments.Count; i++)
        {
            switch (arguments[i])
            {
                case "--trials":
                    trials = int.Parse(arguments[++i], CultureInfo.InvariantCulture);
                    break;
                case "--calm":
                    calmMinutes = double.Parse(arguments[++i], CultureInfo.InvariantCulture);
                    break;
                default:
                    PublishedBinary.Use(arguments[i]);
                    break;
            }
        }

        await new Failover(trials, calmMinutes).RunAsync();
        return 0;
    }

    private async Task RunAsync()
    {
        await using ClusterFixture cluster = await ClusterFixture.StartAsync();
        for (int job = 0; job < LongJobs; job++)
        {
            await cluster.Nodes[job % cluster.Nodes.Count].Api.EnqueueAsync(
                Encoding.UTF8.GetBytes($"long {job}"), LongIterations);
        }

        await using var clients = new LoadClients(
            cluster.Nodes, new LoadOptions { Pause = TimeSpan.FromMilliseconds(30) });
        await Task.Delay(Settle);
        await StayCalmAsync(cluster);
        var outages = new List<double>();
        for (int trial = 1; trial <= trials; trial++)
        {
            outages.Add(await KillAsync(cluster, clients));
            Say($"trial {trial}: no job accepted for {outages[^1]:F0} ms");
        }

        await clients.StopAsync();
        if (trials > 0)
        {
            outages.Sort();
            double p99 = outages[(int)Math.Ceiling(0.99 * trials) - 1];
            Say($"{trials} kills of the leader, {clients.Accepted.Count} jobs accepted meanwhile; none accepted for");
            Say($"{outages[trials / 2]:F0} ms at the median, {p99:F0} ms at p99, {outages[^1]:F0} ms at most");
        }
    }

    /// <summary>Nothing fails, so every new term is an election that was not needed.</summary>
    private async Task StayCalmAsync(ClusterFixture cluster)
    {
        double before = await MetricAsync(cluster.Nodes[0], "jobnode_raft_term");
        await Task.Delay(TimeSpan.FromMinutes(calmMinutes));
        double after = await MetricAsync(cluster.Nodes[0], "jobnode_raft_term");
        double silence = 0;
        foreach (NodeProcess node in cluster.Nodes)
        {
            silence = Math.Max(silence, await MetricAsync(node, "jobnode_leader_silence_longest_seconds"));
        }

        Say($"{calmMinutes} minutes of full hash load: {after - before} new terms");
        Say($"longest silence of the leader: {silence * 1000:F0} ms");
    }

    /// <summary>Kills the leader and starts it again; gives the longest time without an accepted job, in ms.</summary>
    private static async Task<double> KillAsync(ClusterFixture cluster, LoadClients clients)
    {
        NodeProcess leader = await cluster.LeaderAsync();
        TimeSpan killedAt = clients.Now;
        await leader.KillAsync();
        await Task.Delay(Watched);
        double outage = clients.LongestGapAfter(killedAt).TotalMilliseconds;
        await leader.StartAndWaitAsync();
        await Task.Delay(Settle);
        return outage;
    }

    private static async Task<double> MetricAsync(NodeProcess node, string name)
    {
        string text = await node.Api.TextAsync("/metrics");
        string line = text.Split('\n').Single(row => row.StartsWith(name + " ", StringComparison.Ordinal));
        return double.Parse(line[name.Length..], CultureInfo.InvariantCulture);
    }

    private static void Say(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
