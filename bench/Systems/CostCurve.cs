using System.Globalization;
using System.Text.Json;

namespace JobNode.Bench.Systems;

/// <summary>What is held while others pass.</summary>
internal enum CurveKind
{
    /// <summary>Jobs that nobody works on.</summary>
    Pending,

    /// <summary>Results that nobody pulled yet.</summary>
    Completed,
}

/// <summary>
/// Does a job cost the same however many are held, and what does it cost on more nodes? Jobs pass through a node that
/// holds many, in turns with the same through one that holds a thousand; the processor time of the node per job and the
/// ratio of both are what this machine's neighbours disturb least.
/// </summary>
internal static class CostCurve
{
    private const int ReferenceHeld = 1_000;
    private const int JobsPerRound = 100_000;

    private static readonly (int Nodes, int Voters)[] _clusters = [(1, 1), (3, 3), (5, 3), (5, 5), (7, 3), (7, 7)];
    private static readonly JsonSerializerOptions _indented = new() { WriteIndented = true };

    /// <summary>Reads the arguments (Program.cs), measures, prints a table and writes the file if asked.</summary>
    public static async Task RunAsync(string[] arguments)
    {
        long upTo = 1_000_000;
        int rounds = 3;
        string kind = "all";
        string? json = null;
        string binary = Path.Combine("artifacts", "jobnode");
        for (int i = 0; i < arguments.Length; i++)
        {
            switch (arguments[i])
            {
                case "--up-to":
                    upTo = long.Parse(arguments[++i], CultureInfo.InvariantCulture);
                    break;
                case "--rounds":
                    rounds = int.Parse(arguments[++i], CultureInfo.InvariantCulture);
                    break;
                case "--kind":
                    kind = arguments[++i];
                    break;
                case "--json":
                    json = arguments[++i];
                    break;
                default:
                    binary = arguments[i];
                    break;
            }
        }

        binary = Path.GetFullPath(binary);
        var held = new List<HeldRow>();
        var clusters = new List<ClusterRow>();
        foreach (CurveKind each in Enum.GetValues<CurveKind>().Where(each => IsAsked(kind, each.ToString())))
        {
            await MeasureHeldAsync(binary, each, upTo, rounds, held);
        }

        if (IsAsked(kind, "nodes"))
        {
            await MeasureClustersAsync(binary, rounds, clusters);
        }

        if (json is not null)
        {
            await File.WriteAllTextAsync(json, JsonSerializer.Serialize(new { held, clusters }, _indented));
        }
    }

    private static bool IsAsked(string kind, string each) =>
        kind == "all" || string.Equals(kind, each, StringComparison.OrdinalIgnoreCase);

    private static async Task MeasureHeldAsync(
        string binary, CurveKind kind, long upTo, int rounds, List<HeldRow> rows)
    {
        Console.WriteLine($"""

            jobs of one iteration pass a node that holds {kind} jobs; in brackets: to a node that holds
            {ReferenceHeld:N0}, median of {rounds} rounds in turns, lowest to highest

            | held | enqueued a second | pulled a second | CPU us a job | enqueue, pull, expire | fill, CPU us a job |
            | --- | --- | --- | --- | --- | --- |
            """);
        using CurveCluster reference = await CurveCluster.StartAsync(binary, 1, 1);
        using CurveCluster loaded = await CurveCluster.StartAsync(binary, 1, 1);
        await reference.FillAsync(kind, ReferenceHeld);
        await await reference.PassAsync(JobsPerRound);
        await await loaded.PassAsync(JobsPerRound);
        long there = 0;
        for (long held = ReferenceHeld; held <= upTo; held *= 10)
        {
            PhaseCost fill = await loaded.FillAsync(kind, held - there);
            there = held;
            var pairs = new List<(RoundCost Reference, RoundCost Loaded)>();
            for (int round = 0; round < rounds; round++)
            {
                // Retention ends on a clock of its own, so both wait for it together.
                Task<RoundCost> one = await reference.PassAsync(JobsPerRound);
                Task<RoundCost> other = await loaded.PassAsync(JobsPerRound);
                pairs.Add((await one, await other));
            }

            var row = HeldRow.Of(kind, held, pairs, fill);
            rows.Add(row);
            Console.WriteLine(row);
        }
    }

