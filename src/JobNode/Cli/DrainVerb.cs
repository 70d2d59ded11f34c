using System.CommandLine;
using JobNode.Api;

namespace JobNode.Cli;

/// <summary><c>jobnode drain</c>: asks a node to stop in order, and waits until it is gone.</summary>
internal static class DrainVerb
{
    private const int PollMs = 200;

    /// <summary>Past this something is wrong: a drain takes 10 seconds at most.</summary>
    private const int TimeoutMs = 60_000;

    /// <summary>Builds the verb.</summary>
    public static Command Create(CliContext context)
    {
        Option<bool> leave = CliOptions.Flag("--leave", "Remove the node from the cluster for good.");
        Option<string?> node = CliOptions.Node();
        var command = new Command(
            "drain", "Stop the node at --node in order: it hands over its work and its role, then its process ends.")
        {
            leave, node,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            using ApiClient client = CliOptions.OpenClient(parsed, node, context);
            await DrainAsync(context, client, parsed.GetValue(leave), cancellation);
            return (int)ExitCode.Ok;
        });
        return command;
    }

    private static async Task DrainAsync(
        CliContext context, ApiClient client, bool leave, CancellationToken cancellation)
    {
        StatusResponse before = await client.GetAsync("/status", ApiJsonContext.Default.StatusResponse, cancellation);
        OutcomeResponse accepted = await client.AskAsync(
            HttpMethod.Post,
            leave ? "/drain?leave=true" : "/drain",
            ApiJsonContext.Default.OutcomeResponse,
            cancellation);
        await context.Error.WriteLineAsync($"{before.Node.Address}: {accepted.Detail}");
        long started = TimeProvider.System.GetTimestamp();
        string shown = "";
        while (await LookAsync(client, before.Node.Id, cancellation) is { } stage)
        {
            if (stage != shown)
            {
                await context.Error.WriteLineAsync($"{before.Node.Address}: {stage}");
                shown = stage;
            }

            if (TimeProvider.System.GetElapsedTime(started).TotalMilliseconds > TimeoutMs)
            {
                throw new CliFailure(
                    ExitCode.Failed,
                    $"the node still answers after {TimeoutMs / 1000} s ({shown}); its log says what it waits for.");
            }

            await Task.Delay(PollMs, cancellation);
        }

        string elapsed = CliText.Duration(TimeProvider.System.GetElapsedTime(started).TotalSeconds);
        await context.Out.WriteLineAsync(leave
            ? $"{before.Node.Address} left the cluster and stopped within {elapsed}; its data directory can be removed."
            : $"{before.Node.Address} stopped within {elapsed}; started again, it is the same member.");
    }

    /// <summary>Where the node stands; null once it does not answer any more.</summary>
    private static async Task<string?> LookAsync(ApiClient client, string id, CancellationToken cancellation)
    {
        try
        {
            StatusResponse status =
                await client.GetAsync("/status", ApiJsonContext.Default.StatusResponse, cancellation);
            return status.Node.Id == id ? $"{status.Node.Role}, {status.Node.State}{JobsOf(status)}" : null;
        }
        catch (CliFailure failure) when (failure.Code == ExitCode.Unreachable)
        {
            return null;
        }
        catch (CliFailure failure)
        {
            return failure.Message;
        }
    }

    private static string JobsOf(StatusResponse status) =>
        status.Nodes.FirstOrDefault(member => member.Id == status.Node.Id) is { JobsHeld: > 0 } self
            ? $", {self.JobsHeld} jobs in hand"
            : "";
}
