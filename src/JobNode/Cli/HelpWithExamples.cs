using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace JobNode.Cli;

/// <summary>The usual help, and below it lines to copy.</summary>
internal sealed class HelpWithExamples(HelpAction help) : SynchronousCommandLineAction
{
    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        int code = help.Invoke(parseResult);
        TextWriter output = parseResult.InvocationConfiguration.Output;
        output.WriteLine("Examples:");
        foreach (string example in Examples.Of(CliRouter.PathOf(parseResult.CommandResult.Command)))
        {
            output.WriteLine($"  {example}");
        }

        output.WriteLine();
        output.WriteLine(
            "Every flag can be set as an environment variable too: --data-dir is JOBNODE_DATA_DIR; the flag wins.");
        output.WriteLine(
            "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 cannot reach the cluster, 4 no leader yet or no quorum.");
        return code;
    }
}
