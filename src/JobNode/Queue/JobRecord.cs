using JobNode.Commands;

namespace JobNode.Queue;

/// <summary>One job in the table: 128 bytes, no reference.</summary>
internal readonly struct JobRecord
{
    /// <summary>The job.</summary>
    public UInt128 Id { get; init; }

    /// <summary>The chain after <see cref="IterationsDone"/> iterations.</summary>
    public Digest512 Chain { get; init; }

    /// <summary>1 to <see cref="IterationsTotal"/>.</summary>
    public ulong IterationsDone { get; init; }

    /// <summary>As asked for.</summary>
    public ulong IterationsTotal { get; init; }

    /// <summary>Unix ms.</summary>
    public ulong EnqueuedAtMs { get; init; }

    /// <summary>Unix ms of completion or cancellation, 0 while pending.</summary>
    public ulong FinishedAtMs { get; init; }

    /// <summary>Its number in the queue of its state (and, while pending, of its priority).</summary>
    public ulong Sequence { get; init; }

    /// <summary>
    /// Its entry in the <see cref="IdempotencyTable"/> plus 1; 0 for none. Not hashed: slots differ between nodes.
    /// </summary>
    public int KeyEntry { get; init; }

    /// <summary>Where it stands; 0 in a free slot.</summary>
    public JobState State { get; init; }

    /// <summary>0 to 9.</summary>
    public byte Priority { get; init; }

    /// <summary>True for a slot that holds no job.</summary>
    public bool IsFree => State == default;

    /// <summary>The job as others see it.</summary>
    public JobDetails ToDetails() => new(
        new JobId(Id), State, Chain, IterationsDone, IterationsTotal, Priority, EnqueuedAtMs, FinishedAtMs);

    /// <summary>Its part of the state's digest.</summary>
    public UInt128 Hash()
    {
        var hash = new StateHash(StateHash.ItemKind.Job);
        hash.Add(Id);
        hash.Add(Chain);
        hash.Add(IterationsDone);
        hash.Add(IterationsTotal);
        hash.Add(EnqueuedAtMs);
        hash.Add(FinishedAtMs);
        hash.Add(Sequence);
        hash.Add(((ulong)State << 8) | Priority);
        return hash.Finish();
    }
}
