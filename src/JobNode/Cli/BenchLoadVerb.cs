using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using JobNode.Load;

namespace JobNode.Cli;

/// <summary><c>jobnode bench load</c>: how much a running cluster takes, and how fast it answers.</summary>
internal static class BenchLoadVerb
{
    private const int InFlightDefault = 64;
    private const int InFlightMax = 100_000;
    private const int BodyBytesDefault = 100;
    private const int BatchMax = 4096;

    private static readonly TimeSpan DurationDefault = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan TimeoutDefault = TimeSpan.FromSeconds(30);

    /// <summary>Builds the verb.</summary>
    public static Command Create(CliContext context)
    {
        var options = new Flags();
        var load = new Command("load", "Measure how much a running cluster takes, and how fast it answers.")
        {
            options.Nodes, options.What, options.InFlight, options.Duration, options.Size, options.Iterations,
            options.Batch, options.Timeout, options.Json,
        };
        load.SetAction(async (parsed, cancellation) =>
        {
            JobCall call = Enum.Parse<JobCall>(parsed.GetValue(options.What) ?? "enqueue", ignoreCase: true);
            int batch = parsed.GetValue(options.Batch) ?? 1;
            if (batch > 1 && call is not (JobCall.Enqueue or JobCall.Pull))
            {
                throw new CliFailure(ExitCode.Usage, "--batch is for --what enqueue and --what pull.");
            }

            NodeAccess access = NodeAccess.Read(parsed, context.Variable);
            IReadOnlyList<Uri> nodes = CliOptions.NodesOf(parsed, options.Nodes);
            await RequireOneAsync(nodes, access, cancellation);
            HttpTarget[] targets =
                [.. nodes.Select(node => new HttpTarget(node, access.Token?.Text, access.ChainPolicy()))];
            var calls = new JobCalls(
                call,
                (int)(parsed.GetValue(options.Size) ?? BodyBytesDefault),
                parsed.GetValue(options.Iterations) ?? 1,
                batch,
                access.Token?.Text);
            LoadReport report = await RunAsync(
                context,
                new LoadPlan(
                    parsed.GetValue(options.InFlight) ?? InFlightDefault,
                    parsed.GetValue(options.Duration) ?? DurationDefault,
                    parsed.GetValue(options.Timeout) ?? TimeoutDefault),
                number => new JobClient(calls, targets, number),
                cancellation);
            Write(context.Out, report, parsed.GetValue(options.Json));
            return (int)(report.Jobs > 0 ? ExitCode.Ok : ExitCode.Failed);
        });
        return load;
    }

    /// <summary>Fails with the reason of the last node when none answers.</summary>
    private static async Task RequireOneAsync(
        IReadOnlyList<Uri> nodes, NodeAccess access, CancellationToken cancellation)
    {
        CliFailure? failure = null;
        foreach (Uri node in nodes)
        {
            try
            {
                using var client = new ApiClient(node, access);
                await client.GetTextAsync("/livez", cancellation);
                return;
            }
            catch (CliFailure unreachable)
            {
                failure = unreachable;
            }
        }

        throw failure!;
    }

    private static async Task<LoadReport> RunAsync(
        CliContext context, LoadPlan plan, Func<int, ILoadClient> create, CancellationToken cancellation)
    {
        LoadSockets.AnswerOnTheirOwnThreads();
        using var bar = new ProgressBar(context);
        return await new LoadRun(plan, create).RunAsync(
            progress => bar.Show(
                progress.Elapsed / plan.Duration,
                $"{CliText.Short(progress.JobsPerSecond)}/s, {CliText.Short(progress.Jobs)} jobs, "
                + $"{CliText.Short(progress.Errors)} errors"),
            cancellation);
    }

    private static void Write(TextWriter output, LoadReport report, bool asJson)
    {
        if (asJson)
        {
            output.WriteLine(JsonSerializer.Serialize(report, CliJsonContext.Default.LoadReport));
            return;
        }

        LatencySummary latency = report.LatencyMs;
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{report.Jobs} jobs in {report.Seconds:0.0} s with {report.InFlight} in flight: "
            + $"{report.JobsPerSecond:0} a second"));
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"latency of {report.Calls} calls, ms: min {latency.Min:0.00}  median {latency.Median:0.00}  "
            + $"p90 {latency.P90:0.00}  p99 {latency.P99:0.00}  p99.9 {latency.P999:0.00}  max {latency.Max:0.00}"));
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"longest time without a success {report.LongestGapMs:0} ms, empty answers {report.EmptyCalls}, "
            + $"this client took {report.ClientCpuSeconds:0.0} s of CPU"));
        foreach ((string kind, long count) in report.Errors)
        {
            output.WriteLine($"error, {count} times: {kind}");
        }
    }

    /// <summary>What can be written.</summary>
    private sealed class Flags
    {
        public Option<string?> Nodes { get; } = CliOptions.Nodes();

        public Option<string?> What { get; } = Choice();

        public Option<int?> InFlight { get; } = CliOptions.Number(
            "--in-flight", $"Calls under way at once, a connection each (default {InFlightDefault}).", 1, InFlightMax);

        public Option<TimeSpan?> Duration { get; } = SizeOption.Duration(
            "--duration", $"How long (default {DurationDefault.TotalSeconds}s).");

        public Option<long?> Size { get; } = SizeOption.Create(
            "--size", $"Bytes of each job's body (default {BodyBytesDefault}).", 0, JobCalls.BodyBytesMax);

        public Option<ulong?> Iterations { get; } = CliOptions.Number(
            "--iterations", "Iterations of each job (default 1).", 1UL, 10_000_000_000_000_000_000UL);

        public Option<int?> Batch { get; } = CliOptions.Number(
            "--batch", "Jobs in each enqueue (POST /jobs) or pull (default 1).", 1, BatchMax);

        public Option<TimeSpan?> Timeout { get; } = SizeOption.Duration(
            "--timeout", $"A call without answer for this long is an error (default {TimeoutDefault.TotalSeconds}s).");

        public Option<bool> Json { get; } = CliOptions.Flag("--json", "Print JSON.");

        private static Option<string?> Choice()
        {
            Option<string?> what = CliOptions.Text(
                "--what",
                "enqueue|pull|roundtrip|pulled",
                "Send jobs (default); take results; send and read the own result; send and pull a result.");
            what.AcceptOnlyFromAmong("enqueue", "pull", "roundtrip", "pulled");
            return what;
        }
    }
}
