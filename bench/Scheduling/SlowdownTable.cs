namespace JobNode.Bench.Scheduling;

/// <summary>
/// Slowdowns: time from arrival to result over the time that the job takes alone, which counts as
/// <see cref="SecondsMin"/> at least (a "bounded slowdown": Feitelson and Rudolph, JSSPP 1998), so that half a
/// millisecond on the network is not a thousandfold slowdown of a job of one microsecond.
/// </summary>
internal static class SlowdownTable
{
    /// <summary>Shorter jobs count as this long, in seconds.</summary>
    public const double SecondsMin = 0.01;

    private static readonly double[] Bounds = [1e3, 1e5, 1e6, 1e7, 1e8, 1e9];

    /// <summary>One row for each class of sizes, then one for all.</summary>
    public static List<SlowdownRow> Of(string policy, IReadOnlyList<ModelJob> jobs, IReadOnlyList<double> ends)
    {
        List<SlowdownRow> rows = [];
        double from = 0;
        foreach (double to in (double[])[.. Bounds, -1])
        {
            List<double> slowdowns = [];
            for (int i = 0; i < jobs.Count; i++)
            {
                if (to < 0 || (jobs[i].Iterations > from && jobs[i].Iterations <= to))
                {
                    slowdowns.Add(Of(jobs[i], ends[i]));
                }
            }

            if (slowdowns.Count > 0)
            {
                slowdowns.Sort();
                rows.Add(new SlowdownRow(
                    policy,
                    to < 0 ? "all" : $"to {to:0e0}",
                    slowdowns.Count,
                    At(slowdowns, 0.5),
                    At(slowdowns, 0.99),
                    slowdowns[^1],
                    slowdowns.Average()));
            }

            from = to;
        }

        return rows;
    }

    /// <summary>Of one job.</summary>
    public static double Of(ModelJob job, double endsAt) =>
        Math.Max(1, (endsAt - job.ArrivesAt) / Math.Max(job.SecondsAlone, SecondsMin));

    private static double At(List<double> sorted, double quantile) => sorted[(int)(quantile * (sorted.Count - 1))];
}

/// <summary>Slowdowns of the jobs of one class of sizes.</summary>
/// <param name="Policy">Whose.</param>
/// <param name="Iterations">The class.</param>
/// <param name="Jobs">How many.</param>
/// <param name="Median">Half of them had less.</param>
/// <param name="P99">99 of 100 had less.</param>
/// <param name="Max">The worst.</param>
/// <param name="Mean">On average.</param>
internal sealed record SlowdownRow(
    string Policy, string Iterations, int Jobs, double Median, double P99, double Max, double Mean);
