using JobNode.Commands;
using JobNode.Observability;
using JobNode.Queue;

namespace JobNode.Api;

/// <summary>
/// What an operator allows at this node's door: bodies, iterations, jobs held, free disk. Only new jobs are ever
/// refused here; reads, pulls, completions and cancels go on.
/// </summary>
internal sealed class JobAdmission(ApiParts parts, LimitOptions limits, TimeProvider time)
{
    /// <summary>
    /// The count of jobs is this old at most, in milliseconds; what came in here meanwhile is added. What came in
    /// through other nodes is not, so the bound may be passed by that much.
    /// </summary>
    private const int CountFreshMs = 250;

    private long _heldJobs;
    private long _countedAt = long.MinValue;

    /// <summary>The bounds.</summary>
    public LimitOptions Limits => limits;

    /// <summary>Why so many new jobs cannot be taken now, or null.</summary>
    public async ValueTask<Problem?> CheckAsync(int jobs, CancellationToken cancellation)
    {
        Invariant.That(jobs > 0, "nothing needs no admission");

        // A node whose disk is blocked keeps nothing of what it passes on, so it takes jobs for the others.
        if (parts.Conditions.Has(NodeCondition.DiskLow) && !parts.Conditions.Has(NodeCondition.DiskBlocked))
        {
            return Problems.From(ResultCode.DiskLow);
        }

        // The state itself keeps the bound that no flag lowered.
        if (limits.JobsMax >= Commands.Limits.JobsHeldMax)
        {
            return null;
        }

        await RefreshAsync(cancellation);
        if (Interlocked.Add(ref _heldJobs, jobs) <= limits.JobsMax)
        {
            return null;
        }

        Interlocked.Add(ref _heldJobs, -jobs);
        return new(
            Problems.JobsMaxReached,
            $"The cluster holds as many jobs as this node was told to allow (--max-jobs {limits.JobsMax}); pull "
            + "results and send the job again later.");
    }

    /// <summary>No leader was found; when that is because of this node's own disk, it says so.</summary>
    public Problem Explain(Problem problem) =>
        problem.Kind == Problems.NoQuorum && parts.Conditions.SentenceOf(NodeCondition.DiskBlocked) is { } sentence
            ? new Problem(Problems.DiskBlocked, $"{sentence} The command was not accepted; send it to another node.")
            : problem;

    private async ValueTask RefreshAsync(CancellationToken cancellation)
    {
        long countedAt = Interlocked.Read(ref _countedAt);
        if (countedAt != long.MinValue && time.GetElapsedTime(countedAt).TotalMilliseconds < CountFreshMs)
        {
            return;
        }

        QueueCounts counts = await parts.ApplyThread.ReadAsync(() => parts.View.Counts, cancellation);
        Interlocked.Exchange(ref _heldJobs, counts.Unfinished + counts.Completed + counts.Pulled + counts.Cancelled);
        Interlocked.Exchange(ref _countedAt, time.GetTimestamp());
    }
}
