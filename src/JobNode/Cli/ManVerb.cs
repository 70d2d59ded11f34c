using System.CommandLine;

namespace JobNode.Cli;

/// <summary><c>jobnode man</c>: the man page.</summary>
internal static class ManVerb
{
    /// <summary>Builds the verb.</summary>
    public static Command Create(CliContext context)
    {
        var command = new Command("man", "Print the man page: jobnode man | man -l -");
        command.SetAction(_ =>
        {
            context.Out.Write(ManPage.Write(CommandShape.Of(CliRouter.WholeTree(context)), context.Version));
            return (int)ExitCode.Ok;
        });
        return command;
    }
}
