using JobNode.Commands;

namespace JobNode.Queue;

/// <summary>
/// The whole replicated state: the tables, the queues over them and the counters. Its methods are the only ways in
/// which a job appears, moves between queues and goes; they keep tables, queues and digest in step.
/// </summary>
internal sealed class QueueState
{
    /// <summary>
    /// Queues whose order is part of the state: a pending one per priority, completed, pulled, cancelled.
    /// </summary>
    public const int QueueCount = Limits.PriorityMax + 1 + 3;

    /// <summary>All jobs.</summary>
    public JobTable Jobs { get; } = new();

    /// <summary>Idempotency keys of enqueues.</summary>
    public IdempotencyTable Keys { get; } = new();

    /// <summary>Pulls, to answer a repeated one.</summary>
    public PullLedger Pulls { get; } = new();

    /// <summary>Unfinished jobs.</summary>
    public PendingQueue Pending { get; } = new();

    /// <summary>Results waiting.</summary>
    public CompletedQueue Completed { get; } = new();

    /// <summary>Jobs handed out, in that order.</summary>
    public SequenceQueue Pulled { get; } = new();

    /// <summary>Jobs cancelled, in that order.</summary>
    public SequenceQueue Cancelled { get; } = new();

    /// <summary>Nodes that get no work.</summary>
    public QuarantineList Quarantined { get; } = new();

    /// <summary>The newest time stamp applied, Unix ms. Never goes back.</summary>
    public ulong LastTimeMs { get; set; }

    /// <summary>How often a second, different result was reported.</summary>
    public ulong ResultMismatches { get; set; }

    /// <summary>
    /// 128 bits over everything that decides how the state goes on. The log index is not in it: the same state reached
    /// by two logs has the same digest.
    /// </summary>
    public UInt128 Digest => Jobs.Digest + Keys.Digest + Pulls.Digest + Quarantined.Digest + HashScalars();

    /// <summary>The digest computed from all items: what <see cref="Digest"/> must equal.</summary>
    public UInt128 RecomputeDigest() =>
        Jobs.RecomputeDigest() + Keys.RecomputeDigest(Jobs) + Pulls.RecomputeDigest() + Quarantined.RecomputeDigest()
        + HashScalars();

    /// <summary>One of the <see cref="QueueCount"/> queues: 0 is pending of the highest priority, and so on.</summary>
    public SequenceQueue QueueAt(int ordinal) => ordinal switch
    {
        <= Limits.PriorityMax => Pending.OfPriority(Limits.PriorityMax - ordinal),
        Limits.PriorityMax + 1 => Completed.Order,
        Limits.PriorityMax + 2 => Pulled,
        _ => Cancelled,
    };

    /// <summary>Adds a new job, pending or completed at once, with its idempotency key if it has one.</summary>
    public void Admit(JobRecord record, UInt128 key, UInt128 fingerprint)
    {
        Invariant.That(record.State is JobState.Pending or JobState.Completed, "a new job is pending or completed");
        Invariant.That(Jobs.Find(new JobId(record.Id)) < 0, "a new job has a new id");
        int slot = Jobs.Add(record);
        if (key != UInt128.Zero)
        {
            record = record with { KeyEntry = AddKey(slot, record, key, fingerprint) };
        }

        Jobs.Replace(slot, record with { Sequence = Join(slot, record) });
        CheckCounts();
    }

    /// <summary>
    /// Puts a job of a snapshot back at its place; false when the place is outside its queue or taken.
    /// </summary>
    public bool Readmit(JobRecord record, UInt128 key, UInt128 fingerprint)
    {
        Invariant.That(record.KeyEntry == 0, "the entry of a key is given here");
        Invariant.That(Jobs.Find(new JobId(record.Id)) < 0, "a new job has a new id");
        int slot = Jobs.Add(record);
        if (key != UInt128.Zero)
        {
            Jobs.Replace(slot, record with { KeyEntry = AddKey(slot, record, key, fingerprint) });
        }

        return record.State switch
        {
            JobState.Pending => Pending.Place(slot, record),
            JobState.Completed => Completed.Order.Place(record.Sequence, slot),
            JobState.Pulled => Pulled.Place(record.Sequence, slot),
            _ => Cancelled.Place(record.Sequence, slot),
        };
    }

