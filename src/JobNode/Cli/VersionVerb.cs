using System.CommandLine;

namespace JobNode.Cli;

/// <summary><c>jobnode version</c>.</summary>
internal static class VersionVerb
{
    /// <summary>Builds the verb.</summary>
    public static Command Create(CliContext context)
    {
        var command = new Command("version", "Print the version.");
        command.SetAction(_ =>
        {
            context.Out.WriteLine($"jobnode {context.Version}");
            return (int)ExitCode.Ok;
        });
        return command;
    }
}
