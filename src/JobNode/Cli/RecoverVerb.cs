using System.CommandLine;
using JobNode.Recovery;

namespace JobNode.Cli;

/// <summary><c>jobnode recover</c>: one survivor goes on alone, after the quorum is lost for good.</summary>
internal static class RecoverVerb
{
    /// <summary>Builds the verb.</summary>
    public static Command Create(CliContext context)
    {
        Option<string?> directory = CliOptions.Text("--data-dir", "DIR", "Of the surviving node, which must not run.");
        directory.Required = true;
        Option<bool> yes = CliOptions.Flag("--yes", "Do it; without this flag it only says what it would do.");
        var command = new Command("recover", "Go on with one surviving node after most voters are lost for good.")
        {
            directory, yes,
        };
        command.SetAction((parsed, _) => Task.FromResult(
            Run(context, parsed.GetValue(directory)!, parsed.GetValue(yes))));
        return command;
    }

    private static int Run(CliContext context, string directory, bool isConfirmed)
    {
        try
        {
            if (isConfirmed)
            {
                (RestoredState state, string keptIn) = QuorumRecovery.Run(directory, TimeProvider.System.GetUtcNow());
                WriteDone(context.Out, state, keptIn);
                return (int)ExitCode.Ok;
            }

            WriteWarning(context.Out, QuorumRecovery.Plan(directory));
            return (int)ExitCode.Usage;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CliFailure(ExitCode.Failed, $"not recovered: {error.Message}");
        }
    }

    private static void WriteWarning(TextWriter output, RecoveryPlan plan)
    {
        string command = $"jobnode recover --data-dir {plan.Path} --yes";
        if (plan.IsUnderWay)
        {
            output.WriteLine($"A recovery was cut short here. '{command}' goes on where it stopped.");
            return;
        }

        output.WriteLine(
            $"""
            This is the last resort, for a cluster most of whose voters are gone for good. Nothing was changed yet.

            It would make node {plan.Node} a new cluster of its own, with every entry on this disk
            (up to index {plan.LastIndex}; up to {plan.CommittedIndex} they are known to be committed).

            What it means:
              - What never reached this node is lost, even if it was acknowledged. If several nodes
                survive, recover on the one whose last index is highest ('jobnode check DIR' shows it).
              - Entries that were never acknowledged may be kept: a job that a client was told nothing
                of may be there.
              - The other members must never be started again on their old directories: two clusters
                would go on with the same jobs, and their results would be given out twice. Wipe
                their directories; then they can join this node as new members with --peers.
            """);
        foreach (string other in plan.Others)
        {
            output.WriteLine($"                never again: node {other}");
        }

        output.WriteLine();
        output.WriteLine("If a majority can be brought back, do that instead: it loses nothing.");
        output.WriteLine($"To go on: {command}");
    }

    private static void WriteDone(TextWriter output, RestoredState state, string keptIn) => output.WriteLine(
        $"""
        Recovered {state.Jobs} jobs at index {state.Index}, digest {state.Digest}:
        node {state.Node} is the only voter of the new cluster {state.ClusterId}.
        Next:
          jobnode serve --data-dir {state.Path}
          wipe the data directories of the other nodes, and start them with --peers naming this node's
          cluster address; never start them on what they hold now.
        The files from before are in {keptIn}.
        To undo it, before anything is served: delete the *.log, *.spare and *.snapshot files of
        {state.Path} and move those of the subdirectory back.
        """);
}
