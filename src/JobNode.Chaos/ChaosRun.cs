using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using JobNode.Chaos.Clients;
using JobNode.Chaos.Faults;
using JobNode.Chaos.Histories;
using JobNode.Chaos.Hosts;

namespace JobNode.Chaos;

/// <summary>
/// One run: a cluster under load, round after round of faults, each followed by healing, after which the cluster has to
/// be whole within a bounded time; in the end everything drains and the history is judged.
/// </summary>
internal sealed class ChaosRun(ChaosOptions options, RunFolder folder, History history, RunLog log)
{
    private const int SparesCount = 1;
    private const int DiskMebibytes = 768;

    private readonly ConcurrentQueue<InflictedFault> _inflicted = new();

    private static readonly TimeSpan FormLimit = TimeSpan.FromSeconds(60);

    /// <summary>A whole cluster again, with the right number of voters that have all caught up, within this.</summary>
    private static readonly TimeSpan HealLimit = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan ServeLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Breath = TimeSpan.FromSeconds(3);

    /// <summary>Runs until the time is over, a fault does not heal, or the run is cancelled.</summary>
    public async Task<RunResult> RunAsync(CancellationToken cancellation)
    {
        FaultSchedule schedule = new(options.Seed, FaultCatalog.Choose(options.Faults));
        await using Cluster cluster = new(options.Nodes, SparesCount, Settings(), log);
        cluster.Start();
        Outcome(cluster, await cluster.WaitUntilHealthyAsync(FormLimit, cancellation), "the cluster did not form");
        await using LoadGenerator load = new(history, new LoadOptions { Seed = options.Seed }, Nodes(cluster));
        load.Start();
        await Task.Delay(Breath, CancellationToken.None);
        int rounds = 0;
        long begin = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begin) < options.Time && !cancellation.IsCancellationRequested
            && cluster.Findings.Count == 0)
        {
            rounds++;
            await RoundAsync(cluster, load, rounds, schedule.NextRound(), cancellation);
            load.Use(Nodes(cluster));
        }

        log.Say($"{rounds} rounds are over; the load stops, and everything is pulled");
        await load.StopAsync();
        if (!await load.DrainAsync())
        {
            log.Say("not everything drained");
        }

        if (cluster.Findings.Count > 0)
        {
            folder.KeepDisks(cluster.Hosts);
        }

        Dictionary<string, ShimHits> hits = cluster.Hosts.ToDictionary(host => host.Name, host => host.Shim.Hits);
        log.Say("the history is judged");
        Verdict verdict = HistoryChecker.Check(history);
        return new RunResult(
            options, rounds, verdict, [.. _inflicted], [.. cluster.Findings], new SortedDictionary<string, int>(
                cluster.Counts.ToDictionary(), StringComparer.Ordinal), hits, cluster.Network.Passed,
            cluster.Network.Lost);
    }

    private static LoadNode[] Nodes(Cluster cluster) =>
        [.. cluster.Members.Select(host => new LoadNode(host.Name, host.Api))];

    private static void Outcome(Cluster cluster, string? missing, string what)
    {
        if (missing is not null)
        {
            cluster.Find($"{what}: {missing}");
        }
    }

    private HostSettings Settings() => new(
        options.Binary,
        options.Shim,
        folder.DiskFolder,
        folder.Path,
        DiskMebibytes,
        string.Join(',', Enumerable.Range(1, options.Nodes).Select(number => $"{HostNetwork.Prefix}{number}")),
        string.Create(
            CultureInfo.InvariantCulture,
            $"--workers 1 --voters {options.Nodes} --replace-after 30s --min-free-disk 16MiB"));

    private async Task RoundAsync(
        Cluster cluster,
        LoadGenerator load,
        int number,
        IReadOnlyList<PlannedFault> planned,
        CancellationToken cancellation)
    {
        long begin = Stopwatch.GetTimestamp();
        log.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"round {number}: {string.Join(", ", planned.Select(fault => fault.Kind.Kind))}"));
        InflictedFault[] inflicted = await Task.WhenAll(
            planned.Select(fault => InflictAsync(cluster, fault, cancellation)));
        cluster.Heal();
        long acknowledged = load.Acknowledged;
        long healed = Stopwatch.GetTimestamp();
        Outcome(
            cluster,
            await cluster.WaitUntilHealthyAsync(HealLimit, CancellationToken.None),
            string.Create(CultureInfo.InvariantCulture, $"round {number} did not heal in {HealLimit.TotalSeconds} s"));
        while (load.Acknowledged == acknowledged)
        {
            if (Stopwatch.GetElapsedTime(healed) > ServeLimit)
            {
                cluster.Find(string.Create(CultureInfo.InvariantCulture, $"no job is accepted after round {number}"));
                break;
            }

            await Task.Delay(100, CancellationToken.None);
        }

        foreach (Host host in cluster.Hosts)
        {
            host.Excuse = null;
        }

        foreach (InflictedFault fault in inflicted)
        {
            _inflicted.Enqueue(fault with { EndUs = history.NowUs, IsAlone = inflicted.Length == 1 });
        }

        log.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"  whole after {Stopwatch.GetElapsedTime(healed).TotalSeconds:F1} s; the round took "
            + $"{Stopwatch.GetElapsedTime(begin).TotalSeconds:F1} s; {load.Acknowledged} jobs accepted so far"));
        await Task.Delay(Breath, CancellationToken.None);
    }

    /// <summary>When the run is cancelled, its faults end early, but in order.</summary>
    private async Task<InflictedFault> InflictAsync(
        Cluster cluster, PlannedFault planned, CancellationToken cancellation)
    {
        await Task.Delay(planned.Delay, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        FaultScene scene = new(cluster, new Random(planned.Seed), log, options.Binary);
        IFault fault = planned.Kind.Create(scene);
        InflictedFault inflicted = new(planned.Kind.Kind, history.NowUs);
        await fault.BeginAsync(CancellationToken.None);
        int id = history.FaultBegan(planned.Kind.Kind, fault.Targets, fault.Description);
        log.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"  {planned.Kind.Kind}, {planned.Duration.TotalSeconds:F1} s: {fault.Description}"));
        await Task.Delay(planned.Duration, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await fault.EndAsync();
        history.FaultEnded(id);
        return inflicted;
    }
}
