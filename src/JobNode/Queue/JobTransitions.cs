using JobNode.Commands;

namespace JobNode.Queue;

/// <summary>
/// What each command does to the state: one method per command. Refusals are ordinary results; a broken belief stops
/// the process. The time is already clamped.
/// </summary>
internal sealed partial class JobTransitions(QueueState state, StateLimits limits, List<JobEvent> events)
{
    /// <summary>
    /// Takes jobs in. A known id gives Duplicate with that id. A known idempotency key gives Duplicate with the
    /// first job's id when body, iterations and priority are the same, else IdempotencyKeyReused. A job of one
    /// iteration is completed at once, because its body was hashed when it came in.
    /// </summary>
    public EnqueueResult Enqueue(Enqueue command, ulong nowMs)
    {
        Invariant.That(command.Jobs.Count is >= 1 and <= Limits.JobsPerCommandMax, "a batch is within its bound");
        Invariant.That(nowMs == state.LastTimeMs, "a command runs at the state's time");
        var outcomes = new JobOutcome[command.Jobs.Count];
        for (int i = 0; i < outcomes.Length; i++)
        {
            outcomes[i] = EnqueueOne(command.Jobs[i], nowMs);
        }

        return new EnqueueResult(outcomes);
    }

    /// <summary>
    /// Finishes jobs, in the order of the batch. The same result again gives Duplicate and changes nothing, also when
    /// the job was pulled meanwhile; another result gives ResultMismatch, is counted, and the first one stays.
    /// </summary>
    public ChainsResult Complete(Complete command, ulong nowMs)
    {
        Invariant.That(command.Chains.Count is >= 1 and <= Limits.JobsPerCommandMax, "a batch is within its bound");
        Invariant.That(nowMs == state.LastTimeMs, "a command runs at the state's time");
        var outcomes = new JobOutcome[command.Chains.Count];
        for (int i = 0; i < outcomes.Length; i++)
        {
            FinishedChain chain = command.Chains[i];
            outcomes[i] = new JobOutcome(chain.Id, CompleteOne(chain, nowMs));
        }

        return new ChainsResult(outcomes);
    }

    /// <summary>
    /// Moves pending jobs forward. One that is not past the last checkpoint, or not short of the end, gives
    /// StaleCheckpoint; a job that is not pending any more gives AlreadyFinished.
    /// </summary>
    public ChainsResult Checkpoint(Checkpoint command)
    {
        Invariant.That(command.Chains.Count is >= 1 and <= Limits.JobsPerCommandMax, "a batch is within its bound");
        UInt128 workBefore = state.Pending.IterationsRemaining;
        var outcomes = new JobOutcome[command.Chains.Count];
        for (int i = 0; i < outcomes.Length; i++)
        {
            ChainProgress chain = command.Chains[i];
            outcomes[i] = new JobOutcome(chain.Id, CheckpointOne(chain));
        }

        Invariant.That(state.Pending.IterationsRemaining <= workBefore, "checkpoints never add work");
        return new ChainsResult(outcomes);
    }

    /// <summary>
    /// Hands out results. A key seen before gives the same batch again, whatever its top and order say now (at the very
    /// end of the retention without the jobs that an Expire in progress already took).
    /// </summary>
    /// <remarks>
    /// A pull that found nothing is not noted, so the same key may give results later. That is safe: an empty answer
    /// that got lost lost nothing, and a client that asks again under its key wants whatever there is now.
    /// </remarks>
    public PullResult Pull(Pull command, ulong nowMs)
    {
        Invariant.That(command.Top is >= 1 and <= Limits.PullTopMax, "a pull is within its bound");
        Invariant.That(command.Key != UInt128.Zero, "a pull has a key");
        int known = state.Pulls.Find(command.Key);
        if (known >= 0)
        {
            return ReadBatch(state.Pulls[known]);
        }

        var batch = new PulledJob[Math.Min(command.Top, state.Completed.Count)];
        ulong firstSequence = state.Pulled.Next;
        for (int i = 0; i < batch.Length; i++)
        {
            Invariant.That(state.Completed.TryPeek(command.Order, out int slot), "as many results wait as counted");
            JobRecord record = state.Jobs[slot] with { State = JobState.Pulled };
            state.Move(slot, record);
            batch[i] = ToPulled(record);
        }

        if (batch.Length > 0)
        {
            state.Pulls.Append(command.Key, nowMs, firstSequence, batch.Length);
        }

        Invariant.That(state.Pulled.Next == firstSequence + (ulong)batch.Length, "a batch is a range");
        Invariant.That(
            state.Pulled.Count <= (long)state.Pulls.Count * Limits.PullTopMax, "every pulled job belongs to a pull");
        return new PullResult(batch);
    }

