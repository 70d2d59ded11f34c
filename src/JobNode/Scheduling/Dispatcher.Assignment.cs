using System.Runtime.InteropServices;
using JobNode.Commands;

namespace JobNode.Scheduling;

/// <summary>Handing out, moving between workers, and what to replicate of the progress.</summary>
internal sealed partial class Dispatcher
{
    /// <summary>
    /// Hands out what the workers have room for: highest priority first; short jobs and then the long ones that were
    /// served least, each by their own measure so that neither blocks the other.
    /// </summary>
    public void Assign(List<Assignment> into)
    {
        AssignChecks(into);
        while (_disputes.Count < SchedulingLimits.DisputesMax
            && _ready.Count > 0
            && PickNext() is ({ } job, { } worker))
        {
            _ready.Give(job);
            Give(job, worker, into);
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
        into.Add(new Assignment(worker.Node, job.ToHand(), job.Id)
        {
            IsCheck = job.Check is not null,
            IsTurn = job.PutAsideBy != NodeId.None,
        });
        job.BeginSegment(isOwn: true);
        PutInHand(job, worker);
    }

    private (DispatchedJob? Job, DispatchWorker? Worker) PickNext()
    {
        for (int priority = Limits.PriorityMax; priority >= 0; priority--)
        {
            if (_ready.PeekShort(priority) is { } shortJob && FindWorker(shortJob) is { } worker)
            {
                return (shortJob, worker);
            }

            if (_ready.PeekLong(priority) is { } longJob && FindWorker(longJob) is { } other)
            {
                return (longJob, other);
            }
        }

        return (null, null);
    }

    /// <summary>Who should take this job; null when all have enough.</summary>
    private DispatchWorker? FindWorker(DispatchedJob job)
    {
        foreach (WorkerPlace place in _ranking.Of(job.IsShort))
        {
            if (place.Tier == PlaceTier.Full)
            {
                break;
            }

            if (job.Check?.MayAsk(place.Worker.Node) != false)
            {
                return place.Worker;
            }
        }

        return null;
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

    /// <summary>True for a job that was put aside for others, and whose turn it is again.</summary>
    public bool IsTurn { get; init; }
}
