using System.CommandLine;
using System.Text.Json;
using JobNode.Api;

namespace JobNode.Cli;

/// <summary><c>jobnode pull</c>: takes results.</summary>
internal static class PullVerb
{
    private const int TopDefault = 10;

    /// <summary>Results of one call while it follows.</summary>
    private const int FollowTop = 1000;

    /// <summary>Builds the verb.</summary>
    public static Command Create(CliContext context)
    {
        Option<string?> node = CliOptions.Node();
        Option<int?> top = CliOptions.Number(
            "--top",
            $"At most this many results (default {TopDefault}; with --follow of each call, {FollowTop} then).",
            1,
            4096);
        Option<string?> order = CliOptions.Text("--order", "oldest|newest", "Which results first (default oldest).");
        order.AcceptOnlyFromAmong("oldest", "newest");
        Option<string?> key = CliOptions.Text(
            "--idempotency-key", "KEY", "The same key gives the same results again, should the answer get lost.");
        Option<bool> follow = CliOptions.Flag(
            "--follow",
            "Take results as they come, until Ctrl-C. A node that goes is no loss: the others give the same results.");
        Option<long?> count = CliOptions.Number(
            "--count", "With --follow: end after this many results (default: never).", 1, long.MaxValue);
        Option<bool> json = CliOptions.Flag(
            "--json",
            "Print the answer of POST /pullCompleted, an array of {\"id\", \"result\", \"iterations\", \"completedAt\"}"
            + "; with --follow each of them on a line.");
        var command = new Command("pull", "Take results: a line per job, its id, a tab and its result.")
        {
            top, order, follow, count, key, json, node,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            bool isFollowing = parsed.GetValue(follow);
            Check(isFollowing, parsed.GetValue(count), parsed.GetValue(key));
            string wanted = parsed.GetValue(order) ?? "oldest";
            Action<PulledResponse> print = isFollowing && parsed.GetValue(json)
                ? job => context.Out.WriteLine(JsonSerializer.Serialize(job, ApiJsonContext.Default.PulledResponse))
                : job => context.Out.WriteLine($"{job.Id}\t{job.Result}");
            if (isFollowing)
            {
                using var nodes = new NodeRing(CliOptions.OpenClient(parsed, node, context), PullFollow.Patience);
                return await new PullFollow(context, nodes, print).RunAsync(
                    parsed.GetValue(top) ?? FollowTop, wanted, parsed.GetValue(count) ?? long.MaxValue, cancellation);
            }

            using ApiClient client = CliOptions.OpenClient(parsed, node, context);
            string text = await client.PullAsync(
                parsed.GetValue(top) ?? TopDefault, wanted, parsed.GetValue(key), cancellation);
            if (parsed.GetValue(json))
            {
                await context.Out.WriteLineAsync(text);
                return (int)ExitCode.Ok;
            }

            ApiClient.Read(text, ApiJsonContext.Default.ListPulledResponse).ForEach(print);
            return (int)ExitCode.Ok;
        });
        return command;
    }

    private static void Check(bool isFollowing, long? count, string? key)
    {
        if (isFollowing && key is not null)
        {
            throw new CliFailure(
                ExitCode.Usage, "--follow makes a key for each call; write --idempotency-key without it.");
        }

        if (!isFollowing && count is not null)
        {
            throw new CliFailure(ExitCode.Usage, "--count is for --follow; write --top N for one call.");
        }
    }
}
