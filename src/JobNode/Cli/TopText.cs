using JobNode.Api;

namespace JobNode.Cli;

/// <summary>What <c>top</c> shows.</summary>
internal static class TopText
{
    private const int LaneCells = 16;
    private const int JobCells = 20;

    private static readonly HashSet<int> NodeNumbers = [4, 5, 6];
    private static readonly HashSet<int> JobNumbers = [1, 3, 4, 5];

    /// <summary>All of it.</summary>
    public static List<string> Lines(StatusResponse status, IReadOnlyList<JobResponse> jobs, Paint paint)
    {
        string[] head = ["NODE", "ROLE", "STATE", "LANES BUSY", "", "JOBS", "NOW/S"];
        List<string> lines =
        [
            StatusText.Verdict(status, paint), .. StatusText.Summary(status), "",
            .. StatusText.Nodes(status, head, NodeRow, NodeNumbers, paint), "",
        ];
        if (jobs.Count == 0)
        {
            lines.Add("No job waits or is at work.");
            return lines;
        }

        List<string[]> rows = [["JOB", "PRIO", "PROGRESS", "DONE", "OF", "LEFT"]];
        rows.AddRange(jobs.Select(JobRow));
        lines.AddRange(CliText.Table(rows, JobNumbers));
        long more = status.Queue.Pending + status.Queue.Running - jobs.Count;
        if (more > 0)
        {
            lines.Add($"and {more} more: jobnode jobs --state pending");
        }

        return lines;
    }

    private static string[] NodeRow(StatusMember node) =>
    [
        node.Address,
        StatusText.RoleOf(node.Role, node.ComputeOnly),
        StatusText.StateOf(node),
        $"[{CliText.Bar(node.Lanes == 0 ? 0 : node.LanesBusy / (double)node.Lanes, LaneCells)}]",
        $"{node.LanesBusy}/{node.Lanes}",
        node.JobsHeld.ToString(),
        CliText.Short(node.IterationsPerSecondNow),
    ];

    private static string[] JobRow(JobResponse job) =>
    [
        job.Id,
        job.Priority.ToString(),
        job.State == "running"
            ? $"[{CliText.Bar(job.Progress, JobCells)}] {CliText.Percent(job.Progress)}"
            : job.State,
        CliText.Short(job.IterationsDone),
        CliText.Short(job.Iterations),
        job.EtaSeconds is null ? "" : CliText.Duration(job.EtaSeconds),
    ];
}
