using JobNode.Bench.Report;
using JobNode.Load;

namespace JobNode.Bench.Peers;

/// <summary>How many small durable messages a second, by how many clients, and how long does one take?</summary>
internal sealed class QueueQuestion(PeerPlan plan, Samples samples)
{
    /// <summary>One message in each call.</summary>
    public const string Push = "push";

    /// <summary>Many in each call.</summary>
    public const string PushMany = "push-many";

    /// <summary>Takes one in each call.</summary>
    public const string Pop = "pop";

    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(20);

    private static readonly (string Question, QueueCall Call, int InFlight)[] Cells =
    [
        (Push, QueueCall.Push, 1), (Push, QueueCall.Push, 16), (Push, QueueCall.Push, 256),
        (PushMany, QueueCall.PushMany, 1), (PushMany, QueueCall.PushMany, 8),
        (Pop, QueueCall.Pop, 1), (Pop, QueueCall.Pop, 16),
    ];

    /// <summary>Everybody, ours first.</summary>
    public IReadOnlyList<IQueueSide> Sides { get; } =
    [
        new JobNodeSide(plan.Binary, 3), new JobNodeSide(plan.Binary, 1), new RedisSide(), new NatsSide(),
        new RabbitSide(), new EtcdSide(),
    ];

    /// <summary>Measures each side once; the order turns with the round.</summary>
    public async Task RunAsync(int round)
    {
        for (int i = 0; i < Sides.Count; i++)
        {
            // The first round goes by the list, which is the order in tables and charts.
            IQueueSide side = Sides[(i + round) % Sides.Count];
            await PeerBench.TryAsync(side.Name, round, () => MeasureAsync(side, round));
        }
    }

    private async Task MeasureAsync(IQueueSide side, int round)
    {
        string folder = Path.Combine(plan.Folder, $"queue-{round}-{Guid.NewGuid():N}");
        using (var limit = new CancellationTokenSource(StartTimeout))
        using (await side.StartAsync(folder, limit.Token))
        {
            foreach ((string question, QueueCall call, int inFlight) in Cells.Where(cell => side.Has(cell.Call)))
            {
                LoadReport report = await new LoadRun(
                    new LoadPlan(inFlight, plan.QueueCell, CallTimeout),
                    number => side.CreateClient(number, call)).RunAsync(null, CancellationToken.None);
                Note(question, inFlight, side.Name, round, report);
            }
        }

        Directory.Delete(folder, recursive: true);
    }

    private void Note(string question, int inFlight, string side, int round, LoadReport report)
    {
        string cell = inFlight == 1 ? "1 client" : $"{inFlight} clients";
        PeerBench.Say(
            $"  {question,-9} {cell,-11} {side,-22} {Figures.Short(report.JobsPerSecond),9}/s  "
            + $"median {report.LatencyMs.Median:0.00} ms, p99 {report.LatencyMs.P99:0.00} ms, "
            + $"client {report.ClientCpuSeconds / report.Seconds:P0} of a core");
        foreach ((string kind, long count) in report.Errors)
        {
            PeerBench.Say($"    {count} times: {kind}");
        }

        samples.Add(question, cell, side, Metrics.Rate, round, report.JobsPerSecond);
        samples.Add(question, cell, side, Metrics.Median, round, report.LatencyMs.Median);
        samples.Add(question, cell, side, Metrics.P99, round, report.LatencyMs.P99);
        samples.Add(question, cell, side, Metrics.Errors, round, report.Errors.Values.Sum());
    }
}

/// <summary>Names of figures.</summary>
internal static class Metrics
{
    /// <summary>Per second.</summary>
    public const string Rate = "rate";

    /// <summary>Median of the latency, in milliseconds.</summary>
    public const string Median = "median";

    /// <summary>99th percentile of the latency, in milliseconds.</summary>
    public const string P99 = "p99";

    /// <summary>Calls that failed.</summary>
    public const string Errors = "errors";
}
