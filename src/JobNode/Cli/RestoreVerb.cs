using System.CommandLine;
using JobNode.Recovery;
using HostPort = JobNode.Commands.HostPort;

namespace JobNode.Cli;

/// <summary><c>jobnode restore</c>: a new data directory from a backup.</summary>
internal static class RestoreVerb
{
    /// <summary>Builds the verb.</summary>
    public static Command Create(CliContext context)
    {
        var file = new Argument<string>("FILE") { Description = "A backup, made by 'jobnode backup'." };
        Option<string?> directory = CliOptions.Text("--data-dir", "DIR", "A directory that is new or empty.");
        directory.Required = true;
        Option<HostPort?> advertise = CliOptions.Address(
            "--advertise",
            HostPort.DefaultClusterPort,
            $"Cluster address at which others will reach the node (default 127.0.0.1:{HostPort.DefaultClusterPort}).");
        var command = new Command("restore", "Make a data directory from a backup: a new cluster of one node.")
        {
            file, directory, advertise,
        };
        command.SetAction((parsed, _) =>
        {
            HostPort address = parsed.GetValue(advertise) ?? new HostPort("127.0.0.1", HostPort.DefaultClusterPort);
            return Task.FromResult(
                Run(context.Out, parsed.GetValue(file)!, parsed.GetValue(directory)!, address));
        });
        return command;
    }

    private static int Run(TextWriter output, string file, string directory, HostPort address)
    {
        if (address.IsWildcard || address.Port == 0)
        {
            throw new CliFailure(
                ExitCode.Usage, $"--advertise {address} cannot be dialled; write the host and the port of this node.");
        }

        RestoredState restored;
        try
        {
            restored = Restoration.Run(file, directory, address.ToString());
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CliFailure(ExitCode.Failed, $"nothing was restored: {error.Message}");
        }

        output.WriteLine(
            $"""
            Restored {restored.Jobs} jobs at index {restored.Index}, digest {restored.Digest},
            into {restored.Path}: node {restored.Node}, the only voter of the new cluster {restored.ClusterId}.
            Next:
              jobnode serve --data-dir {restored.Path}
              other nodes, on empty directories:  jobnode serve --peers {address}
            The cluster that the backup is from knows nothing of this one; do not let clients use both.
            """);
        return (int)ExitCode.Ok;
    }
}
