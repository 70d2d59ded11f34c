using JobNode.Commands;
using JobNode.Queue;

namespace JobNode.Api;

/// <summary>
/// Reads jobs: the replicated part on the apply thread, progress and estimate from the leader's reports.
/// </summary>
internal sealed class JobReader(ApiParts parts, TimeProvider time)
{
    /// <summary>How long a read waits for the leader to tell a running job's progress, in milliseconds.</summary>
    private const int ProgressTimeoutMs = 1000;

    /// <summary>
    /// One job, as new as everything acknowledged before the call; waits up to <paramref name="wait"/> for it to
    /// finish. Exactly one of the two results is null.
    /// </summary>
    public async Task<(JobResponse? Job, Problem? Problem)> ReadAsync(
        JobId id, TimeSpan wait, CancellationToken cancellation) =>
        await ConfirmAsync(cancellation) is { } problem ? (null, problem) : await FollowAsync(id, wait, cancellation);

    /// <summary>The same of the job that an enqueue with this key made.</summary>
    public async Task<(JobResponse? Job, Problem? Problem)> ReadByKeyAsync(
        UInt128 key, TimeSpan wait, CancellationToken cancellation)
    {
        if (await ConfirmAsync(cancellation) is { } problem)
        {
            return (null, problem);
        }

        JobId? found = await parts.ApplyThread.ReadAsync(() => parts.View.FindByKey(key), cancellation);
        return found is { } id
            ? await FollowAsync(id, wait, cancellation)
            : (null, new Problem(
                Problems.JobUnknown,
                "No job was enqueued with this Idempotency-Key, or its retention ended; an enqueue with it makes a "
                + "job."));
    }

    /// <summary>A page of jobs from the local state.</summary>
    public async Task<JobPageResponse> PageAsync(
        JobState? state, int limit, string? cursor, CancellationToken cancellation)
    {
        JobPage page = await parts.ApplyThread.ReadAsync(() => parts.View.Page(state, limit, cursor), cancellation);
        return new JobPageResponse(
            [.. page.Jobs.Select(job => Render(job, running: null, eta: null))], page.NextCursor);
    }

    /// <summary>ISO 8601 in UTC with milliseconds.</summary>
    public static string Iso(ulong unixMs) =>
        DateTimeOffset.FromUnixTimeMilliseconds((long)unixMs).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'");

    /// <summary>Null once this node's state is as new as everything acknowledged before.</summary>
    private async Task<Problem?> ConfirmAsync(CancellationToken cancellation) =>
        await parts.ApplyThread.ReadBarrierAsync(cancellation)
            ? null
            : Problems.NoQuorumNow("the job's state cannot be confirmed; ask again");

    private async Task<(JobResponse? Job, Problem? Problem)> FollowAsync(
        JobId id, TimeSpan wait, CancellationToken cancellation)
    {
        long deadline = time.GetTimestamp() + (long)(wait.TotalSeconds * time.TimestampFrequency);
        while (true)
        {
            using JobWaiters.JobWait? waiting = wait > TimeSpan.Zero ? parts.Waiters.Begin(id) : null;
            (JobDetails? found, UInt128 remaining) = await parts.ApplyThread.ReadAsync(
                () => (parts.View.Find(id), parts.View.Counts.IterationsRemaining), cancellation);
            if (found is not { } job)
            {
                return (null, Problems.From(ResultCode.UnknownJob, id));
            }

            TimeSpan left = time.GetElapsedTime(time.GetTimestamp(), deadline);
            if (job.State != JobState.Pending || waiting is null || left <= TimeSpan.Zero)
            {
                return (await RenderAsync(job, remaining, cancellation), null);
            }

            try
            {
                await waiting.Changed.WaitAsync(left, time, cancellation);
            }
            catch (TimeoutException)
            {
                // The time to wait is over: the next turn answers with the state as it is.
            }
        }
    }

    private async Task<JobResponse> RenderAsync(JobDetails job, UInt128 remaining, CancellationToken cancellation)
    {
        if (job.State != JobState.Pending)
        {
            return Render(job, running: null, eta: null);
        }

        ChainProgress? running = await FindProgressAsync(job.Id, cancellation);
        WorkReport report = parts.WorkBoard.Current;
        return Render(job, running, Estimate(job, running, remaining, report));
    }

    private async Task<ChainProgress?> FindProgressAsync(JobId id, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(ProgressTimeoutMs);
        try
        {
            return await parts.FindProgress(id, limit.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>
    /// A running chain goes at the rate of a lane, the mean of the busy ones; one that shares its lane with others goes
    /// slower. A waiting one ends, at the latest by this estimate, when all the work is drained, and not before its own
    /// chain could be walked by one lane.
    /// </summary>
    private static double? Estimate(JobDetails job, ChainProgress? running, UInt128 remaining, WorkReport report)
    {
        double laneRate = report.LaneIterationsPerSecond;
        double rate = report.IterationsPerSecond;
        if (rate <= 0 || laneRate <= 0)
        {
            return null;
        }

        double own = (job.IterationsTotal - Done(job, running)) / laneRate;
        return running is null ? Math.Max(own, (double)remaining / rate) : own;
    }

    private static ulong Done(JobDetails job, ChainProgress? running) =>
        Math.Min(job.IterationsTotal, Math.Max(job.IterationsDone, running?.IterationsDone ?? 0));

    private static JobResponse Render(JobDetails job, ChainProgress? running, double? eta)
    {
        ulong done = Done(job, running);
        bool hasResult = job.State is JobState.Completed or JobState.Pulled;
        string state = job.State switch
        {
            JobState.Pending => running is null ? "pending" : "running",
            JobState.Completed => "completed",
            JobState.Pulled => "pulled",
            JobState.Cancelled => "cancelled",
            _ => throw new InvariantException($"job state {job.State} is known"),
        };
        return new JobResponse(
            job.Id.ToString(),
            state,
            job.IterationsTotal,
            done,
            Math.Round(done / (double)job.IterationsTotal, 6),
            eta is { } seconds ? Math.Round(seconds, 1) : null,
            job.Priority,
            Iso(job.EnqueuedAtMs),
            hasResult ? Iso(job.FinishedAtMs) : null,
            hasResult ? job.Chain.ToString() : null);
    }
}
