using JobNode.Commands;

namespace JobNode.Scheduling;

/// <summary>
/// What goes over a work stream between a worker and the leader.
/// <para>
/// The worker opens the stream and says <see cref="WorkHello"/> first. Then the leader sends
/// <see cref="WorkAssign"/>, <see cref="WorkDrop"/>, <see cref="WorkSettled"/>, <see cref="WorkReported"/>,
/// <see cref="WorkVerified"/> and <see cref="ProgressAnswer"/>; the worker sends <see cref="WorkProgress"/>
/// (its heart-beat), <see cref="WorkFinished"/>, <see cref="ProgressQuestion"/> and, as its last message,
/// <see cref="WorkLeaving"/>.
/// </para>
/// </summary>
internal abstract record WorkMessage;

/// <summary>Worker to leader, first: what it can do and what it has in hand.</summary>
/// <param name="HashThreads">Hash threads; 0 for a node that only stores and answers.</param>
/// <param name="Lanes">Chains it can advance at once, over all of its threads.</param>
/// <param name="Rates">How fast it is.</param>
/// <param name="KernelPath">scalar, avx2 or avx512.</param>
/// <param name="InHand">Jobs it runs or will run, with where they stand: at most <see
/// cref="SchedulingLimits.HandJobsMax"/>.</param>
/// <param name="Finished">Results that no leader settled yet; with the jobs in hand within the same bound.</param>
internal sealed record WorkHello(
    int HashThreads,
    int Lanes,
    HashRates Rates,
    string KernelPath,
    IReadOnlyList<JobInHand> InHand,
    IReadOnlyList<JobResult> Finished) : WorkMessage;

/// <summary>Leader to worker: take these jobs in hand.</summary>
internal sealed record WorkAssign(IReadOnlyList<JobInHand> Jobs) : WorkMessage;

/// <summary>Leader to worker: put these jobs aside, someone else has them or nobody wants them any more.</summary>
internal sealed record WorkDrop(IReadOnlyList<JobId> Jobs) : WorkMessage;

/// <summary>
/// Worker to leader, every <see cref="SchedulingLimits.ProgressIntervalMs"/>: what moved since the last one.
/// </summary>
internal sealed record WorkProgress(
    int LanesBusy, HashRates Rates, IReadOnlyList<ChainProgress> Moved) : WorkMessage;

/// <summary>Worker to leader: results.</summary>
internal sealed record WorkFinished(IReadOnlyList<JobResult> Results) : WorkMessage;

/// <summary>
/// Leader to worker: these results are in the replicated state (or wanted no more) and can be forgotten.
/// </summary>
internal sealed record WorkSettled(IReadOnlyList<JobId> Jobs) : WorkMessage;

/// <summary>Worker to leader, last: its threads stand still, and these are its jobs' last states.</summary>
internal sealed record WorkLeaving(IReadOnlyList<ChainProgress> InHand) : WorkMessage;

/// <summary>Leader to worker, every second.</summary>
internal sealed record WorkReported(WorkReport Report) : WorkMessage;

/// <summary>
/// Leader to worker, every second; only in a cluster of <see cref="FeatureLevels.Quarantine"/>.
/// </summary>
internal sealed record WorkVerified(VerifyReport Report) : WorkMessage;

/// <summary>Worker to leader: where does this job stand?</summary>
internal sealed record ProgressQuestion(ulong Number, JobId Id) : WorkMessage;

/// <summary>Leader to worker: it stands there; null when no worker has it in hand.</summary>
internal sealed record ProgressAnswer(ulong Number, ChainProgress? Progress) : WorkMessage;

/// <summary>A job as it is handed to a worker, and as a worker shows its hand.</summary>
internal readonly record struct JobInHand(
    JobId Id, Digest512 Chain, ulong IterationsDone, ulong IterationsTotal, byte Priority)
{
    /// <summary>Iterations still to do.</summary>
    public ulong IterationsLeft => IterationsTotal - IterationsDone;
}

/// <summary>A finished chain.</summary>
internal readonly record struct JobResult(JobId Id, Digest512 Result);
