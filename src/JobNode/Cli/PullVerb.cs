using System.CommandLine;
using JobNode.Api;

namespace JobNode.Cli;

/// <summary><c>jobnode pull</c>: takes results.</summary>
internal static class PullVerb
{
    private const int TopDefault = 10;

    /// <summary>Builds the verb.</summary>
    public static Command Create(CliContext context)
    {
        Option<string?> node = CliOptions.Node();
        Option<int?> top = CliOptions.Number("--top", $"At most this many results (default {TopDefault}).", 1, 4096);
        Option<string?> order = CliOptions.Text("--order", "oldest|newest", "Which results first (default oldest).");
        order.AcceptOnlyFromAmong("oldest", "newest");
        Option<string?> key = CliOptions.Text(
            "--idempotency-key", "KEY", "The same key gives the same results again, should the answer get lost.");
        Option<bool> json = CliOptions.Flag("--json", "Print the node's JSON as it is.");
        var command = new Command("pull", "Take results: a line per job, its id, a tab and its result.")
        {
            top, order, key, node, json,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            using ApiClient client = CliOptions.OpenClient(parsed, node, context);
            string text = await client.PullAsync(
                parsed.GetValue(top) ?? TopDefault,
                parsed.GetValue(order) ?? "oldest",
                parsed.GetValue(key),
                cancellation);
            if (parsed.GetValue(json))
            {
                await context.Out.WriteLineAsync(text);
                return (int)ExitCode.Ok;
            }

            foreach (PulledResponse job in ApiClient.Read(text, ApiJsonContext.Default.ListPulledResponse))
            {
                await context.Out.WriteLineAsync($"{job.Id}\t{job.Result}");
            }

            return (int)ExitCode.Ok;
        });
        return command;
    }
}
