using JobNode.Commands;

namespace JobNode.Queue;

/// <summary>
/// Where a job stands: <c>Pending -> Completed -> Pulled -> gone</c>, or <c>Pending -> Cancelled -> gone</c>. A recall
/// leads from <c>Completed</c> back to <c>Pending</c>.
/// </summary>
/// <remarks>The numbers are those of the snapshot; zero marks a free slot.</remarks>
internal enum JobState : byte
{
    /// <summary>Not finished. Whether some node works on it is the leader's knowledge, not the state's.</summary>
    Pending = 1,

    /// <summary>Finished, its result waits to be pulled.</summary>
    Completed = 2,

    /// <summary>Its result was handed out; still readable until the retention ends.</summary>
    Pulled = 3,

    /// <summary>Cancelled before it finished.</summary>
    Cancelled = 4,
}

/// <summary>All that is known of one job.</summary>
/// <param name="Id">The job.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Chain">The chain after <paramref name="IterationsDone"/> iterations: the result once completed.</param>
/// <param name="IterationsDone">1 to <paramref name="IterationsTotal"/>.</param>
/// <param name="IterationsTotal">As asked for.</param>
/// <param name="Priority">0 to 9.</param>
/// <param name="EnqueuedAtMs">Unix ms.</param>
/// <param name="FinishedAtMs">Unix ms of completion or cancellation; 0 while pending. A pull does not change
/// it.</param>
internal readonly record struct JobDetails(
    JobId Id,
    JobState State,
    Digest512 Chain,
    ulong IterationsDone,
    ulong IterationsTotal,
    byte Priority,
    ulong EnqueuedAtMs,
    ulong FinishedAtMs);

/// <summary>An unfinished job, as the dispatcher needs it.</summary>
internal readonly record struct PendingJob(
    JobId Id, Digest512 Chain, ulong IterationsDone, ulong IterationsTotal, byte Priority);

/// <summary>How many jobs are in which state.</summary>
/// <param name="Unfinished">Pending, running ones included.</param>
/// <param name="Completed">Finished and not pulled.</param>
/// <param name="Pulled">Pulled, under retention.</param>
/// <param name="Cancelled">Cancelled, under retention.</param>
/// <param name="IterationsRemaining">Sum over the unfinished jobs of total less done (as of their last
/// checkpoint).</param>
/// <param name="ResultMismatches">How often a second, different result was reported: evidence of a broken
/// machine.</param>
internal readonly record struct QueueCounts(
    int Unfinished,
    int Completed,
    int Pulled,
    int Cancelled,
    UInt128 IterationsRemaining,
    ulong ResultMismatches)
{
    /// <summary>All jobs in the state, against <see cref="StateLimits.JobsHeldMax"/>.</summary>
    public int Held => Unfinished + Completed + Pulled + Cancelled;
}

/// <summary>A page of jobs.</summary>
/// <param name="Jobs">At most as many as asked for.</param>
/// <param name="NextCursor">Pass it on for the next page; null when this was the last one.</param>
internal sealed record JobPage(IReadOnlyList<JobDetails> Jobs, string? NextCursor);

/// <summary>Bounds that decide results, so they must be the same on every node of a cluster.</summary>
/// <param name="JobsHeldMax">Jobs in the state, those under retention included; past it an enqueue is refused.</param>
internal sealed record StateLimits(int JobsHeldMax)
{
    /// <summary>The product's bounds.</summary>
    public static readonly StateLimits Default = new(Limits.JobsHeldMax);
}
