using JobNode.Api;

namespace JobNode.Cli;

/// <summary>The cluster for people: is all well, then cluster, queue, time to drain, nodes, warnings.</summary>
internal static class StatusText
{
    private static readonly HashSet<int> NumberColumns = [3, 4, 5, 6, 7];

    /// <summary>All of it.</summary>
    public static List<string> Lines(StatusResponse status, Paint paint)
    {
        string[] head = ["NODE", "ROLE", "STATE", "THREADS", "LANES", "JOBS", "NOW/S", "FULL/S", "KERNEL"];
        return
        [
            Verdict(status, paint), "", .. Summary(status), "", .. Nodes(status, head, RowOf, NumberColumns, paint),
        ];
    }

    /// <summary>The first line.</summary>
    public static string Verdict(StatusResponse status, Paint paint)
    {
        ClusterVerdict verdict = ClusterVerdict.Of(status);
        return verdict.Kind switch
        {
            VerdictKind.Well => paint.Green(verdict.Sentence),
            VerdictKind.Doubtful => paint.Yellow(verdict.Sentence),
            _ => paint.Red(verdict.Sentence),
        };
    }

    /// <summary>Cluster, queue, work and time to drain, a line each.</summary>
    public static IEnumerable<string> Summary(StatusResponse status)
    {
        StatusQueue queue = status.Queue;
        yield return $"cluster  {CliText.Count(status.Nodes.Count, "node")}, "
            + $"leader {status.Leader ?? "unknown (no quorum)"}, term {status.Term}, index {status.AppliedIndex}; "
            + $"asked {status.Node.Address} ({status.Node.Role}, {status.Node.State})";
        yield return $"queue    {queue.Pending} pending, {queue.Running} running, {queue.Completed} completed, "
            + $"{queue.Pulled} pulled, {queue.Cancelled} cancelled";
        yield return $"work     {CliText.Short((double)status.IterationsRemaining)} iterations left, "
            + $"{CliText.Short(status.IterationsPerSecondNow)}/s now, {CliText.Short(status.IterationsPerSecond)}/s "
            + "with all lanes busy";
        yield return $"drained  in {CliText.Duration(status.EtaSeconds)}";
    }

    /// <summary>A line for each node, green when it does its part, else red; then the warnings.</summary>
    public static IEnumerable<string> Nodes(
        StatusResponse status,
        string[] head,
        Func<StatusMember, string[]> rowOf,
        IReadOnlySet<int> rightAligned,
        Paint paint) => CliText.Table([head, .. status.Nodes.Select(rowOf)], rightAligned)
        .Select((text, line) => line == 0 ? text : Colored(status.Nodes[line - 1], text, paint))
        .Concat(Warnings(status).Select(paint.Yellow));

    /// <summary>How a node is, in a word.</summary>
    public static string StateOf(StatusMember node) => node switch
    {
        { Alive: false } => "silent",
        { Draining: true } => "draining",
        { Quarantine: not null } => "quarantined",
        { Suspect: true } => "suspect",
        _ => "alive",
    };

    /// <summary>A role, and that it is the highest one which the node takes.</summary>
    public static string RoleOf(string role, bool isComputeOnly) => isComputeOnly ? $"{role}, only computes" : role;

    /// <summary>Sentences about what is wrong.</summary>
    private static IEnumerable<string> Warnings(StatusResponse status) => status.Nodes
        .Where(node => node.Quarantine is not null)
        .Select(node => $"warning  {node.Address} is in quarantine and gets no work: {node.Quarantine}")
        .Concat(status.Node.Warnings.Select(warning => $"warning  {warning}"));

    private static string Colored(StatusMember node, string text, Paint paint) =>
        node is { Alive: true, Quarantine: null, Suspect: false } ? paint.Green(text) : paint.Red(text);

    private static string[] RowOf(StatusMember node) =>
    [
        node.Address,
        RoleOf(node.Role, node.ComputeOnly),
        StateOf(node),
        node.HashThreads.ToString(),
        $"{node.LanesBusy}/{node.Lanes}",
        node.JobsHeld.ToString(),
        CliText.Short(node.IterationsPerSecondNow),
        CliText.Short(node.IterationsPerSecond),
        node.Isa ?? "",
    ];
}