    /// <summary>Moves a job into the queue of another state; the record already carries that state.</summary>
    public void Move(int slot, JobRecord record)
    {
        JobRecord before = Jobs[slot];
        Invariant.That(
            (before.State, record.State) is (JobState.Pending, JobState.Completed)
                or (JobState.Pending, JobState.Cancelled)
                or (JobState.Completed, JobState.Pulled)
                or (JobState.Completed, JobState.Pending),
            "a job moves along the diagram of states");
        Leave(slot, before);
        Jobs.Replace(slot, record with { Sequence = Join(slot, record) });
        CheckCounts();
    }

    /// <summary>Changes a pending job in place.</summary>
    public void MoveForward(int slot, Digest512 chain, ulong iterationsDone)
    {
        JobRecord record = Jobs[slot];
        Invariant.That(record.State == JobState.Pending, "only a pending job moves forward");
        Invariant.That(iterationsDone > record.IterationsDone, "a checkpoint never goes back");
        Invariant.That(iterationsDone < record.IterationsTotal, "a checkpoint is short of the end");
        Pending.NoteProgress(iterationsDone - record.IterationsDone);
        Jobs.Replace(slot, record with { Chain = chain, IterationsDone = iterationsDone });
    }

    /// <summary>Takes progress of a pending job back.</summary>
    public void MoveBack(int slot, Digest512 chain, ulong iterationsDone)
    {
        JobRecord record = Jobs[slot];
        Invariant.That(record.State == JobState.Pending, "only a pending job moves back in place");
        Invariant.That(iterationsDone >= 1 && iterationsDone < record.IterationsDone, "a recall goes back");
        Pending.NoteRecall(record.IterationsDone - iterationsDone);
        Jobs.Replace(slot, record with { Chain = chain, IterationsDone = iterationsDone });
    }

    /// <summary>Removes a finished job and its idempotency key.</summary>
    public void Forget(int slot)
    {
        JobRecord record = Jobs[slot];
        Invariant.That(record.State != JobState.Pending, "an unfinished job is never forgotten");
        Leave(slot, record);
        if (record.KeyEntry != 0)
        {
            Keys.Remove(record.KeyEntry - 1, new JobId(record.Id));
        }

        Jobs.Remove(slot);
        CheckCounts();
    }

    /// <summary>Every job stands in exactly one queue.</summary>
    public void CheckCounts()
    {
        Invariant.That(
            Jobs.Count == Pending.Count + Completed.Count + Pulled.Count + Cancelled.Count,
            "every job stands in exactly one queue");
        Invariant.That(Keys.Count <= Jobs.Count, "no key outlives its job");
    }

    private int AddKey(int slot, in JobRecord record, UInt128 key, UInt128 fingerprint)
    {
        var entry = new IdempotencyEntry { Key = key, Fingerprint = fingerprint, JobSlot = slot };
        return Keys.Add(entry, new JobId(record.Id)) + 1;
    }

    private ulong Join(int slot, in JobRecord record) => record.State switch
    {
        JobState.Pending => Pending.Append(slot, record),
        JobState.Completed => Completed.Order.Append(slot),
        JobState.Pulled => Pulled.Append(slot),
        JobState.Cancelled => Cancelled.Append(slot),
        _ => throw new InvariantException($"no queue for state {record.State}"),
    };

    private void Leave(int slot, in JobRecord record)
    {
        switch (record.State)
        {
            case JobState.Pending:
                Pending.Remove(slot, record);
                break;
            case JobState.Completed:
                Completed.Order.Remove(record.Sequence, slot);
                break;
            case JobState.Pulled:
                Pulled.Remove(record.Sequence, slot);
                break;
            case JobState.Cancelled:
                Cancelled.Remove(record.Sequence, slot);
                break;
            default:
                throw new InvariantException($"no queue for state {record.State}");
        }
    }

    private UInt128 HashScalars()
    {
        var hash = new StateHash(StateHash.ItemKind.Scalars);
        hash.Add(LastTimeMs);
        hash.Add(ResultMismatches);
        hash.Add(Pulls.Order.Next);
        for (int ordinal = 0; ordinal < QueueCount; ordinal++)
        {
            hash.Add(QueueAt(ordinal).Next);
        }

        return hash.Finish();
    }
}
