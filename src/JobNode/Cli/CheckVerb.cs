using System.CommandLine;
using System.Globalization;
using JobNode.Recovery;

namespace JobNode.Cli;

/// <summary><c>jobnode check</c>: verifies a data directory while no node runs on it, and changes nothing.</summary>
internal static class CheckVerb
{
    private static readonly HashSet<int> NumberColumns = [1];

    /// <summary>Builds the verb.</summary>
    public static Command Create(CliContext context)
    {
        var directory = new Argument<string>("DIR")
        {
            Description = "The data directory (--data-dir) of a node that does not run.",
        };
        var command = new Command("check", "Verify a data directory offline: every checksum, and the log replayed.")
        {
            directory,
        };
        command.SetAction((parsed, _) => Task.FromResult(Run(context.Out, parsed.GetValue(directory)!)));
        return command;
    }

    /// <summary>Checks and prints; gives the exit code.</summary>
    /// <exception cref="CliFailure">It cannot be looked at.</exception>
    public static int Run(TextWriter output, string directory)
    {
        DirectoryReport report;
        try
        {
            report = DirectoryCheck.Run(directory);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CliFailure(ExitCode.Failed, error.Message);
        }

        Write(output, report);
        return (int)(report.IsSound ? ExitCode.Ok : ExitCode.Failed);
    }

    /// <summary>Writes the tables and the sentence.</summary>
    public static void Write(TextWriter output, DirectoryReport report)
    {
        output.WriteLine($"node     {report.Node ?? "unknown"}");
        if (report.State is { } state)
        {
            WriteState(output, state);
        }

        output.WriteLine();
        List<string[]> files = [["FILE", "BYTES", "KIND", "ENTRIES", "FOUND"]];
        files.AddRange(report.Files.Select(static file => new[]
        {
            file.Name, file.Bytes.ToString(CultureInfo.InvariantCulture), file.Kind, file.Holds, file.Verdict,
        }));
        WriteTable(output, files, NumberColumns);
        output.WriteLine();
        foreach (string damage in report.Damages.Skip(1))
        {
            output.WriteLine($"also     {damage}.");
        }

        if (report.IsSound && report.TornTail is { } torn)
        {
            output.WriteLine($"torn     {torn}");
        }

        output.WriteLine(report.Conclusion);
    }

    private static void WriteState(TextWriter output, StateSummary state)
    {
        output.WriteLine($"cluster  {state.ClusterId}, feature level {state.FeatureLevel}");
        output.WriteLine(
            $"state    index {state.CommittedIndex}, digest {state.CommittedDigest}: known to be committed");
        if (state.Index > state.CommittedIndex)
        {
            output.WriteLine($"         index {state.Index}, digest {state.Digest}: with the entries after it, whose "
                + "fate the others know");
        }

        output.WriteLine($"         term {state.Term}, {state.Jobs} jobs");
        output.WriteLine();
        List<string[]> members = [["MEMBER", "ADDRESS", "ROLE", "ZONE", ""]];
        members.AddRange(state.Members.Select(static member => new[]
        {
            member.Id, member.Address, member.Role, member.Zone, member.IsSelf ? "this node" : "",
        }));
        WriteTable(output, members, new HashSet<int>());
    }

    private static void WriteTable(TextWriter output, List<string[]> rows, IReadOnlySet<int> rightAligned)
    {
        foreach (string line in CliText.Table(rows, rightAligned))
        {
            output.WriteLine(line);
        }
    }
}
