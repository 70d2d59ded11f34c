using System.Diagnostics;
using System.Globalization;
using JobNode.Tests.Support;

namespace JobNode.Bench.Systems;

/// <summary>
/// Does a cluster that grows from 1 node to 7 and shrinks back to 3 under load, with random kills, lose or double a
/// result, and how long does it ever refuse jobs?
/// </summary>
internal sealed class ElasticRun(double minutes, int seed)
{
    private const int NodesMost = 7;
    private const int NodesLast = 3;
    private const int VotersForKills = 3;
    private const double GapSecondsMax = 3;
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan KillPauseMost = TimeSpan.FromSeconds(8);

    private readonly Random _random = new(seed);

    /// <summary>Runs with <c>[--minutes M] [--seed S] [BINARY]</c>; gives the exit code.</summary>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments)
    {
        double minutes = 4;
        int seed = Random.Shared.Next(1, 1_000_000);
        for (int i = 0; i < arguments.Count; i++)
        {
            switch (arguments[i])
            {
                case "--minutes":
                    minutes = double.Parse(arguments[++i], CultureInfo.InvariantCulture);
                    break;
                case "--seed":
                    seed = int.Parse(arguments[++i], CultureInfo.InvariantCulture);
                    break;
                default:
                    PublishedBinary.Use(arguments[i]);
                    break;
            }
        }

        return await new ElasticRun(minutes, seed).RunAsync();
    }

