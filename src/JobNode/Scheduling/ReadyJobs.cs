using JobNode.Commands;

namespace JobNode.Scheduling;

/// <summary>
/// Jobs ready to be handed out, by priority, short and long ones apart, older first. Removing only marks a job: its
/// place goes when its turn comes.
/// </summary>
internal sealed class ReadyJobs
{
    private readonly PriorityQueue<DispatchedJob, long>[] _short = CreateQueues();
    private readonly PriorityQueue<DispatchedJob, long>[] _long = CreateQueues();

    /// <summary>Jobs that are ready.</summary>
    public int Count { get; private set; }

    /// <summary>Iterations left in the longest job that is ready; 0 when none is. Looks at every one.</summary>
    public ulong LongestIterationsLeft
    {
        get
        {
            ulong longest = 0;
            foreach (PriorityQueue<DispatchedJob, long> queue in _long.Concat(_short))
            {
                foreach ((DispatchedJob job, long _) in queue.UnorderedItems)
                {
                    longest = job.IsReady ? Math.Max(longest, job.IterationsLeft) : longest;
                }
            }

            return longest;
        }
    }

    /// <summary>Makes a job ready.</summary>
    public void Add(DispatchedJob job)
    {
        Invariant.That(!job.IsReady && !job.IsFinished, "a job becomes ready once");
        Invariant.That(job.Worker is null, "a ready job is in nobody's hand");
        job.IsReady = true;
        job.IsShort = job.IterationsLeft <= SchedulingLimits.ShortJobIterationsMax;
        (job.IsShort ? _short : _long)[job.Priority].Enqueue(job, job.Sequence);
        Count++;
    }

    /// <summary>Takes a job out, wherever it is.</summary>
    public void Remove(DispatchedJob job)
    {
        Invariant.That(job.IsReady, "the job is ready");
        job.IsReady = false;
        Count--;
        Invariant.That(Count >= 0, "no fewer than no jobs are ready");
    }

    /// <summary>The oldest short or long job of a priority; null when there is none.</summary>
    public DispatchedJob? Peek(int priority, bool isShort)
    {
        PriorityQueue<DispatchedJob, long> queue = (isShort ? _short : _long)[priority];
        while (queue.TryPeek(out DispatchedJob? job, out _))
        {
            // A job that left and came back as the other kind stands in the other queue too: there it counts.
            if (job.IsReady && job.IsShort == isShort)
            {
                return job;
            }

            queue.Dequeue();
        }

        return null;
    }

    private static PriorityQueue<DispatchedJob, long>[] CreateQueues()
    {
        var queues = new PriorityQueue<DispatchedJob, long>[Limits.PriorityMax + 1];
        for (int priority = 0; priority < queues.Length; priority++)
        {
            queues[priority] = new PriorityQueue<DispatchedJob, long>();
        }

        return queues;
    }
}
