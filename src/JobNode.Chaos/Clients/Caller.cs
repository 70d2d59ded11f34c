using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using JobNode.Chaos.Histories;

namespace JobNode.Chaos.Clients;

/// <summary>One call to one node, each an attempt that goes into the history whatever comes of it.</summary>
internal sealed class Caller(History history) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        UseProxy = false,
        ConnectTimeout = TimeSpan.FromSeconds(2),
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(10),
        // An answer that is dropped in the middle breaks its connection.
        MaxResponseDrainSize = 0,
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>Sends a job, raw or as a form. The answer's id, or null.</summary>
    public async Task<(Answer Answer, string? Id)> EnqueueAsync(Call call, NewJob job, bool asForm)
    {
        long begin = history.NowUs;
        byte[] bytes = Oracle.Bytes(job.Body);
        HttpContent content = call.Breakage == Breakage.DuringBody && bytes.Length > 1
            ? new BreakingContent(bytes)
            : new ByteArrayContent(bytes);
        if (asForm)
        {
            content = new MultipartFormDataContent { { content, "data", "body" } };
        }

        using HttpRequestMessage request = new(
            HttpMethod.Put, new Uri(call.Node.Api, $"/enqueue?iterations={job.Iterations}"));
        request.Content = content;
        Answer answer = await SendAsync(request, call, job.Key);
        (answer, string? id) = answer.Read(root => root.GetProperty("id").GetString());
        Record(call, answer, begin, new Operation
        {
            Kind = OperationKind.Enqueue,
            Key = job.Key,
            Body = job.Body,
            Iterations = job.Iterations,
            Id = id,
        });
        return (answer, id);
    }

    /// <summary>Sends many jobs as lines; gives what became of each, in order.</summary>
    public async Task<IReadOnlyList<(Answer Answer, string? Id)>> BatchAsync(Call call, IReadOnlyList<NewJob> jobs)
    {
        long begin = history.NowUs;
        byte[] bytes = Encoding.UTF8.GetBytes(string.Concat(jobs.Select(Line)));
        using HttpContent content = call.Breakage == Breakage.DuringBody
            ? new BreakingContent(bytes)
            : new ByteArrayContent(bytes);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
        using HttpRequestMessage request = new(HttpMethod.Post, new Uri(call.Node.Api, "/jobs")) { Content = content };
        Answer whole = await SendAsync(request, call, key: null);
        string[] lines = whole.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        List<(Answer Answer, string? Id)> answers = [];
        for (int i = 0; i < jobs.Count; i++)
        {
            (Answer answer, string? id) = whole.Outcome == Outcome.Ok
                ? LineAnswer(whole, i < lines.Length ? lines[i] : null)
                : (whole, null);
            answers.Add((answer, id));
            Record(call, answer, begin, new Operation
            {
                Kind = OperationKind.BatchLine,
                Key = jobs[i].Key,
                Body = jobs[i].Body,
                Iterations = jobs[i].Iterations,
                Id = id,
            });
        }

        return answers;
    }

    /// <summary>Takes results.</summary>
    public async Task<(Answer Answer, IReadOnlyList<JobSeen> Jobs)> PullAsync(Call call, string key, int top)
    {
        long begin = history.NowUs;
        using HttpRequestMessage request = new(
            HttpMethod.Post, new Uri(call.Node.Api, $"/pullCompleted?top={top}"));
        Answer answer = await SendAsync(request, call, key);
        (answer, List<JobSeen>? jobs) = answer.Read(root => root.EnumerateArray().Select(JobRows.Pulled).ToList());
        Record(call, answer, begin, new Operation { Kind = OperationKind.Pull, Key = key, Jobs = jobs });
        return (answer, jobs ?? []);
    }

    /// <summary>Reads one job; null when it is unknown or nobody answered.</summary>
    public async Task<(Answer Answer, JobSeen? Job)> ReadAsync(Call call, string id)
    {
        long begin = history.NowUs;
        using HttpRequestMessage request = new(HttpMethod.Get, new Uri(call.Node.Api, $"/jobs/{id}"));
        Answer answer = await SendAsync(request, call, key: null);
        (answer, JobSeen? job) = answer.Read(JobRows.Row);
        Record(call, answer, begin, new Operation
        {
            Kind = OperationKind.Read,
            Id = id,
            Jobs = job is null ? null : [job],
        });
        return (answer, job);
    }

    /// <summary>Lists jobs of one state as the node has them.</summary>
    public async Task ListAsync(Call call, string state, int limit)
    {
        long begin = history.NowUs;
        using HttpRequestMessage request = new(
            HttpMethod.Get, new Uri(call.Node.Api, $"/jobs?state={state}&limit={limit}"));
        Answer answer = await SendAsync(request, call, key: null);
        (answer, List<JobSeen>? jobs) = answer.Read(
            root => root.GetProperty("jobs").EnumerateArray().Select(JobRows.Row).ToList());
        Record(call, answer, begin, new Operation { Kind = OperationKind.List, Jobs = jobs });
    }

    /// <summary>Cancels a job.</summary>
    public async Task<Answer> CancelAsync(Call call, string id)
    {
        long begin = history.NowUs;
        using HttpRequestMessage request = new(HttpMethod.Delete, new Uri(call.Node.Api, $"/jobs/{id}"));
        Answer answer = await SendAsync(request, call, key: null);
        Record(call, answer, begin, new Operation { Kind = OperationKind.Cancel, Id = id });
        return answer;
    }

    /// <summary>Asks a node for its status; an empty one without an answer.</summary>
    public async Task<StatusSeen> StatusAsync(Call call)
    {
        long begin = history.NowUs;
        using HttpRequestMessage request = new(HttpMethod.Get, new Uri(call.Node.Api, "/status"));
        Answer answer = await SendAsync(request, call, key: null);
        (_, StatusSeen? status) = answer.Read(JobRows.Status);
        StatusSeen seen = (status ?? new StatusSeen()) with { Node = call.Node.Name, BeginUs = begin };
        history.Add(seen);
        return seen;
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private static string Line(NewJob job)
    {
        string text = Encoding.ASCII.GetString(Oracle.Bytes(job.Body));
        // Both ways to write a body in a line.
        string data = job.Body.Length % 2 == 0
            ? $"\"text\":\"{JsonEncodedText.Encode(text)}\""
            : $"\"data\":\"{Convert.ToBase64String(Encoding.ASCII.GetBytes(text))}\"";
        return $"{{{data},\"iterations\":{job.Iterations},\"idempotencyKey\":\"{job.Key}\"}}\n";
    }

    private static (Answer Answer, string? Id) LineAnswer(Answer whole, string? line)
    {
        if (line is null)
        {
            return (whole with { Outcome = Outcome.Unknown, Error = "the answer ended before this line" }, null);
        }

        (Answer answer, (string? Id, string? Problem, int Status) read) = (whole with { Text = line }).Read(root => (
            root.TryGetProperty("type", out _) ? null : root.GetProperty("id").GetString(),
            root.TryGetProperty("type", out JsonElement type) ? type.GetString() : null,
            root.TryGetProperty("status", out JsonElement status) ? status.GetInt32() : 200));
        return read.Problem is null
            ? (answer, read.Id)
            : (answer with { Outcome = Answer.Meaning(read.Problem), Status = read.Status, Error = read.Problem },
                null);
    }

    private void Record(Call call, Answer answer, long begin, Operation operation) => history.Add(operation with
    {
        Client = call.Client,
        Node = call.Node.Name,
        BeginUs = begin,
        Outcome = answer.Outcome,
        Status = answer.Status,
        Error = answer.Error,
    });

    private async Task<Answer> SendAsync(HttpRequestMessage request, Call call, string? key)
    {
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        using CancellationTokenSource limit = new(call.Timeout);
        try
        {
            using HttpResponseMessage response = await _http.SendAsync(
                request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            if (call.Breakage == Breakage.DuringAnswer && response.IsSuccessStatusCode)
            {
                return await BreakAsync(response, limit.Token);
            }

            return Answer.Of(response.StatusCode, await response.Content.ReadAsStringAsync(limit.Token));
        }
        catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException or IOException)
        {
            return Answer.Of(failure);
        }
    }

    private static async Task<Answer> BreakAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        byte[] first = new byte[64];
        await using Stream body = await response.Content.ReadAsStreamAsync(cancellation);
        _ = await body.ReadAtLeastAsync(first, 1, throwOnEndOfStream: false, cancellation);
        return new Answer(Outcome.Unknown, 0, "", "broken on purpose during the answer");
    }
}

/// <summary>Who calls whom, for how long, and how the connection is broken on the way.</summary>
internal sealed record Call(int Client, LoadNode Node, TimeSpan Timeout, Breakage Breakage = Breakage.None);

/// <summary>A job to send.</summary>
internal sealed record NewJob(string Key, JobBody Body, ulong Iterations);