    private static async Task MeasureClustersAsync(string binary, int rounds, List<ClusterRow> rows)
    {
        Console.WriteLine("""

            the same jobs through clusters on this machine; CPU of all nodes together, loopback bytes with the client's

            | nodes | voters | enqueued a second | pulled a second | CPU us a job | to one node | bytes a job |
            | --- | --- | --- | --- | --- | --- | --- |
            """);
        foreach ((int nodes, int voters) in _clusters)
        {
            using CurveCluster cluster = await CurveCluster.StartAsync(binary, nodes, voters);
            await await cluster.PassAsync(JobsPerRound);
            var costs = new List<RoundCost>();
            for (int round = 0; round < rounds; round++)
            {
                costs.Add(await await cluster.PassAsync(JobsPerRound));
            }

            double one = rows.Count > 0 ? rows[0].CpuMicroseconds : Median(costs, static cost => cost.CpuMicroseconds);
            var row = ClusterRow.Of(nodes, voters, costs, one);
            rows.Add(row);
            Console.WriteLine(row);
        }
    }

    private static double Median<T>(IEnumerable<T> items, Func<T, double> value)
    {
        double[] sorted = [.. items.Select(value).Order()];
        return sorted[sorted.Length / 2];
    }

    /// <summary>A figure and its ratio to the node that holds little: median, lowest, highest.</summary>
    private sealed record Compared(double Value, double Ratio, double RatioLowest, double RatioHighest)
    {
        public static Compared Of(
            List<(RoundCost Reference, RoundCost Loaded)> pairs, Func<RoundCost, double> value)
        {
            double[] ratios = [.. pairs.Select(pair => value(pair.Loaded) / value(pair.Reference)).Order()];
            return new Compared(
                Median(pairs, pair => value(pair.Loaded)), ratios[ratios.Length / 2], ratios[0], ratios[^1]);
        }

        public string Show(string format)
        {
            string value = Value.ToString(format, CultureInfo.InvariantCulture);
            return string.Create(
                CultureInfo.InvariantCulture, $"{value} ({Ratio:F2}, {RatioLowest:F2} to {RatioHighest:F2})");
        }
    }

    private sealed record HeldRow(
        string Kind,
        long Held,
        Compared EnqueueRate,
        Compared PullRate,
        Compared CpuMicroseconds,
        double EnqueueCpuMicroseconds,
        double PullCpuMicroseconds,
        double ExpireCpuMicroseconds,
        double FillCpuMicroseconds)
    {
        public static HeldRow Of(
            CurveKind kind, long held, List<(RoundCost Reference, RoundCost Loaded)> pairs, PhaseCost fill) => new(
            kind.ToString(),
            held,
            Compared.Of(pairs, static cost => cost.Enqueue.Rate),
            Compared.Of(pairs, static cost => cost.Pull.Rate),
            Compared.Of(pairs, static cost => cost.CpuMicroseconds),
            Median(pairs, static pair => pair.Loaded.Enqueue.CpuMicroseconds),
            Median(pairs, static pair => pair.Loaded.Pull.CpuMicroseconds),
            Median(pairs, static pair => pair.Loaded.Expire.CpuMicroseconds),
            fill.CpuMicroseconds);

        public override string ToString() => string.Create(
            CultureInfo.InvariantCulture,
            $"| {Held:N0} | {EnqueueRate.Show("N0")} | {PullRate.Show("N0")} | {CpuMicroseconds.Show("F2")} "
            + $"| {EnqueueCpuMicroseconds:F2}, {PullCpuMicroseconds:F2}, {ExpireCpuMicroseconds:F2} "
            + $"| {FillCpuMicroseconds:F2} |");
    }

    private sealed record ClusterRow(
        int Nodes,
        int Voters,
        double EnqueueRate,
        double PullRate,
        double CpuMicroseconds,
        double ToOneNode,
        double LoopbackBytesPerJob)
    {
        public static ClusterRow Of(int nodes, int voters, List<RoundCost> costs, double one)
        {
            double cpu = Median(costs, static cost => cost.CpuMicroseconds);
            return new ClusterRow(
                nodes,
                voters,
                Median(costs, static cost => cost.Enqueue.Rate),
                Median(costs, static cost => cost.Pull.Rate),
                cpu,
                cpu / one,
                Median(costs, static cost => cost.Enqueue.BytesPerJob + cost.Pull.BytesPerJob));
        }

        public override string ToString() => string.Create(
            CultureInfo.InvariantCulture,
            $"| {Nodes} | {Voters} | {EnqueueRate:N0} | {PullRate:N0} | {CpuMicroseconds:F2} | {ToOneNode:F2} "
            + $"| {LoopbackBytesPerJob:F0} |");
    }
}
