using JobNode.Commands;

namespace JobNode.Queue;

/// <summary>Read-only questions to the state; only on the thread that applies.</summary>
internal sealed class QueueView
{
    private QueueState _state;

    /// <summary>A view of a state.</summary>
    internal QueueView(QueueState state) => _state = state;

    /// <summary>How many jobs are in which state.</summary>
    public QueueCounts Counts => new(
        _state.Pending.Count,
        _state.Completed.Count,
        _state.Pulled.Count,
        _state.Cancelled.Count,
        _state.Pending.IterationsRemaining,
        _state.ResultMismatches);

    /// <summary>When the oldest job was enqueued that is not finished, Unix ms; null when there is none. A job that was
    /// recalled stands behind the newer ones of its priority, and counts once it is the first of them.</summary>
    public ulong? OldestUnfinishedMs
    {
        get
        {
            ulong? oldest = null;
            for (int priority = 0; priority <= Limits.PriorityMax; priority++)
            {
                if (_state.Pending.OfPriority(priority).TryNext(0, out _, out int slot))
                {
                    ulong enqueued = _state.Jobs[slot].EnqueuedAtMs;
                    oldest = Math.Min(oldest ?? enqueued, enqueued);
                }
            }

            return oldest;
        }
    }

    /// <summary>The newest time stamp applied, Unix ms: the state's own clock.</summary>
    public ulong LastTimeMs => _state.LastTimeMs;

    /// <summary>Nodes that get no work, oldest first.</summary>
    public QuarantinedNode[] Quarantined => _state.Quarantined.ToArray();

    /// <summary>One job, or null when it is unknown (never was, or expired).</summary>
    public JobDetails? Find(JobId id)
    {
        int slot = _state.Jobs.Find(id);
        return slot < 0 ? null : _state.Jobs[slot].ToDetails();
    }

    /// <summary>The job that was enqueued with a key, or null when none is known.</summary>
    public JobId? FindByKey(UInt128 key)
    {
        int entry = _state.Keys.Find(key);
        return entry < 0 ? null : new JobId(_state.Jobs[_state.Keys[entry].JobSlot].Id);
    }

    /// <summary>
    /// Appends unfinished jobs after the cursor, highest priority first, then first in first out, and moves the cursor
    /// behind them; jobs that it is not for are passed over. Jobs that arrive later show up in later calls.
    /// </summary>
    /// <param name="cursor">Whose place it is.</param>
    /// <param name="max">Jobs to look at, at most.</param>
    /// <param name="into">The jobs.</param>
    /// <param name="isWanted">Says of each priority if it is to be read; all by default.</param>
    public void ReadPending(PendingCursor cursor, int max, List<PendingJob> into, Func<int, bool>? isWanted = null)
    {
        int left = max;
        for (int priority = Limits.PriorityMax; priority >= 0 && left > 0; priority--)
        {
            if (isWanted?.Invoke(priority) == false)
            {
                continue;
            }

            SequenceQueue queue = _state.Pending.OfPriority(priority);
            ref ulong next = ref cursor.Next((byte)priority);
            bool hasNext;
            while ((hasNext = queue.TryNext(next, out ulong sequence, out int slot)) && left > 0)
            {
                ref readonly JobRecord record = ref _state.Jobs[slot];
                if (cursor.IsFor(record.IterationsTotal))
                {
                    into.Add(new PendingJob(
                        new JobId(record.Id),
                        record.Chain,
                        record.IterationsDone,
                        record.IterationsTotal,
                        record.Priority));
                }

                next = sequence + 1;
                left--;
            }

            if (!hasNext)
            {
                cursor.NoteEnd(priority);
            }
        }
    }

    /// <summary>
    /// A page of jobs in one state, or of all: pending by priority, then completed, pulled, cancelled, each oldest
    /// first.
    /// </summary>
    /// <param name="state">Null for all.</param>
    /// <param name="limit">Most jobs on the page, 1 or more.</param>
    /// <param name="cursor">From the page before; null for the first. Jobs may come and go between pages: one that
    /// changes its state may be met twice or not at all, one that does not is met exactly once.</param>
    /// <exception cref="FormatException">Not a cursor; ask <see cref="PageCursor.TryParse"/> before.</exception>
    public JobPage Page(JobState? state, int limit, string? cursor)
    {
        Invariant.That(limit >= 1, "a page has room");
        (int ordinal, int lastOrdinal) = QueuesOf(state);
        PageCursor from = new(ordinal, 0);
        if (cursor is not null && !PageCursor.TryParse(cursor, out from))
        {
            throw new FormatException("not a cursor of a page of jobs");
        }

        var jobs = new List<JobDetails>(Math.Min(limit, 1024));
        ulong sequence = from.Queue < ordinal ? 0 : from.Sequence;
        for (ordinal = Math.Max(ordinal, from.Queue); ordinal <= lastOrdinal; ordinal++, sequence = 0)
        {
            while (_state.QueueAt(ordinal).TryNext(sequence, out ulong found, out int slot))
            {
                if (jobs.Count == limit)
                {
                    return new JobPage(jobs, new PageCursor(ordinal, found).ToString());
                }

                jobs.Add(_state.Jobs[slot].ToDetails());
                sequence = found + 1;
            }
        }

        return new JobPage(jobs, null);
    }

    /// <summary>How many jobs and keys an <see cref="Expire"/> with these arguments would remove.</summary>
    public int CountExpirable(ulong finishedBeforeMs, ulong unpulledBeforeMs, int max)
    {
        long count = 0;
        ulong pulled = _state.Pulled.First;
        ulong at = 0;
        while (count < max
            && _state.Pulls.Order.TryNext(at, out ulong sequence, out int entry)
            && _state.Pulls[entry].TimeMs < finishedBeforeMs)
        {
            // The jobs of the oldest pull may be gone in part.
            ulong end = _state.Pulls[entry].EndSequence;
            count += (long)(end - Math.Min(end, pulled)) + 1;
            pulled = Math.Max(pulled, end);
            at = sequence + 1;
        }

        count += CountFront(_state.Cancelled, finishedBeforeMs, max - count);
        count += CountFront(_state.Completed.Order, unpulledBeforeMs, max - count);
        return (int)Math.Min(count, max);
    }

    /// <summary>Looks at another state from now on: a snapshot replaced the old one.</summary>
    internal void Attach(QueueState state) => _state = state;

    private long CountFront(SequenceQueue queue, ulong beforeMs, long max)
    {
        long count = 0;
        ulong at = 0;
        while (count < max
            && queue.TryNext(at, out ulong sequence, out int slot)
            && _state.Jobs[slot].FinishedAtMs < beforeMs)
        {
            count++;
            at = sequence + 1;
        }

        return count;
    }

    private static (int First, int Last) QueuesOf(JobState? state) => state switch
    {
        null => (0, QueueState.QueueCount - 1),
        JobState.Pending => (0, Limits.PriorityMax),
        JobState.Completed => (Limits.PriorityMax + 1, Limits.PriorityMax + 1),
        JobState.Pulled => (Limits.PriorityMax + 2, Limits.PriorityMax + 2),
        _ => (Limits.PriorityMax + 3, Limits.PriorityMax + 3),
    };
}
