using JobNode.Commands;

namespace JobNode.Queue;

/// <summary>Unfinished jobs: one first-in-first-out queue per priority, and the work left in them.</summary>
internal sealed class PendingQueue
{
    private readonly SequenceQueue[] _byPriority = NewQueues();

    /// <summary>Unfinished jobs.</summary>
    public int Count { get; private set; }

    /// <summary>Iterations not done yet, as of the jobs' last checkpoints.</summary>
    public UInt128 IterationsRemaining { get; private set; }

    /// <summary>The queue of one priority.</summary>
    public SequenceQueue OfPriority(int priority) => _byPriority[priority];

    /// <summary>Appends a job and gives its number within its priority.</summary>
    public ulong Append(int slot, in JobRecord record)
    {
        ulong sequence = _byPriority[record.Priority].Append(slot);
        CountIn(record);
        return sequence;
    }

    /// <summary>Puts a job of a snapshot back at its place; false when the place is wrong or taken.</summary>
    public bool Place(int slot, in JobRecord record)
    {
        CountIn(record);
        return _byPriority[record.Priority].Place(record.Sequence, slot);
    }

    /// <summary>Takes a job out, from wherever it stands.</summary>
    public void Remove(int slot, in JobRecord record)
    {
        _byPriority[record.Priority].Remove(record.Sequence, slot);
        Count--;
        IterationsRemaining -= record.IterationsTotal - record.IterationsDone;
        Invariant.That(Count >= 0, "no fewer than no jobs are pending");
        Invariant.That(Count > 0 || IterationsRemaining == 0, "no work is left when no job is");
    }

    /// <summary>Notes that a checkpoint moved a job forward.</summary>
    public void NoteProgress(ulong iterations)
    {
        Invariant.That(iterations <= IterationsRemaining, "no more work is done than was left");
        IterationsRemaining -= iterations;
    }

    /// <summary>Notes that a recall moved a job back.</summary>
    public void NoteRecall(ulong iterations)
    {
        Invariant.That(Count > 0, "what is recalled is pending");
        IterationsRemaining += iterations;
    }

    private void CountIn(in JobRecord record)
    {
        Invariant.That(record.State == JobState.Pending, "a queued job is pending");
        Invariant.That(record.IterationsDone < record.IterationsTotal, "a pending job has work left");
        Count++;
        IterationsRemaining += record.IterationsTotal - record.IterationsDone;
    }

    private static SequenceQueue[] NewQueues()
    {
        var queues = new SequenceQueue[Limits.PriorityMax + 1];
        for (int priority = 0; priority < queues.Length; priority++)
        {
            queues[priority] = new SequenceQueue();
        }

        return queues;
    }
}
