using JobNode.Commands;

namespace JobNode.Scheduling;

/// <summary>
/// Jobs ready to be handed out, by priority: short ones, oldest first; long ones by <see cref="ServiceLevel"/>, the
/// least served first, oldest first within a level. Every few long ones, the one that has waited longest goes first,
/// so that each gets its turn. Removing only marks a job: its place in its level goes when its turn comes.
/// </summary>
internal sealed class ReadyJobs
{
    private readonly PriorityQueue<DispatchedJob, long>[] _short = CreateQueues(Limits.PriorityMax + 1);
    private readonly PriorityQueue<DispatchedJob, long>[] _long =
        CreateQueues((Limits.PriorityMax + 1) * ServiceLevel.Count);

    private readonly LinkedList<DispatchedJob>[] _waiting = CreateLists();
    private readonly int[] _shortCounts = new int[Limits.PriorityMax + 1];
    private readonly int[] _freshCounts = new int[Limits.PriorityMax + 1];
    private readonly int[] _longGiven = new int[Limits.PriorityMax + 1];

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

    /// <summary>Short jobs of a priority.</summary>
    public int CountShort(int priority) => _shortCounts[priority];

    /// <summary>Long jobs of a priority.</summary>
    public int CountLong(int priority) => _waiting[priority].Count;

    /// <summary>Long jobs of a priority that have had next to no service.</summary>
    public int CountFresh(int priority) => _freshCounts[priority];

    /// <summary>Makes a job ready.</summary>
    public void Add(DispatchedJob job)
    {
        Invariant.That(!job.IsReady && !job.IsFinished, "a job becomes ready once");
        Invariant.That(job.Worker is null, "a ready job is in nobody's hand");
        job.IsReady = true;
        job.IsShort = job.IterationsLeft <= SchedulingLimits.ShortJobIterationsMax;
        job.Level = ServiceLevel.Of(job.IterationsDone);
        Count++;
        if (job.IsShort)
        {
            _short[job.Priority].Enqueue(job, job.Sequence);
            _shortCounts[job.Priority]++;
            return;
        }

        QueueOf(job.Priority, job.Level).Enqueue(job, job.Sequence);
        job.Turn = _waiting[job.Priority].AddLast(job);
        _freshCounts[job.Priority] += job.Level == 0 ? 1 : 0;
    }

    /// <summary>Takes a job out, wherever it is.</summary>
    public void Remove(DispatchedJob job)
    {
        Invariant.That(job.IsReady, "the job is ready");
        job.IsReady = false;
        Count--;
        if (job.IsShort)
        {
            _shortCounts[job.Priority]--;
        }
        else
        {
            _waiting[job.Priority].Remove(job.Turn!);
            job.Turn = null;
            _freshCounts[job.Priority] -= job.Level == 0 ? 1 : 0;
        }

        Invariant.That(Count >= 0, "no fewer than no jobs are ready");
    }

    /// <summary>Takes out a job that is handed out, and counts that.</summary>
    public void Give(DispatchedJob job)
    {
        Remove(job);
        _longGiven[job.Priority] += job.IsShort ? 0 : 1;
    }

    /// <summary>The oldest short job of a priority; null when there is none.</summary>
    public DispatchedJob? PeekShort(int priority) => Peek(_short[priority], isShort: true, level: -1);

    /// <summary>The long job of a priority that had least service; null when there is none.</summary>
    public DispatchedJob? PeekLeastServed(int priority)
    {
        for (int level = 0; level < ServiceLevel.Count && _waiting[priority].Count > 0; level++)
        {
            if (Peek(QueueOf(priority, level), isShort: false, level) is { } job)
            {
                return job;
            }
        }

        return null;
    }

    /// <summary>The long job of a priority whose turn it is; null when there is none.</summary>
    public DispatchedJob? PeekLong(int priority) =>
        _longGiven[priority] % SchedulingLimits.LongestWaitTurn == SchedulingLimits.LongestWaitTurn - 1
            ? _waiting[priority].First?.Value
            : PeekLeastServed(priority);

    /// <summary>The first that counts; removes those before it.</summary>
    private static DispatchedJob? Peek(PriorityQueue<DispatchedJob, long> queue, bool isShort, int level)
    {
        while (queue.TryPeek(out DispatchedJob? job, out _))
        {
            // A job that left and came back elsewhere stands there, too: that is where it counts.
            if (job.IsReady && job.IsShort == isShort && (isShort || job.Level == level))
            {
                return job;
            }

            queue.Dequeue();
        }

        return null;
    }

    private PriorityQueue<DispatchedJob, long> QueueOf(int priority, int level) =>
        _long[(priority * ServiceLevel.Count) + level];

    private static PriorityQueue<DispatchedJob, long>[] CreateQueues(int count)
    {
        var queues = new PriorityQueue<DispatchedJob, long>[count];
        for (int i = 0; i < queues.Length; i++)
        {
            queues[i] = new PriorityQueue<DispatchedJob, long>();
        }

        return queues;
    }

    private static LinkedList<DispatchedJob>[] CreateLists()
    {
        var lists = new LinkedList<DispatchedJob>[Limits.PriorityMax + 1];
        for (int priority = 0; priority < lists.Length; priority++)
        {
            lists[priority] = new LinkedList<DispatchedJob>();
        }

        return lists;
    }
}