    private async Task<int> RunAsync()
    {
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"elastic run: {minutes} minutes, seed {seed}, {Environment.ProcessorCount} cores, "
            + $"{PublishedBinary.Path}"));
        var table = new ChainTable(seed);
        await using var cluster = new ElasticCluster();
        await cluster.GrowAsync(_random);
        await using var clients = new LoadClients(cluster.Members, new LoadOptions
        {
            Seed = seed,
            JobsPerPull = 20,
            Pause = TimeSpan.FromMilliseconds(30),
            NextJob = (random, _) => table.Next(random),
        });
        cluster.Changed = clients.Use;
        int roleChanges;
        await using (var roles = new RoleWatch(cluster.AnyRunning, text => cluster.Note($"role    {text}")))
        {
            using var calm = new CancellationTokenSource();
            Task killing = KillAsync(cluster, roles, calm.Token);
            await ResizeAsync(cluster);
            await calm.CancelAsync();
            await killing;
            roleChanges = roles.Changes;
        }

        await clients.StopAsync();
        cluster.Note($"{clients.Accepted.Count} jobs accepted, the clients stop; what is left drains");
        await DrainAsync(cluster, clients);
        await CompareStatesAsync(cluster);
        return Judge(cluster, clients, roleChanges);
    }

    /// <summary>One step up or down every few seconds; the time is shared out evenly.</summary>
    private async Task ResizeAsync(ElasticCluster cluster)
    {
        int steps = NodesMost - 1 + NodesMost - NodesLast + 1;
        TimeSpan step = TimeSpan.FromMinutes(minutes) / steps;
        while (cluster.Members.Count < NodesMost)
        {
            await StepAsync(step, () => cluster.GrowAsync(_random));
        }

        await Task.Delay(step);
        while (cluster.Members.Count > NodesLast)
        {
            await StepAsync(step, () => cluster.ShrinkAsync(_random));
        }
    }

    private static async Task StepAsync(TimeSpan atLeast, Func<Task> act)
    {
        long begin = Stopwatch.GetTimestamp();
        await act();
        TimeSpan left = atLeast - Stopwatch.GetElapsedTime(begin);
        await Task.Delay(left > TimeSpan.Zero ? left : TimeSpan.Zero);
    }

    /// <summary>Kills as long as a majority is left without the one that is down.</summary>
    private async Task KillAsync(ElasticCluster cluster, RoleWatch roles, CancellationToken calm)
    {
        var random = new Random(seed + 1);
        try
        {
            while (true)
            {
                await Task.Delay(random.Next(1_000, (int)KillPauseMost.TotalMilliseconds), calm);
                if (roles.Voters >= VotersForKills && cluster.Members.Count >= VotersForKills)
                {
                    await cluster.KillOneAsync(random, calm);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The last step is done.
        }
        catch (Exception error) when (error is TimeoutException or InvalidOperationException)
        {
            cluster.Fault($"a killed node does not come back: {error.Message}");
        }
    }

    private static async Task DrainAsync(ElasticCluster cluster, LoadClients clients)
    {
        long begin = Stopwatch.GetTimestamp();
        for (int round = 0; clients.Pulled.Count < clients.Accepted.Count; round++)
        {
            int pulled = await clients.PullAsync($"the end, round {round}");
            if (pulled > 0)
            {
                continue;
            }

            if (Stopwatch.GetElapsedTime(begin) > DrainTimeout
                || (await cluster.AnyRunning().Api.StatusAsync()) is { Unfinished: 0, Completed: 0 })
            {
                // Nothing is left to come.
                break;
            }

            await Task.Delay(200);
        }

        // Once more: whatever is still there was never accepted, or was there twice.
        await clients.PullAsync("the very end");
        cluster.Note(string.Create(
            CultureInfo.InvariantCulture,
            $"drained within {Stopwatch.GetElapsedTime(begin).TotalSeconds:F1} s"));
    }

    /// <summary>All nodes that are left must hold the same bytes at the same index.</summary>
    private static async Task CompareStatesAsync(ElasticCluster cluster)
    {
        for (int attempt = 0; attempt < 100; attempt++)
        {
            StatusRow[] rows = await Task.WhenAll(cluster.Members.Select(static node => node.Api.StatusAsync()));
            if (rows.Select(static row => row.AppliedIndex).Distinct().Count() == 1)
            {
                if (rows.Select(static row => row.StateDigest).Distinct().Count() > 1)
                {
                    cluster.Fault("the nodes' states differ at the same index");
                }

                return;
            }

            await Task.Delay(100);
        }

        cluster.Fault("the nodes did not reach the same index");
    }

    private int Judge(ElasticCluster cluster, LoadClients clients, int roleChanges)
    {
        int lost = clients.Accepted.Keys.Count(id => !clients.Pulled.ContainsKey(id));
        int doubled = clients.Doubled.Count + clients.Pulled.Keys.Count(id => !clients.Accepted.ContainsKey(id));
        int wrong = clients.Accepted.Count(job =>
            clients.Pulled.TryGetValue(job.Key, out string? result) && result != job.Value);
        (TimeSpan gap, TimeSpan gapEnd) = clients.LongestGap(TimeSpan.Zero);
        bool isGood = lost == 0 && doubled == 0 && wrong == 0 && cluster.Faults.Count == 0
            && gap.TotalSeconds <= GapSecondsMax && clients.Accepted.Count > 0;
        (string Name, string Value)[] rows =
        [
            ("nodes", $"1 -> {NodesMost} -> {NodesLast}"),
            ("clients", "8"),
            ("accepted", Text(clients.Accepted.Count)),
            ("results", Text(clients.Pulled.Count)),
            ("lost", Text(lost)),
            ("doubled", Text(doubled)),
            ("wrong", Text(wrong)),
            ("longest enqueue gap", string.Create(
                CultureInfo.InvariantCulture, $"{gap.TotalSeconds:F2} s (ended at {gapEnd.TotalSeconds:F1} s)")),
            ("attempts repeated", Text(clients.Retries)),
            ("kills", Text(cluster.Kills)),
            ("changes of roles", Text(roleChanges)),
            ("other faults", Text(cluster.Faults.Count)),
            ("seed", Text(seed)),
        ];
        Console.WriteLine();
        foreach ((string name, string value) in rows)
        {
            Console.WriteLine($"{name,-20}  {value}");
        }

        Console.WriteLine(isGood ? "PASSED" : "FAILED");
        if (!isGood)
        {
            string folder = Path.Combine(Path.GetTempPath(), $"jobnode-elastic-{seed}");
            cluster.SaveOutputs(folder);
            Console.WriteLine($"what the nodes said is in {folder}");
        }

        return isGood ? 0 : 1;
    }

    private static string Text(int number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
