using System.CommandLine;

namespace JobNode.Cli;

/// <summary><c>jobnode completion</c>: a script with which a shell completes verbs, flags and values.</summary>
internal static class CompletionVerb
{
    /// <summary>Builds the verb.</summary>
    public static Command Create(CliContext context)
    {
        Argument<string> shell = new("SHELL") { Description = "bash, zsh or fish." };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command("completion", "Print the script with which a shell completes jobnode.") { shell };
        command.SetAction(parsed =>
        {
            CommandShape root = CommandShape.Of(CliRouter.WholeTree(context));
            context.Out.Write(parsed.GetRequiredValue(shell) switch
            {
                "bash" => BashCompletion.Write(root),
                "zsh" => ZshCompletion.Write(root),
                _ => FishCompletion.Write(root),
            });
            return (int)ExitCode.Ok;
        });
        return command;
    }
}
