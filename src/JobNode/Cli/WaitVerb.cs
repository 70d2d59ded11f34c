using System.CommandLine;
using System.Text.Json;
using JobNode.Api;
using DurationText = JobNode.Commands.DurationText;

namespace JobNode.Cli;

/// <summary><c>jobnode wait</c>: waits for a job and prints its result.</summary>
internal static class WaitVerb
{
    /// <summary>One call waits this long at most, so that a progress bar moves, in seconds.</summary>
    private const int CallSeconds = 30;

    /// <summary>Builds the verb.</summary>
    public static Command Create(CliContext context)
    {
        Argument<string> id = new("ID") { Description = "The job's id, as enqueue printed it." };
        Option<string?> node = CliOptions.Node();
        Option<string?> timeout = CliOptions.Text(
            "--timeout", "DURATION", "Give up after this long: 500ms, 30s, 2m (default: never).");
        timeout.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && !DurationText.TryParse(result.Tokens[0].Value, out _))
            {
                result.AddError(
                    $"--timeout is \"{result.Tokens[0].Value}\"; write a duration such as 500ms, 30s or 2m.");
            }
        });
        Option<bool> json = CliOptions.Flag("--json", "Print the answer of GET /jobs/ID, a line of JSON.");
        var command = new Command("wait", "Wait for a job to finish and print its result.")
        {
            id, timeout, json, node,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            using ApiClient client = CliOptions.OpenClient(parsed, node, context);
            TimeSpan? limit = DurationText.TryParse(parsed.GetValue(timeout), out TimeSpan given) ? given : null;
            JobResponse job = await WaitAsync(context, client, parsed.GetRequiredValue(id), limit, cancellation);
            await context.Out.WriteLineAsync(parsed.GetValue(json)
                ? JsonSerializer.Serialize(job, ApiJsonContext.Default.JobResponse)
                : job.Result);
            return (int)ExitCode.Ok;
        });
        return command;
    }

    /// <summary>The finished job, its result included; the bar begins with <paramref name="about"/>.</summary>
    /// <exception cref="CliFailure">The job was cancelled or the time is over.</exception>
    public static async Task<JobResponse> WaitAsync(
        CliContext context,
        ApiClient client,
        string id,
        TimeSpan? limit,
        CancellationToken cancellation,
        string about = "")
    {
        long started = TimeProvider.System.GetTimestamp();
        using var bar = new ProgressBar(context);
        while (true)
        {
            TimeSpan left =
                limit is { } total ? total - TimeProvider.System.GetElapsedTime(started) : TimeSpan.MaxValue;
            double call = Math.Clamp(left.TotalMilliseconds, 0, bar.IsShown ? 500 : CallSeconds * 1000);
            JobResponse job = await client.GetAsync(
                $"/jobs/{Uri.EscapeDataString(id)}?wait={call:0}ms", ApiJsonContext.Default.JobResponse, cancellation);
            bar.Show(job.Progress, about + WordsOf(job));
            if (job.Result is not null)
            {
                return job;
            }

            if (job.State == "cancelled")
            {
                throw new CliFailure(ExitCode.Failed, $"job {id} was cancelled.");
            }

            if (left <= TimeSpan.Zero)
            {
                throw new CliFailure(
                    ExitCode.Failed,
                    $"job {id} is not finished yet ({job.IterationsDone} of {job.Iterations} iterations); wait "
                    + $"longer with --timeout.");
            }
        }
    }

    private static string WordsOf(JobResponse job) => job.State switch
    {
        "running" when job.IterationsDone == job.Iterations => "computed, its result is being checked",
        "pending" or "running" => $"{job.State}, {CliText.Duration(job.EtaSeconds)} left",
        _ => job.State,
    };
}
