using System.CommandLine;
using System.Text.Json;

namespace JobNode.Cli;

/// <summary><c>jobnode version</c>.</summary>
internal static class VersionVerb
{
    /// <summary>Builds the verb.</summary>
    public static Command Create(CliContext context)
    {
        Option<bool> json = CliOptions.Flag("--json", "Print a line of JSON: {\"version\"}.");
        var command = new Command("version", "Print the version.") { json };
        command.SetAction(parsed =>
        {
            context.Out.WriteLine(parsed.GetValue(json)
                ? JsonSerializer.Serialize(new VersionNumber(context.Version), CliLinesContext.Default.VersionNumber)
                : $"jobnode {context.Version}");
            return (int)ExitCode.Ok;
        });
        return command;
    }
}
