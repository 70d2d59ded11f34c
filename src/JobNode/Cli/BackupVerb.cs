using System.CommandLine;
using System.Text.Json;
using JobNode.Recovery;

namespace JobNode.Cli;

/// <summary><c>jobnode backup</c>: the whole state as of now into one file, verified before it gets its name.</summary>
internal static class BackupVerb
{
    private const string IndexHeader = "Jobnode-Index";
    private const string DigestHeader = "Jobnode-Digest";

    /// <summary>Builds the verb.</summary>
    public static Command Create(CliContext context)
    {
        var file = new Argument<string>("FILE") { Description = "Where to; replaced only by a whole new backup." };
        Option<bool> json = CliOptions.Flag(
            "--json", "Print a line of JSON: {\"file\", \"index\", \"digest\", \"jobs\", \"bytes\"}.");
        Option<string?> node = CliOptions.Node();
        var command = new Command("backup", "Save the state of the running cluster to a file.") { file, json, node };
        command.SetAction(async (parsed, cancellation) =>
        {
            using ApiClient client = CliOptions.OpenClient(parsed, node, context);
            BackupMade made = await RunAsync(client, parsed.GetValue(file)!, cancellation);
            await context.Out.WriteLineAsync(parsed.GetValue(json)
                ? JsonSerializer.Serialize(made, CliLinesContext.Default.BackupMade)
                : $"{made.File}: index {made.Index}, digest {made.Digest}, {made.Jobs} jobs, {made.Bytes} bytes, every "
                    + "checksum right.");
            return (int)ExitCode.Ok;
        });
        return command;
    }

    private static async Task<BackupMade> RunAsync(ApiClient client, string file, CancellationToken cancellation)
    {
        string path = Path.GetFullPath(file);
        string temporary = Path.Join(
            Path.GetDirectoryName(path), $".{Path.GetFileName(path)}.{Environment.ProcessId}.partial");
        try
        {
            Dictionary<string, string> headers;
            await using (var output = new FileStream(temporary, FileMode.Create, FileAccess.Write))
            {
                headers = await client.DownloadAsync("/backup", [IndexHeader, DigestHeader], output, cancellation);
                output.Flush(flushToDisk: true);
            }

            BackupFile backup = BackupFile.Open(temporary);
            if (headers[IndexHeader] != $"{backup.Index}" || headers[DigestHeader] != backup.Digest)
            {
                throw new IOException($"the node announced index {headers[IndexHeader]}, digest "
                    + $"{headers[DigestHeader]}, and the file holds index {backup.Index}, digest {backup.Digest}; "
                    + "do not use it, and check the node with 'jobnode check'.");
            }

            BackupFile.Adopt(temporary, path);
            return new BackupMade(path, backup.Index, backup.Digest, backup.Jobs, backup.Bytes);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CliFailure(ExitCode.Failed, $"no backup was made: {error.Message}");
        }
        finally
        {
            DeleteIfThere(temporary);
        }
    }

    /// <summary>File.Delete alone would fail where even the folder is missing.</summary>
    private static void DeleteIfThere(string file)
    {
        if (File.Exists(file))
        {
            File.Delete(file);
        }
    }
}
