using JobNode.Commands;

namespace JobNode.Scheduling;

/// <summary>
/// A job as the leader's dispatcher knows it: ready to be handed out, in a worker's hand, or finished.
/// </summary>
internal sealed class DispatchedJob(JobInHand job, ulong checkpointDone, long sequence)
{
    /// <summary>The job.</summary>
    public JobId Id { get; } = job.Id;

    /// <summary>
    /// The name under which workers know it: its id, until it has to start again; then a new one, so that what is still
    /// under way from before cannot be taken for the new work.
    /// </summary>
    public JobId HandId { get; private set; } = job.Id;

    /// <summary>The check that this work belongs to; null for a job.</summary>
    public SegmentCheck? Check { get; init; }

    /// <summary>Where this leader first met it: as the replicated state had it.</summary>
    public ChainProgress Origin { get; } = new(job.Id, job.Chain, job.IterationsDone);

    /// <summary>Where its worker started, or was at the last cut.</summary>
    public ChainProgress SegmentStart { get; private set; } = new(job.Id, job.Chain, job.IterationsDone);

    /// <summary>False when its worker may have started elsewhere, under the leader before.</summary>
    public bool IsSegmentOwn { get; private set; }

    /// <summary>Checks of its segments that are not decided; null when there never was one.</summary>
    public List<SegmentCheck>? OpenChecks { get; set; }

    /// <summary>True while some of its work is being checked.</summary>
    public bool IsBeingChecked => OpenChecks is { Count: > 0 };

    /// <summary>Its result, while that waits for checks.</summary>
    public FinishedChain? Held { get; set; }

    /// <summary>Who finished it; none while nobody did.</summary>
    public NodeId FinishedBy { get; set; }

    /// <summary>Iterations when it is finished.</summary>
    public ulong IterationsTotal { get; } = job.IterationsTotal;

    /// <summary>0 to 9, higher first.</summary>
    public byte Priority { get; } = job.Priority;

    /// <summary>Order among jobs of one priority: the older goes first, also when it comes back.</summary>
    public long Sequence { get; } = sequence;

    /// <summary>The furthest chain value anyone reported.</summary>
    public Digest512 Chain { get; private set; } = job.Chain;

    /// <summary>The iterations that <see cref="Chain"/> stands for.</summary>
    public ulong IterationsDone { get; private set; } = job.IterationsDone;

    /// <summary>Who reported <see cref="Chain"/>; none when it is that of the replicated state.</summary>
    public NodeId ReportedBy { get; private set; }

    /// <summary>Iterations done as of the last replicated (or proposed) checkpoint.</summary>
    public ulong CheckpointDone { get; set; } = checkpointDone;

    /// <summary>True while it waits among the checkpoints to propose.</summary>
    public bool IsCheckpointDue { get; set; }

    /// <summary>Who has it in hand, or null.</summary>
    public DispatchWorker? Worker { get; set; }

    /// <summary>True while it waits to be handed out.</summary>
    public bool IsReady { get; set; }

    /// <summary>True once a result arrived; it stays known until that is in the replicated state.</summary>
    public bool IsFinished { get; set; }

    /// <summary>True when it counted as short at the time it became ready or was adopted.</summary>
    public bool IsShort { get; set; } = job.IterationsLeft <= SchedulingLimits.ShortJobIterationsMax;

    /// <summary>Its <see cref="ServiceLevel"/> as of when it became ready, or had its slice.</summary>
    public int Level { get; set; }

    /// <summary>Its place among the long jobs that wait, by how long; null while it does not.</summary>
    public LinkedListNode<DispatchedJob>? Turn { get; set; }

    /// <summary>Iterations done when its worker got it.</summary>
    public ulong GivenDone { get; set; }

    /// <summary>Its place among those that may have to make room; -1 while it must not.</summary>
    public int ReplaceableAt { get; set; } = -1;

    /// <summary>Who had to put it aside and may still say how far it came; none otherwise.</summary>
    public NodeId PutAsideBy { get; set; }

    /// <summary>When it was last taken from one worker to be given to another, in monotonic ms.</summary>
    public long MovedAtMs { get; set; } = long.MinValue / 2;

    /// <summary>Iterations to do.</summary>
    public ulong IterationsLeft => IterationsTotal - IterationsDone;

    /// <summary>Where it stands.</summary>
    public ChainProgress Progress => new(Id, Chain, IterationsDone) { Worker = ReportedBy };

    /// <summary>As it is handed to a worker.</summary>
    public JobInHand ToHand() => new(HandId, Chain, IterationsDone, IterationsTotal, Priority);

    /// <summary>Moves it forward; says by how much: 0 when this is no news, or not a place on this chain.</summary>
    public ulong MoveForward(NodeId by, ulong iterationsDone, Digest512 chain)
    {
        if (iterationsDone <= IterationsDone || iterationsDone >= IterationsTotal)
        {
            return 0;
        }

        ulong step = iterationsDone - IterationsDone;
        IterationsDone = iterationsDone;
        Chain = chain;
        ReportedBy = by;
        return step;
    }

    /// <summary>A worker begins a segment where the job stands.</summary>
    public void BeginSegment(bool isOwn)
    {
        SegmentStart = new ChainProgress(Id, Chain, IterationsDone);
        IsSegmentOwn = isOwn;
    }

    /// <summary>Goes back to a place and begins again under another name.</summary>
    public void Restart(ChainProgress start, JobId handId)
    {
        Invariant.That(Worker is null && !IsReady, "a job that begins again is nowhere");
        Invariant.That(start.Id == Id && start.IterationsDone < IterationsTotal, "the place is on this job's chain");
        HandId = handId;
        Chain = start.Chain;
        IterationsDone = start.IterationsDone;
        CheckpointDone = start.IterationsDone;
        ReportedBy = NodeId.None;
        IsFinished = false;
        FinishedBy = NodeId.None;
        Held = null;
        BeginSegment(isOwn: false);
    }
}