    /// <summary>
    /// Cancels a pending job. Again gives Ok; a job with a result gives AlreadyFinished.
    /// </summary>
    public CommandResult Cancel(Cancel command, ulong nowMs)
    {
        int slot = state.Jobs.Find(command.Id);
        if (slot < 0)
        {
            return new CommandResult(ResultCode.UnknownJob);
        }

        JobRecord record = state.Jobs[slot];
        if (record.State != JobState.Pending)
        {
            return record.State == JobState.Cancelled
                ? CommandResult.Ok
                : new CommandResult(ResultCode.AlreadyFinished);
        }

        Invariant.That(record.FinishedAtMs == 0, "a pending job has not finished");
        state.Move(slot, record with { State = JobState.Cancelled, FinishedAtMs = nowMs });
        Invariant.That(state.Jobs[slot].State == JobState.Cancelled, "a cancelled job says so");
        events.Add(new JobEvent(JobEventKind.Finished, command.Id));
        return CommandResult.Ok;
    }

    /// <summary>
    /// Forgets, oldest first: jobs of pulls before the cutoff, each pull's key after the last of its jobs; then jobs
    /// cancelled before it; then results that nobody pulled. A job takes its idempotency key along, and both count as
    /// one.
    /// </summary>
    public ExpireResult Expire(Expire command)
    {
        Invariant.That(command.Max is >= 1 and <= Limits.JobsPerCommandMax, "an expiry is within its bound");
        int heldBefore = state.Jobs.Count + state.Pulls.Count;
        int left = command.Max;
        left = ExpirePulls(command.FinishedBeforeMs, left);
        left = ExpireFront(state.Cancelled, command.FinishedBeforeMs, left);
        left = ExpireFront(state.Completed.Order, command.UnpulledBeforeMs, left);
        int removed = command.Max - left;
        Invariant.That(left >= 0, "an expiry stays within its bound");
        Invariant.That(state.Jobs.Count + state.Pulls.Count == heldBefore - removed, "what is counted is gone");
        return new ExpireResult(removed);
    }

    private JobOutcome EnqueueOne(in NewJob job, ulong nowMs)
    {
        Invariant.That(job.IterationsTotal is >= 1 and <= Limits.IterationsMax, "iterations are within bounds");
        Invariant.That(job.Priority <= Limits.PriorityMax, "the priority is within bounds");
        if (state.Jobs.Find(job.Id) >= 0)
        {
            return new JobOutcome(job.Id, ResultCode.Duplicate);
        }

        UInt128 fingerprint = IdempotencyEntry.FingerprintOf(job);
        int known = job.IdempotencyKey == UInt128.Zero ? -1 : state.Keys.Find(job.IdempotencyKey);
        if (known >= 0)
        {
            IdempotencyEntry entry = state.Keys[known];
            var first = new JobId(state.Jobs[entry.JobSlot].Id);
            return entry.Fingerprint == fingerprint
                ? new JobOutcome(first, ResultCode.Duplicate)
                : new JobOutcome(job.Id, ResultCode.IdempotencyKeyReused);
        }

        if (state.Jobs.Count >= limits.JobsHeldMax)
        {
            return new JobOutcome(job.Id, ResultCode.QueueFull);
        }

        bool complete = job.IterationsTotal == 1;
        var record = new JobRecord
        {
            Id = job.Id.Value,
            Chain = job.Chain,
            IterationsDone = 1,
            IterationsTotal = job.IterationsTotal,
            EnqueuedAtMs = nowMs,
            FinishedAtMs = complete ? nowMs : 0,
            State = complete ? JobState.Completed : JobState.Pending,
            Priority = job.Priority,
        };
        state.Admit(record, job.IdempotencyKey, fingerprint);
        if (complete)
        {
            events.Add(new JobEvent(JobEventKind.Finished, job.Id));
        }
        else if (events.Count == 0 || events[^1].Kind != JobEventKind.WorkAdded)
        {
            events.Add(new JobEvent(JobEventKind.WorkAdded, default));
        }

        return new JobOutcome(job.Id, ResultCode.Ok);
    }

