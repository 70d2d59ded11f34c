using System.CommandLine;
using JobNode.Api;

namespace JobNode.Cli;

/// <summary><c>jobnode status</c>: a table for people, JSON for programs; once, or again and again.</summary>
internal static class StatusVerb
{
    /// <summary>Builds the verb.</summary>
    public static Command Create(CliContext context)
    {
        Option<string?> node = CliOptions.Node();
        Option<int?> watch = CliOptions.Seconds(
            "--watch", "Show it again every so many seconds (default 2 when given without a number), until Ctrl-C.");
        Option<bool> json = CliOptions.Flag(
            "--json", "Print the answer of GET /status, a line of JSON; with --watch a line each time.");
        var command = new Command("status", "Show the cluster: is all well, nodes, queue, rates, time until empty.")
        {
            watch, json, node,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var nodes = new NodeRing(CliOptions.OpenClient(parsed, node, context), WatchLoop.Patience);
            if (parsed.GetValue(watch) is { } seconds)
            {
                var loop = new WatchLoop(context, nodes, parsed.GetValue(json));
                return await loop.RunAsync(
                    TimeSpan.FromSeconds(seconds), (client, patience) => DrawAsync(context, client, patience),
                    cancellation);
            }

            Frame frame = await nodes.AskAsync((client, stop) => DrawAsync(context, client, stop), cancellation);
            foreach (string line in parsed.GetValue(json) ? [frame.Json] : frame.Lines)
            {
                await context.Out.WriteLineAsync(line);
            }

            return (int)(frame.HasLeader ? ExitCode.Ok : ExitCode.NoQuorum);
        });
        return command;
    }

    private static async Task<Frame> DrawAsync(CliContext context, ApiClient client, CancellationToken cancellation)
    {
        string text = await client.GetTextAsync("/status", cancellation);
        StatusResponse status = ApiClient.Read(text, ApiJsonContext.Default.StatusResponse);
        return new Frame(
            ClusterVerdict.Of(status).Sentence,
            StatusText.Lines(status, new Paint(context.IsColorWanted)),
            text,
            status.Leader is not null);
    }
}
