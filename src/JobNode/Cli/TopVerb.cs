using System.CommandLine;
using JobNode.Api;

namespace JobNode.Cli;

/// <summary><c>jobnode top</c>: nodes, queue and the jobs at work, live.</summary>
internal static class TopVerb
{
    private const int SecondsDefault = 2;
    private const int JobsMax = 40;

    /// <summary>Lines above the jobs beside one for each node.</summary>
    private const int LinesAbove = 12;

    /// <summary>Builds the verb.</summary>
    public static Command Create(CliContext context)
    {
        Option<string?> node = CliOptions.Node();
        Option<int?> every = CliOptions.Number(
            "--every", $"Seconds from one look to the next (default {SecondsDefault}).", 1, 3600);
        Option<bool> json = CliOptions.Flag(
            "--json", "Print once {\"status\": GET /status, \"jobs\": [GET /jobs/ID, ...]}, a line of JSON.");
        var command = new Command(
            "top", "Show nodes, lanes, queue and the jobs at work, live; once when no terminal shows it.")
        {
            every, json, node,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var nodes = new NodeRing(CliOptions.OpenClient(parsed, node, context), WatchLoop.Patience);
            bool asJson = parsed.GetValue(json);
            var loop = new WatchLoop(context, nodes, asJson);
            Task<Frame> Draw(ApiClient client, CancellationToken patience) => DrawAsync(context, client, patience);
            var period = TimeSpan.FromSeconds(parsed.GetValue(every) ?? SecondsDefault);
            return context.OutIsTerminal && !asJson
                ? await loop.RunAsync(period, Draw, cancellation)
                : await loop.ShowOnceAsync(Draw, cancellation);
        });
        return command;
    }

    private static async Task<Frame> DrawAsync(CliContext context, ApiClient client, CancellationToken cancellation)
    {
        string text = await client.GetTextAsync("/status", cancellation);
        StatusResponse status = ApiClient.Read(text, ApiJsonContext.Default.StatusResponse);
        int room = context.OutIsTerminal
            ? context.TerminalSize().Rows - LinesAbove - status.Nodes.Count
            : JobsMax;
        List<string> details = await ReadJobsAsync(client, Math.Clamp(room, 1, JobsMax), cancellation);
        JobResponse[] jobs = [.. details.Select(job => ApiClient.Read(job, ApiJsonContext.Default.JobResponse))];
        JobResponse[] runningFirst =
        [
            .. jobs.Where(job => job.State == "running"), .. jobs.Where(job => job.State != "running"),
        ];
        return new Frame(
            ClusterVerdict.Of(status).Sentence,
            TopText.Lines(status, runningFirst, new Paint(context.IsColorWanted)),
            $"{{\"status\":{text},\"jobs\":[{string.Join(',', details)}]}}",
            status.Leader is not null);
    }

    /// <summary>The jobs whose turn it is, each with its progress, which only the leader knows.</summary>
    private static async Task<List<string>> ReadJobsAsync(
        ApiClient client, int count, CancellationToken cancellation)
    {
        JobPageResponse page = await client.GetAsync(
            $"/jobs?state=pending&limit={count}", ApiJsonContext.Default.JobPageResponse, cancellation);
        string?[] read = await Task.WhenAll(page.Jobs.Select(job => ReadJobAsync(client, job.Id, cancellation)));
        return [.. read.OfType<string>()];
    }

    private static async Task<string?> ReadJobAsync(ApiClient client, string id, CancellationToken cancellation)
    {
        try
        {
            return await client.GetTextAsync($"/jobs/{id}", cancellation);
        }
        catch (CliFailure failure) when (!failure.IsPassing || failure.Code == ExitCode.NoQuorum)
        {
            // It is gone meanwhile, or nobody can say how far it is.
            return null;
        }
    }
}
