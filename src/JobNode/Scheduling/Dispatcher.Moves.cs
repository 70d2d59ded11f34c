using JobNode.Commands;

namespace JobNode.Scheduling;

/// <content>Taking jobs out of hands: for others, or for other workers.</content>
internal sealed partial class Dispatcher
{
    /// <summary>A job that was moved comes to rest for this long, in milliseconds.</summary>
    private const long MoveRestMs = 5_000;

    /// <summary>
    /// Takes long jobs out of full hands for ready ones of a higher priority, or of the same that were served less.
    /// Call it after <see cref="Assign"/>: what is ready then has no room. The worker says how far the job came when it
    /// puts it aside, so nothing is computed twice.
    /// </summary>
    /// <param name="drops">What the workers must put aside.</param>
    /// <param name="into">What they get.</param>
    public void Replace(List<Assignment> drops, List<Assignment> into)
    {
        for (int priority = Limits.PriorityMax; priority >= 0; priority--)
        {
            while (_disputes.Count < SchedulingLimits.DisputesMax
                && _ready.PeekLeastServed(priority) is { } claimant
                && FindWorker(claimant) is null
                && _replaceable.FindFor(claimant) is { } victim)
            {
                // Before the victim is ready: it must not be found to have its own turn.
                DispatchedJob job = _ready.PeekLong(priority)!;
                DispatchWorker worker = victim.Worker!;
                CloseSegment(victim);
                TakeFromHand(victim);
                drops.Add(new Assignment(worker.Node, victim.ToHand(), victim.Id));
                _ready.Give(job);
                _ready.Add(victim);
                victim.PutAsideBy = worker.Node;
                Give(job, worker, into);
            }
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
            TakeFromHand(job);
            job.MovedAtMs = nowMs;
            drops.Add(new Assignment(from.Node, job.ToHand(), job.Id));
            Give(job, to, into);
        }
    }

    private (DispatchedJob? Job, DispatchWorker? To) FindMove(long nowMs)
    {
        SortedSet<WorkerPlace> places = _ranking.Of(isShort: false);
        if (places.Min is not { Tier: PlaceTier.ThreadFree or PlaceTier.LaneFree, Worker: { } to })
        {
            return (null, null);
        }

        foreach (WorkerPlace place in places.Reverse())
        {
            if (place.Worker != to && IsWorthMoving(place.Worker, to) && FindMovable(place.Worker, nowMs) is { } job)
            {
                return (job, to);
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
        if (from.LongJobs == 0)
        {
            return null;
        }

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