    private ResultCode CompleteOne(in FinishedChain chain, ulong nowMs)
    {
        int slot = state.Jobs.Find(chain.Id);
        if (slot < 0)
        {
            return ResultCode.UnknownJob;
        }

        JobRecord record = state.Jobs[slot];
        if (record.State == JobState.Cancelled)
        {
            return ResultCode.AlreadyFinished;
        }

        if (record.State != JobState.Pending)
        {
            if (record.Chain == chain.Result)
            {
                return ResultCode.Duplicate;
            }

            state.ResultMismatches++;
            return ResultCode.ResultMismatch;
        }

        JobRecord finished = record with
        {
            Chain = chain.Result,
            IterationsDone = record.IterationsTotal,
            FinishedAtMs = nowMs,
            State = JobState.Completed,
        };
        state.Move(slot, finished);
        events.Add(new JobEvent(JobEventKind.Finished, chain.Id));
        return ResultCode.Ok;
    }

    private ResultCode CheckpointOne(in ChainProgress chain)
    {
        int slot = state.Jobs.Find(chain.Id);
        if (slot < 0)
        {
            return ResultCode.UnknownJob;
        }

        ref readonly JobRecord record = ref state.Jobs[slot];
        if (record.State != JobState.Pending)
        {
            return ResultCode.AlreadyFinished;
        }

        if (chain.IterationsDone <= record.IterationsDone || chain.IterationsDone >= record.IterationsTotal)
        {
            return ResultCode.StaleCheckpoint;
        }

        state.MoveForward(slot, chain.Chain, chain.IterationsDone);
        return ResultCode.Ok;
    }

    private PullResult ReadBatch(in PullEntry pull)
    {
        var batch = new List<PulledJob>(pull.JobCount);
        for (ulong sequence = pull.FirstSequence; sequence < pull.EndSequence; sequence++)
        {
            int slot = state.Pulled.SlotAt(sequence);
            if (slot >= 0)
            {
                batch.Add(ToPulled(state.Jobs[slot]));
            }
        }

        Invariant.That(batch.Count <= Limits.PullTopMax, "a batch is within its bound");
        return new PullResult(batch);
    }

    private int ExpirePulls(ulong beforeMs, int left)
    {
        while (left > 0 && state.Pulls.Order.TryNext(0, out _, out int oldest))
        {
            PullEntry pull = state.Pulls[oldest];
            if (pull.TimeMs >= beforeMs)
            {
                break;
            }

            while (left > 0 && state.Pulled.First < pull.EndSequence)
            {
                ForgetFirst(state.Pulled);
                left--;
            }

            if (left > 0)
            {
                state.Pulls.Remove(oldest);
                left--;
            }
        }

        return left;
    }

    /// <summary>Both queues are in the order in which their jobs finished, and time never goes back.</summary>
    private int ExpireFront(SequenceQueue queue, ulong beforeMs, int left)
    {
        while (left > 0 && queue.TryNext(0, out _, out int slot) && state.Jobs[slot].FinishedAtMs < beforeMs)
        {
            ForgetFirst(queue);
            left--;
        }

        return left;
    }

    private void ForgetFirst(SequenceQueue queue)
    {
        Invariant.That(queue.TryNext(0, out _, out int slot), "a queue to expire from has a first job");
        var id = new JobId(state.Jobs[slot].Id);
        state.Forget(slot);
        events.Add(new JobEvent(JobEventKind.Finished, id));
    }

    private static PulledJob ToPulled(in JobRecord record) =>
        new(new JobId(record.Id), record.Chain, record.IterationsTotal, record.FinishedAtMs);
}
