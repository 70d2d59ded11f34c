using System.CommandLine;
using System.Globalization;
using JobNode.Api;

namespace JobNode.Cli;

/// <summary><c>jobnode members</c>: who is in the cluster; the verbs below it change that.</summary>
internal static class MembersVerb
{
    private static readonly HashSet<int> NumberColumns = [5, 6];

    /// <summary>Builds the verb.</summary>
    public static Command Create(CliContext context)
    {
        Option<string?> node = CliOptions.Node();
        Option<bool> json = CliOptions.Flag("--json", "Print the answer of GET /members, a line of JSON.");
        var command = new Command("members", "Show who is in the cluster, and change it.")
        {
            node,
            json,
            CreateChange(
                context,
                "remove",
                "Remove a member for good: it never comes back under this id.",
                HttpMethod.Delete,
                static id => $"/members/{id}"),
            CreateChange(
                context,
                "promote",
                "Make a spare a stand-by, or a stand-by that has caught up a voter.",
                HttpMethod.Post,
                static id => $"/members/{id}/promote"),
            CreateChange(
                context,
                "release",
                "Give work again to a node in quarantine, once its machine is repaired.",
                HttpMethod.Post,
                static id => $"/members/{id}/release"),
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            using ApiClient client = CliOptions.OpenClient(parsed, node, context);
            string text = await client.GetTextAsync("/members", cancellation);
            if (parsed.GetValue(json))
            {
                await context.Out.WriteLineAsync(text);
            }
            else
            {
                Write(context.Out, ApiClient.Read(text, ApiJsonContext.Default.MembersResponse));
            }

            return (int)ExitCode.Ok;
        });
        return command;
    }

    /// <summary>Writes the table.</summary>
    public static void Write(TextWriter output, MembersResponse members)
    {
        List<string[]> rows = [["ID", "ROLE", "ADDRESS", "ZONE", "VERSION", "BEHIND", "LAST CONTACT"]];
        rows.AddRange(members.Members.Select(RowOf));
        foreach (string line in CliText.Table(rows, NumberColumns))
        {
            output.WriteLine(line);
        }

        foreach (MemberResponse member in members.Members)
        {
            if (member.Quarantine is { } reason)
            {
                output.WriteLine($"{member.Id} is in quarantine since {member.QuarantinedSince}: {reason}");
            }
        }
    }

    private static Command CreateChange(
        CliContext context, string name, string description, HttpMethod method, Func<string, string> path)
    {
        Argument<string> id = new("ID")
        {
            Description = "The member: its id, an unambiguous beginning of it, or its address.",
        };
        Option<bool> json = Outcomes.Json();
        Option<string?> node = CliOptions.Node();
        var command = new Command(name, description) { id, json, node };
        command.SetAction(async (parsed, cancellation) =>
        {
            using ApiClient client = CliOptions.OpenClient(parsed, node, context);
            MemberResponse member = await MemberFinder.FindAsync(client, parsed.GetRequiredValue(id), cancellation);
            OutcomeResponse outcome = await client.AskAsync(
                method, path(member.Id), ApiJsonContext.Default.OutcomeResponse, cancellation);
            await Outcomes.WriteAsync(context, parsed.GetValue(json), outcome);
            return (int)ExitCode.Ok;
        });
        return command;
    }

    private static string[] RowOf(MemberResponse member) =>
    [
        member.Id,
        StatusText.RoleOf(member.Role, member.ComputeOnly) + (member.Draining ? ", draining" : ""),
        member.Address,
        member.Zone.Length > 0 ? member.Zone : "-",
        member.Version ?? "-",
        member.EntriesBehind?.ToString(CultureInfo.InvariantCulture) ?? "-",
        member.SecondsSinceContact is { } seconds
            ? string.Create(CultureInfo.InvariantCulture, $"{seconds:0.0} s ago")
            : "-",
    ];
}
