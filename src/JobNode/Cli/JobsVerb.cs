using System.CommandLine;
using System.Text.Json;
using JobNode.Api;

namespace JobNode.Cli;

/// <summary><c>jobnode jobs</c>: lists jobs.</summary>
internal static class JobsVerb
{
    private const int LimitDefault = 50;

    /// <summary>Jobs of one page: the most that a node gives.</summary>
    private const int PageMax = 1000;

    private const int ResultCharacters = 16;

    /// <summary>Builds the verb.</summary>
    public static Command Create(CliContext context)
    {
        Option<string?> state = CliOptions.Text(
            "--state", "STATE", "Only jobs in this state; pending are those at work, too (default: all).");
        state.AcceptOnlyFromAmong("pending", "completed", "pulled", "cancelled");
        Option<int?> limit = CliOptions.Number(
            "--limit", $"At most this many jobs (default {LimitDefault}).", 1, PageMax);
        Option<bool> all = CliOptions.Flag("--all", "All of them, page by page.");
        Option<bool> json = CliOptions.Flag(
            "--json",
            "Print one object: {\"jobs\": [{id, state, iterations, iterationsDone, progress, etaSeconds, priority, "
            + "enqueuedAt, completedAt, result}, ...], \"nextCursor\": null or text}.");
        Option<string?> node = CliOptions.Node();
        var command = new Command("jobs", "List jobs: by priority those that wait, then by age those that are done.")
        {
            state, limit, all, json, node,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            if (parsed.GetValue(all) && parsed.GetValue(limit) is not null)
            {
                throw new CliFailure(ExitCode.Usage, "--all and --limit say different things; write one of them.");
            }

            using ApiClient client = CliOptions.OpenClient(parsed, node, context);
            int? most = parsed.GetValue(all) ? null : parsed.GetValue(limit) ?? LimitDefault;
            string? cursor = await ReadAsync(
                client,
                parsed.GetValue(state),
                most,
                () => Begin(context.Out, parsed.GetValue(json)),
                parsed.GetValue(json) ? JsonWriter(context.Out) : job => WriteRow(context.Out, job),
                cancellation);
            await EndAsync(context, parsed.GetValue(json), cursor);
            return (int)ExitCode.Ok;
        });
        return command;
    }

    /// <summary>One page, or all that there are; gives the cursor of the next one.</summary>
    private static async Task<string?> ReadAsync(
        ApiClient client,
        string? state,
        int? limit,
        Action begin,
        Action<JobResponse> write,
        CancellationToken cancellation)
    {
        string query = $"/jobs?limit={limit ?? PageMax}{(state is null ? "" : $"&state={state}")}";
        string? cursor = null;
        do
        {
            JobPageResponse page = await client.GetAsync(
                cursor is null ? query : $"{query}&cursor={Uri.EscapeDataString(cursor)}",
                ApiJsonContext.Default.JobPageResponse,
                cancellation);
            if (cursor is null)
            {
                // Not before there is an answer: a failure prints nothing that looks like one.
                begin();
            }

            foreach (JobResponse job in page.Jobs)
            {
                write(job);
            }

            cursor = page.NextCursor;
        }
        while (limit is null && cursor is not null);
        return cursor;
    }

    /// <summary>Columns are as wide as they can get, so that all pages are one table; JSON is one object.</summary>
    private static void Begin(TextWriter output, bool asJson)
    {
        if (asJson)
        {
            output.Write("{\"jobs\":[");
        }
        else
        {
            output.WriteLine(
                $"{"ID",-36}  {"STATE",-9}  {"PRIO",4}  {"DONE",6}  {"ITERATIONS",10}  {"ENQUEUED",-24}  RESULT");
        }
    }

    private static Action<JobResponse> JsonWriter(TextWriter output)
    {
        string between = "";
        return job =>
        {
            output.Write(between);
            output.Write(JsonSerializer.Serialize(job, ApiJsonContext.Default.JobResponse));
            between = ",";
        };
    }

    private static void WriteRow(TextWriter output, JobResponse job)
    {
        string result = job.Result is null ? "" : $"{job.Result[..ResultCharacters]}...";
        string line =
            $"{job.Id,-36}  {job.State,-9}  {job.Priority,4}  {CliText.Percent(job.Progress),6}  "
            + $"{CliText.Short(job.Iterations),10}  {job.EnqueuedAt,-24}  {result}";
        output.WriteLine(line.TrimEnd());
    }

    private static async Task EndAsync(CliContext context, bool asJson, string? cursor)
    {
        if (asJson)
        {
            await context.Out.WriteLineAsync($"],\"nextCursor\":{(cursor is null ? "null" : $"\"{cursor}\"")}}}");
        }
        else if (cursor is not null)
        {
            await context.Error.WriteLineAsync("jobnode: there are more jobs; see --all or a higher --limit.");
        }
    }
}
