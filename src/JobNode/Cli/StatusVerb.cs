using System.CommandLine;
using JobNode.Api;

namespace JobNode.Cli;

/// <summary><c>jobnode status</c>: a table for people, JSON for programs.</summary>
internal static class StatusVerb
{
    private const string Green = "\e[32m";
    private const string Red = "\e[31m";
    private const string Plain = "\e[0m";

    private static readonly HashSet<int> NumberColumns = [3, 4, 5, 6, 7];

    /// <summary>Builds the verb.</summary>
    public static Command Create(CliContext context)
    {
        Option<string?> node = CliOptions.Node();
        Option<bool> json = CliOptions.Flag("--json", "Print the node's JSON as it is.");
        var command = new Command("status", "Show the cluster: nodes, queue, rates, time until empty.") { node, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            using ApiClient client = CliOptions.OpenClient(parsed, node, context);
            string text = await client.GetTextAsync("/status", cancellation);
            StatusResponse status = ApiClient.Read(text, ApiJsonContext.Default.StatusResponse);
            if (parsed.GetValue(json))
            {
                await context.Out.WriteLineAsync(text);
            }
            else
            {
                Write(context.Out, status, context.IsColorWanted);
            }

            return status.Leader is null ? (int)ExitCode.NoQuorum : (int)ExitCode.Ok;
        });
        return command;
    }

    /// <summary>Writes the table.</summary>
    public static void Write(TextWriter output, StatusResponse status, bool isColored)
    {
        StatusQueue queue = status.Queue;
        output.WriteLine(
            $"cluster  {status.Nodes.Count} nodes, leader {status.Leader ?? "unknown (no quorum)"}, term "
            + $"{status.Term}, "
            + $"index {status.AppliedIndex}, asked {status.Node.Address} ({status.Node.Role}, {status.Node.State})");
        output.WriteLine(
            $"queue    {queue.Pending} pending, {queue.Running} running, {queue.Completed} completed, "
            + $"{queue.Pulled} pulled, "
            + $"{queue.Cancelled} cancelled");
        output.WriteLine(
            $"work     {CliText.Short((double)status.IterationsRemaining)} iterations left, "
            + $"{CliText.Short(status.IterationsPerSecondNow)}/s now, {CliText.Short(status.IterationsPerSecond)}/s "
            + $"with all lanes busy: {CliText.Duration(status.EtaSeconds)}");
        output.WriteLine();
        List<string[]> rows = [["NODE", "ROLE", "STATE", "THREADS", "LANES", "JOBS", "NOW/S", "FULL/S", "KERNEL"]];
        rows.AddRange(status.Nodes.Select(RowOf));
        int line = 0;
        foreach (string text in CliText.Table(rows, NumberColumns))
        {
            bool isNode = line > 0;
            string color = isNode && isColored ? IsWell(status.Nodes[line - 1]) ? Green : Red : "";
            output.WriteLine($"{color}{text}{(color.Length > 0 ? Plain : "")}");
            line++;
        }

        foreach (StatusMember node in status.Nodes)
        {
            if (node.Quarantine is { } reason)
            {
                output.WriteLine($"warning  {node.Address} is in quarantine and gets no work: {reason}");
            }
        }

        foreach (string warning in status.Node.Warnings)
        {
            output.WriteLine($"warning  {warning}");
        }
    }

    private static bool IsWell(StatusMember node) => node is { Alive: true, Quarantine: null, Suspect: false };

    private static string[] RowOf(StatusMember node) =>
    [
        node.Address,
        node.Role,
        node switch
        {
            { Alive: false } => "silent",
            { Draining: true } => "draining",
            { Quarantine: not null } => "quarantined",
            { Suspect: true } => "suspect",
            _ => "alive",
        },
        node.HashThreads.ToString(),
        $"{node.LanesBusy}/{node.Lanes}",
        node.JobsHeld.ToString(),
        CliText.Short(node.IterationsPerSecondNow),
        CliText.Short(node.IterationsPerSecond),
        node.Isa ?? "",
    ];
}
