using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using JobNode.Hashing;
using JobNode.Load;

namespace JobNode.Cli;

/// <summary>
/// <c>jobnode bench hash</c>: every path against one OpenSSL chain and its own limit; beside it <c>load</c>.
/// </summary>
internal static class BenchVerb
{
    private static readonly HashSet<int> NumberColumns = [1, 2, 3, 4, 5];

    /// <summary>Builds the verb.</summary>
    public static Command Create(CliContext context)
    {
        Option<int?> seconds = CliOptions.Number("--seconds", "Time for each row (default 1).", 1, 3600);
        Option<int?> threads = CliOptions.Number("--threads", "Threads that run at once (default 1).", 1, 4096);
        Option<bool> json = CliOptions.Flag("--json", "Print JSON.");
        var hash = new Command("hash", "Measure every hash path of this machine against OpenSSL and its limit.")
        {
            seconds, threads, json,
        };
        hash.SetAction(parsed =>
        {
            HashBenchmarkReport report = HashBenchmark.Run(
                TimeSpan.FromSeconds(parsed.GetValue(seconds) ?? 1),
                parsed.GetValue(threads) ?? 1,
                context.ErrorIsTerminal ? context.Error.WriteLine : null);
            if (parsed.GetValue(json))
            {
                context.Out.WriteLine(JsonSerializer.Serialize(report, CliJsonContext.Default.HashBenchmarkReport));
            }
            else
            {
                Write(context.Out, report);
            }

            return (int)ExitCode.Ok;
        });
        return new Command("bench", "Measure this machine, or a running cluster.")
        {
            hash, BenchLoadVerb.Create(context),
        };
    }

    private static void Write(TextWriter output, HashBenchmarkReport report)
    {
        output.WriteLine($"{report.Machine}, {report.Threads} thread(s), iterations per second and core");
        List<string[]> rows = [["PATH", "LANES", "ITERATIONS/S", "TO OPENSSL", "OF LIMIT", "GB/S", "NOTE"]];
        rows.AddRange(report.Rows.Select(row => new[]
        {
            row.Path,
            row.Lanes.ToString(),
            row.IterationsPerSecond is { } rate ? CliText.Short(rate) : "-",
            row.RatioToOpenSsl is { } ratio ? ratio.ToString("0.00", CultureInfo.InvariantCulture) : "-",
            row.ShareOfLimit is { } share ? share.ToString("P0", CultureInfo.InvariantCulture) : "-",
            row.BytesPerSecond is { } bytes ? (bytes / 1e9).ToString("0.00", CultureInfo.InvariantCulture) : "-",
            row.Note,
        }));
        foreach (string line in CliText.Table(rows, NumberColumns))
        {
            output.WriteLine(line);
        }
    }
}

/// <summary>Source-generated JSON of what only the command line prints.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true)]
[JsonSerializable(typeof(HashBenchmarkReport))]
[JsonSerializable(typeof(LoadReport))]
internal sealed partial class CliJsonContext : JsonSerializerContext;
