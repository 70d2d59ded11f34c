using System.Runtime.InteropServices;
using JobNode.Commands;

namespace JobNode.Scheduling;

/// <summary>Handing out, moving between workers, and what to replicate of the progress.</summary>
internal sealed partial class Dispatcher
{
    /// <summary>A job that was moved comes to rest for this long, in milliseconds.</summary>
    private const long MoveRestMs = 5_000;

    /// <summary>
    /// Hands out what the workers have room for: highest priority first, older first, short and long jobs each by their
    /// own measure so that neither blocks the other.
    /// </summary>
    public void Assign(List<Assignment> into)
    {
        AssignChecks(into);
        while (_disputes.Count < SchedulingLimits.DisputesMax
            && _ready.Count > 0
            && PickNext() is ({ } job, { } worker))
        {
            _ready.Remove(job);
            Give(job, worker, into);
        }
    }

    /// <summary>
    /// Takes long jobs from workers that have more than they can run and gives them to workers with nothing to do in a
    /// thread or lane, when no job is ready (a node that joined, jobs that ended unevenly). Costs at most the work
    /// since the last report of that job.
    /// </summary>
    /// <param name="nowMs">Monotonic milliseconds.</param>
    /// <param name="drops">What the old workers must drop.</param>
    /// <param name="into">What the new ones get.</param>
    public void Rebalance(long nowMs, List<Assignment> drops, List<Assignment> into)
    {
        while (_ready.Count == 0 && FindMove(nowMs) is ({ } job, { } to))
        {
            DispatchWorker from = job.Worker!;
            CloseSegment(job);
            from.Remove(job);
            job.MovedAtMs = nowMs;
            drops.Add(new Assignment(from.Node, job.ToHand(), job.Id));
            Give(job, to, into);
        }
    }

    /// <summary>Chains whose progress is worth replicating, up to <paramref name="max"/>; taken as proposed.</summary>
    public void TakeCheckpoints(int max, List<ChainProgress> into)
    {
        while (into.Count < max && _checkpointsDue.TryDequeue(out DispatchedJob? job))
        {
            job.IsCheckpointDue = false;
            if (!job.IsFinished && job.IterationsDone > job.CheckpointDone)
            {
                CloseSegment(job);
                job.BeginSegment(isOwn: true);
                job.CheckpointDone = job.IterationsDone;
                into.Add(job.Progress);
            }
        }
    }

    /// <summary>A worker leaves in order: all that it did since the last checkpoints is worth replicating.</summary>
    /// <returns>How many jobs are ready again.</returns>
    public int Leave(NodeId node, IReadOnlyList<ChainProgress> inHand)
    {
        Move(node, inHand);
        if (_workers.TryGetValue(node, out DispatchWorker? worker))
        {
            foreach (DispatchedJob job in worker.Jobs)
            {
                if (!job.IsCheckpointDue && job.IterationsDone > job.CheckpointDone)
                {
                    job.IsCheckpointDue = true;
                    _checkpointsDue.Enqueue(job);
                }
            }
        }

        return Disconnect(node);
    }

    private static void Give(DispatchedJob job, DispatchWorker worker, List<Assignment> into)
    {
        job.BeginSegment(isOwn: true);
        worker.Add(job);
        into.Add(new Assignment(worker.Node, job.ToHand(), job.Id) { IsCheck = job.Check is not null });
    }

    private (DispatchedJob? Job, DispatchWorker? Worker) PickNext()
    {
        for (int priority = Limits.PriorityMax; priority >= 0; priority--)
        {
            DispatchedJob? shortJob = _ready.Peek(priority, isShort: true);
            DispatchedJob? longJob = _ready.Peek(priority, isShort: false);
            bool isShortOlder = longJob is null || (shortJob is not null && shortJob.Sequence < longJob.Sequence);
            DispatchedJob? first = isShortOlder ? shortJob : longJob;
            DispatchedJob? second = isShortOlder ? longJob : shortJob;
            if (first is not null && FindWorker(first) is { } worker)
            {
                return (first, worker);
            }

            if (second is not null && FindWorker(second) is { } other)
            {
                return (second, other);
            }
        }

        return (null, null);
    }

    /// <summary>
    /// Who should take this job: a worker with a hash thread to spare (a chain alone in a thread runs fastest), else
    /// one with a lane to spare, else one whose hand is not full; of these the least loaded. Null when all have enough.
    /// </summary>
    private DispatchWorker? FindWorker(DispatchedJob job)
    {
        DispatchWorker? best = null;
        (int Tier, double Load) bestRank = (int.MaxValue, 0);
        foreach (DispatchWorker worker in _workers.Values)
        {
            if (worker.HasRoom
                && job.Check?.MayAsk(worker.Node) != false
                && Rank(worker, job) is { } rank && rank.CompareTo(bestRank) < 0)
            {
                best = worker;
                bestRank = rank;
            }
        }

        return best;
    }

    private static (int Tier, double Load)? Rank(DispatchWorker worker, DispatchedJob job)
    {
        if (worker.JobsPerThread < 1)
        {
            return (0, worker.JobsPerThread);
        }

        if (worker.JobsPerLane < 1)
        {
            return (1, worker.JobsPerLane);
        }

        double fill = job.IsShort ? worker.ShortFill : worker.LongFill;
        return fill < 1 ? (2, fill) : null;
    }

    private (DispatchedJob? Job, DispatchWorker? To) FindMove(long nowMs)
    {
        foreach (DispatchWorker to in _workers.Values)
        {
            if (!to.HasRoom || to.JobsPerLane >= 1)
            {
                continue;
            }

            foreach (DispatchWorker from in _workers.Values)
            {
                if (from != to && IsWorthMoving(from, to) && FindMovable(from, nowMs) is { } job)
                {
                    return (job, to);
                }
            }
        }

        return (null, null);
    }

    /// <summary>
    /// A lane would fill that is empty, with a job that has none; or a thread, and the loads come closer.
    /// </summary>
    private static bool IsWorthMoving(DispatchWorker from, DispatchWorker to) =>
        from.JobsPerLane > 1
        || (to.JobsPerThread < 1
            && (double)(from.Jobs.Count - 1) / from.HashThreads >= (double)(to.Jobs.Count + 1) / to.HashThreads);

    private static DispatchedJob? FindMovable(DispatchWorker from, long nowMs)
    {
        DispatchedJob? longest = null;
        foreach (DispatchedJob job in from.Jobs)
        {
            if (job.Check is null
                && job.IterationsLeft > SchedulingLimits.ShortJobIterationsMax
                && nowMs - job.MovedAtMs >= MoveRestMs
                && (longest is null || job.IterationsLeft > longest.IterationsLeft))
            {
                longest = job;
            }
        }

        return longest;
    }
}

/// <summary>A job and the worker it goes to, or is taken from.</summary>
/// <param name="Worker">The worker.</param>
/// <param name="Job">As the worker knows it.</param>
/// <param name="Id">The job's own id, or that of a check.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Assignment(NodeId Worker, JobInHand Job, JobId Id)
{
    /// <summary>True for work that somebody did before.</summary>
    public bool IsCheck { get; init; }
}
