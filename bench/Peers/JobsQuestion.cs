using JobNode.Bench.Report;
using JobNode.Load;

namespace JobNode.Bench.Peers;

/// <summary>The whole job, from the upload to the pulled result: jobnode against the Flask stack.</summary>
internal sealed class JobsQuestion(PeerPlan plan, Samples samples)
{
    /// <summary>As tables and charts call it.</summary>
    public const string Flask = "Flask, Redis, hashlib";

    /// <summary>Clients that each wait for their result.</summary>
    public const int InFlight = 64;

    /// <summary>Iterations, a question each.</summary>
    public static readonly ulong[] Iterations = [1, 1000, 100_000];

    private static readonly int[] BodyKilobytes = [1, 16, 100, 256];
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(60);

    /// <summary>The name of the question.</summary>
    public static string NameOf(ulong iterations) => $"jobs-{iterations}";

    /// <summary>Measures each side once; the order turns with the round.</summary>
    public async Task RunAsync(int round)
    {
        (string Name, Func<int, Task> Measure)[] sides =
        [
            (JobNodeSide.NameOf(3), r => JobNodeAsync(3, r)),
            (JobNodeSide.NameOf(1), r => JobNodeAsync(1, r)),
            (Flask, FlaskAsync),
        ];
        for (int i = 0; i < sides.Length; i++)
        {
            (string name, Func<int, Task> measure) = sides[(i + round) % sides.Length];
            await PeerBench.TryAsync(name, round, () => measure(round));
        }
    }

    private async Task JobNodeAsync(int nodes, int round)
    {
        var side = new JobNodeSide(plan.Binary, nodes);
        string folder = FolderOf(round);
        using (await side.StartAsync(folder, CancellationToken.None))
        {
            await MeasureAsync(side.Name, side.Targets, round);
        }

        Directory.Delete(folder, recursive: true);
    }

    private async Task FlaskAsync(int round)
    {
        string folder = FolderOf(round);
        (IDisposable servers, IReadOnlyList<HttpTarget> targets) =
            await FlaskStack.StartAsync(folder, CancellationToken.None);
        using (servers)
        {
            await MeasureAsync(Flask, targets, round);
        }

        Directory.Delete(folder, recursive: true);
    }

    private string FolderOf(int round) => Path.Combine(plan.Folder, $"jobs-{round}-{Guid.NewGuid():N}");

    private async Task MeasureAsync(string side, IReadOnlyList<HttpTarget> targets, int round)
    {
        foreach (ulong iterations in Iterations)
        {
            foreach (int kilobytes in BodyKilobytes)
            {
                await using var jobs = new WholeJobs(targets, kilobytes * 1024, iterations);
                LoadReport report = await new LoadRun(
                    new LoadPlan(InFlight, plan.JobCell, CallTimeout), jobs.CreateClient)
                    .RunAsync(null, CancellationToken.None);
                string question = NameOf(iterations);
                string cell = $"{kilobytes} KB";
                PeerBench.Say(
                    $"  {question,-11} {cell,-6} {side,-22} {Figures.Short(report.JobsPerSecond),9}/s  "
                    + $"median {report.LatencyMs.Median:0.0} ms, p99 {report.LatencyMs.P99:0.0} ms");
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
    }
}
