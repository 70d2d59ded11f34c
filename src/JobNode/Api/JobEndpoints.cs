using System.Text;
using JobNode.Commands;
using JobNode.Observability;
using JobNode.Queue;

namespace JobNode.Api;

/// <summary>The calls about single jobs: parse, propose or read, render.</summary>
internal sealed class JobEndpoints(
    ApiParts parts, JobReader reader, JobAdmission admission, TimeProvider time)
{
    /// <summary><c>PUT|POST /enqueue</c>.</summary>
    public async Task EnqueueAsync(HttpContext context)
    {
        HttpRequest request = context.Request;
        CancellationToken cancellation = context.RequestAborted;
        DateTimeOffset began = time.GetUtcNow();
        byte priority = 0;
        UInt128 key = 0;
        Problem? problem = RequestReader.Iterations(request, admission.Limits.IterationsMax, out ulong iterations)
            ?? RequestReader.Priority(request, out priority)
            ?? RequestReader.IdempotencyKey(request, "enqueue", out key)
            ?? UploadReader.CheckLength(request, admission.Limits.BodyBytesMax)
            ?? await admission.CheckAsync(1, cancellation);
        if (problem is not null)
        {
            await ApiResponses.RefuseUnreadAsync(context, problem);
            return;
        }

        Upload upload = await UploadReader.ReadAsync(request, admission.Limits.BodyBytesMax, cancellation);
        if (upload.Problem is not null)
        {
            // The rest of a body that is too large was not read.
            await (upload.Problem.Kind == Problems.BodyTooLarge
                ? ApiResponses.RefuseUnreadAsync(context, upload.Problem)
                : ApiResponses.ProblemAsync(context, upload.Problem));
            return;
        }

        DateTimeOffset absorbed = time.GetUtcNow();
        JobId id = JobId.Create(absorbed);
        var job = new NewJob(id, upload.Digest, iterations, priority, key);
        Proposed proposed = await parts.Proposer.ProposeAsync(new Enqueue([job]), cancellation);
        JobOutcome outcome = OutcomesOf(proposed.Result, [job])[0];
        if (outcome.Code is not (ResultCode.Ok or ResultCode.Duplicate))
        {
            await ApiResponses.ProblemAsync(context, admission.Explain(Problems.From(outcome.Code, id)));
            return;
        }

        if (outcome.Id != id)
        {
            context.Response.Headers[EnqueueResponse.ReplayedHeader] = "true";
        }

        await WaitAppliedHereAsync(proposed.LogIndex, cancellation);
        Follow(context, [outcome], [job], began, absorbed);
        await RenderIdAsync(context, outcome.Id);
    }

    /// <summary><c>POST /pullCompleted</c>.</summary>
    public async Task PullAsync(HttpContext context)
    {
        HttpRequest request = context.Request;
        PullOrder order = PullOrder.Oldest;
        UInt128 key = 0;
        Problem? problem = RequestReader.Top(request, out int top)
            ?? RequestReader.Order(request, out order)
            ?? RequestReader.IdempotencyKey(request, "pull", out key);
        if (problem is not null)
        {
            await ApiResponses.RefuseUnreadAsync(context, problem);
            return;
        }

        DateTimeOffset began = time.GetUtcNow();
        var pull = new Pull(key == 0 ? RandomBits.Next128() : key, top, order);
        Proposed proposed = await parts.Proposer.ProposeAsync(pull, context.RequestAborted);
        if (proposed.Result is not PullResult pulled)
        {
            await ApiResponses.ProblemAsync(context, Problems.From(proposed.Result.Code));
            return;
        }

        foreach (PulledJob job in pulled.Jobs)
        {
            parts.Measures.Traces.Add(job.Id.Value, "pull", began);
        }

        List<PulledResponse> jobs =
        [
            .. pulled.Jobs.Select(job => new PulledResponse(
                job.Id.ToString(), job.Result.ToString(), job.Iterations, JobReader.Iso(job.CompletedAtMs))),
        ];
        await ApiResponses.JsonAsync(context, jobs, ApiJsonContext.Default.ListPulledResponse);
    }

    /// <summary><c>GET /jobs/{id}</c>, and <c>GET /jobs/key:{Idempotency-Key of its enqueue}</c>.</summary>
    public async Task GetAsync(HttpContext context, string idText)
    {
        bool isKey = RequestReader.IsJobKey(idText, out UInt128 key);
        JobId id = default;
        TimeSpan wait = TimeSpan.Zero;
        JobResponse? job = null;
        Problem? problem = (isKey ? null : RequestReader.Job(idText, out id))
            ?? RequestReader.Wait(context.Request, out wait);
        if (problem is null)
        {
            TimeSpan left = wait - LeaderCalls.Elapsed(context);
            (job, problem) = await (isKey
                ? reader.ReadByKeyAsync(key, left, context.RequestAborted)
                : reader.ReadAsync(id, left, context.RequestAborted));
        }

        await (problem is null
            ? ApiResponses.JsonAsync(context, job!, ApiJsonContext.Default.JobResponse)
            : ApiResponses.ProblemAsync(context, problem));
    }

    /// <summary><c>GET /jobs</c>.</summary>
    public async Task ListAsync(HttpContext context)
    {
        Problem? problem = RequestReader.Page(context.Request, out JobState? state, out int limit);
        if (problem is not null)
        {
            await ApiResponses.ProblemAsync(context, problem);
            return;
        }

        string? cursor = context.Request.Query["cursor"];
        JobPageResponse page;
        try
        {
            page = await reader.PageAsync(state, limit, cursor, context.RequestAborted);
        }
        catch (FormatException)
        {
            await ApiResponses.ProblemAsync(context, new(
                Problems.PageInvalid,
                    "\"cursor\" is not one that this call answered; leave it out for the first page."));
            return;
        }

        await ApiResponses.JsonAsync(context, page, ApiJsonContext.Default.JobPageResponse);
    }

    /// <summary><c>DELETE /jobs/{id}</c>.</summary>
    public async Task CancelAsync(HttpContext context, string idText)
    {
        Problem? problem = RequestReader.Job(idText, out JobId id);
        if (problem is null)
        {
            Proposed proposed = await parts.Proposer.ProposeAsync(new Cancel(id), context.RequestAborted);
            problem = proposed.Result.Code == ResultCode.Ok ? null : Problems.From(proposed.Result.Code, id);
            await WaitAppliedHereAsync(proposed.LogIndex, context.RequestAborted);
        }

        await (problem is null
            ? ApiResponses.JsonAsync(
                context, new CancelResponse(id.ToString(), "cancelled"), ApiJsonContext.Default.CancelResponse)
            : ApiResponses.ProblemAsync(context, problem));
    }

    /// <summary>One outcome per job, also when the whole command was refused.</summary>
    public static IReadOnlyList<JobOutcome> OutcomesOf(CommandResult result, IReadOnlyList<NewJob> jobs)
    {
        if (result is not EnqueueResult enqueued)
        {
            Invariant.That(result.Code != ResultCode.Ok, "an enqueue that went well has outcomes");
            return [.. jobs.Select(job => new JobOutcome(job.Id, result.Code))];
        }

        Invariant.That(enqueued.Jobs.Count == jobs.Count, "an enqueue has one outcome per job");
        return enqueued.Jobs;
    }

    /// <summary>Tells of accepted jobs to who follows some.</summary>
    /// <param name="context">The request.</param>
    /// <param name="outcomes">What became of them.</param>
    /// <param name="jobs">The jobs, in the same order.</param>
    /// <param name="began">When the request, or this part of it, came.</param>
    /// <param name="absorbed">When the bodies were hashed.</param>
    public void Follow(
        HttpContext context,
        IReadOnlyList<JobOutcome> outcomes,
        IReadOnlyList<NewJob> jobs,
        DateTimeOffset began,
        DateTimeOffset absorbed)
    {
        JobTraces traces = parts.Measures.Traces;
        for (int i = 0; i < jobs.Count && traces.IsOn; i++)
        {
            if (outcomes[i].Code is ResultCode.Ok or ResultCode.Duplicate)
            {
                traces.Enqueued(
                    outcomes[i].Id.Value,
                    outcomes[i].Code == ResultCode.Duplicate,
                    began,
                    absorbed,
                    jobs[i].IterationsTotal,
                    context.Request.Headers.TraceParent);
            }
        }
    }

    /// <summary>
    /// Waits until this node's state holds what the leader accepted, so that a read here sees it. Past the loop's bound
    /// for that the answer goes out all the same: the job is safe, and reads have their own barrier. A node without the
    /// log has no state to wait for: its reads are passed to the leader.
    /// </summary>
    public Task WaitAppliedHereAsync(ulong logIndex, CancellationToken cancellation)
    {
        ulong applied = parts.Board.Current.AppliedIndex;
        return logIndex == 0 || applied == 0 || applied >= logIndex
            ? Task.CompletedTask
            : parts.ApplyThread.WaitAppliedAsync(logIndex, cancellation);
    }

    private static Task RenderIdAsync(HttpContext context, JobId id) =>
        context.Request.Headers.Accept.ToString().StartsWith("text/plain", StringComparison.OrdinalIgnoreCase)
            ? ApiResponses.BytesAsync(context, 200, "text/plain", Encoding.ASCII.GetBytes(id + "\n"))
            : ApiResponses.JsonAsync(
                context, new EnqueueResponse(id.ToString()), ApiJsonContext.Default.EnqueueResponse);
}
