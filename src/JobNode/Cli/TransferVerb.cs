using System.CommandLine;
using JobNode.Api;

namespace JobNode.Cli;

/// <summary><c>jobnode transfer</c>: hands leadership to another voter.</summary>
internal static class TransferVerb
{
    /// <summary>Builds the verb.</summary>
    public static Command Create(CliContext context)
    {
        Option<string?> to = CliOptions.Text(
            "--to", "ID", "The voter that shall lead: id, beginning of it, or address (default: the most up to date).");
        Option<bool> json = Outcomes.Json();
        Option<string?> node = CliOptions.Node();
        var command = new Command("transfer", "Hand leadership to another voter.") { to, json, node };
        command.SetAction(async (parsed, cancellation) =>
        {
            using ApiClient client = CliOptions.OpenClient(parsed, node, context);
            string query = parsed.GetValue(to) is { } text
                ? $"?to={(await MemberFinder.FindAsync(client, text, cancellation)).Id}"
                : "";
            OutcomeResponse outcome = await client.AskAsync(
                HttpMethod.Post, $"/transfer{query}", ApiJsonContext.Default.OutcomeResponse, cancellation);
            await Outcomes.WriteAsync(context, parsed.GetValue(json), outcome);
            return (int)ExitCode.Ok;
        });
        return command;
    }
}
