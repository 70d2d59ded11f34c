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
            var loop = new WatchLoop(context, nodes, parsed.GetValue(json));
            Task<Frame> Draw(ApiClient client, CancellationToken patience) => DrawAsync(context, client, patience);
            return parsed.GetValue(watch) is { } seconds
                ? await loop.RunAsync(TimeSpan.FromSeconds(seconds), Draw, cancellation)
                : await loop.ShowOnceAsync(Draw, cancellation);
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
