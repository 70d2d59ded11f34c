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
        Option<bool> json = Outcomes.Json();
        Option<string?> node = CliOptions.Node();
        var command = new Command(
            "drain", "Stop the node at --node in order: it hands over its work and its role, then its process ends.")
        {
            leave, json, node,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            using ApiClient client = CliOptions.OpenClient(parsed, node, context);
            string done = await DrainAsync(context, client, parsed.GetValue(leave), cancellation);
            await Outcomes.WriteAsync(context, parsed.GetValue(json), new OutcomeResponse(done));
            return (int)ExitCode.Ok;
        });
        return command;
    }

    private static async Task<string> DrainAsync(
        CliContext context, ApiClient client, bool leave, CancellationToken cancellation)
    {
        StatusResponse before = await client.GetAsync("/status", ApiJsonContext.Default.StatusResponse, cancellation);
        IReadOnlyList<MemberResponse> members = leave ? await ListAsync(client, cancellation) : [];
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
        if (leave)
        {
            await CheckRemovedAsync(client, before.Node, members, cancellation);
        }

        return leave
            ? $"{before.Node.Address} left the cluster and stopped within {elapsed}; its data directory can be removed."
            : $"{before.Node.Address} stopped within {elapsed}; started again, it is the same member.";
    }

    private static async Task<IReadOnlyList<MemberResponse>> ListAsync(
        ApiClient client, CancellationToken cancellation) =>
        (await client.GetAsync("/members", ApiJsonContext.Default.MembersResponse, cancellation)).Members;

    /// <summary>The node is gone: the others say whether it is a member still.</summary>
    /// <exception cref="CliFailure">It is, or nobody could be asked.</exception>
    private static async Task CheckRemovedAsync(
        ApiClient client, StatusNode gone, IReadOnlyList<MemberResponse> members, CancellationToken cancellation)
    {
        IEnumerable<MemberResponse> others = members.Where(member => member.Id != gone.Id);
        foreach (string address in others.Select(member => member.ApiAddress ?? ""))
        {
            try
            {
                using ApiClient other = client.OfAnother(address);
                if ((await ListAsync(other, cancellation)).All(member => member.Id != gone.Id))
                {
                    return;
                }

                throw new CliFailure(
                    ExitCode.Failed,
                    $"{gone.Address} stopped, but the cluster still lists it: run 'jobnode members remove {gone.Id} "
                    + $"--node {address}'.");
            }
            catch (Exception error) when (error is UriFormatException or CliFailure { Code: not ExitCode.Failed })
            {
                // This one cannot be asked; the next may.
            }
        }

        throw new CliFailure(
            ExitCode.Failed,
            $"{gone.Address} stopped, but no other node could be asked whether it was removed: look with 'jobnode "
            + "members --node' at one of them.");
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
