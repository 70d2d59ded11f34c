using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace JobNode.Bench.Scheduling;

/// <summary>
/// How good is the order in which work is done? The product's policy in virtual time against processor sharing and
/// first in, first out. The same seed gives the same figures, but for the leader's microseconds.
/// </summary>
internal static class ScheduleRun
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Prints the tables; with <c>--json FILE</c> writes them there, too.</summary>
    public static void Run(string[] args)
    {
        int nodes = int.Parse(Option(args, "--nodes", "10000"), CultureInfo.InvariantCulture);
        int seed = int.Parse(Option(args, "--seed", "1"), CultureInfo.InvariantCulture);
        double seconds = double.Parse(Option(args, "--seconds", "400"), CultureInfo.InvariantCulture);
        string loads = Option(args, "--loads", "0.7,0.9");
        string file = Option(args, "--json", "");
        Console.WriteLine($"{nodes} nodes of {ModelKernel.Lanes} lanes at {ModelKernel.ChainRate / 1e6} M/s, jobs of 2 "
            + $"to {Workload.IterationsMax:0e0} iterations (bounded Pareto, alpha {Workload.Alpha}), arriving for "
            + $"{seconds} s, half of them in rushes of {Workload.RushSeconds} s every {Workload.PeriodSeconds} s, "
            + $"seed {seed}");
        List<object> results = [];
        foreach (string load in loads.Split(','))
        {
            results.Add(RunOne(new Workload(
                nodes, double.Parse(load, CultureInfo.InvariantCulture), seconds, seed)));
        }

        if (file.Length > 0)
        {
            File.WriteAllText(file, JsonSerializer.Serialize(results, Indented));
        }
    }

    private static object RunOne(Workload workload)
    {
        long startedAt = Stopwatch.GetTimestamp();
        using var model = new ClusterModel(workload);
        model.Run();
        double[] ends = [.. model.Jobs.Select(static job => job.EndsAt)];
        List<SlowdownRow> rows = SlowdownTable.Of("jobnode", model.Jobs, ends);
        double[] sharing = IdealQueues.ShareProcessors(model.Jobs, workload.Nodes);
        rows.AddRange(SlowdownTable.Of("sharing", model.Jobs, sharing));
        double[] fifo = IdealQueues.FirstInFirstOut(model.Jobs, workload.Nodes);
        rows.AddRange(SlowdownTable.Of("fifo", model.Jobs, fifo));
        Console.WriteLine();
        Console.WriteLine($"load {workload.Load}: {model.Jobs.Count} jobs, {model.Assignments} assignments, "
            + $"{model.Replaced} long jobs made room, {model.Moved} moved, "
            + $"{model.MicrosecondsPerAssignment:F2} us of the leader for an assignment; "
            + $"lanes busy while jobs wait {model.LanesBusyShare:P2}; "
            + $"computed {model.WorkRatio:P3} of what was needed; "
            + $"longest wait in no hand {model.LongestWaitSeconds:F1} s; "
            + $"took {Stopwatch.GetElapsedTime(startedAt).TotalSeconds:F0} s");
        Console.WriteLine("| iterations | jobs | policy | median | p99 | mean | worst |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- |");
        foreach (IGrouping<string, SlowdownRow> group in rows.GroupBy(static row => row.Iterations))
        {
            foreach (SlowdownRow row in group)
            {
                Console.WriteLine($"| {row.Iterations} | {row.Jobs} | {row.Policy} | {row.Median:F2} | {row.P99:F2} | "
                    + $"{row.Mean:F2} | {row.Max:F1} |");
            }
        }

        return new
        {
            workload.Nodes,
            workload.Load,
            workload.Seconds,
            workload.Seed,
            model.Assignments,
            model.Replaced,
            model.Moved,
            model.MicrosecondsPerAssignment,
            model.LanesBusyShare,
            model.WorkRatio,
            model.LongestWaitSeconds,
            rows,
        };
    }

    private static string Option(string[] args, string name, string otherwise)
    {
        int at = Array.IndexOf(args, name);
        return at >= 0 && at + 1 < args.Length ? args[at + 1] : otherwise;
    }
}
