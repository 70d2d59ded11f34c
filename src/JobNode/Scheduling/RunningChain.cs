using JobNode.Commands;

namespace JobNode.Scheduling;

/// <summary>
/// A job in a worker's hand. Its chain belongs to the hash thread that has it in a lane, or else to the
/// <see cref="JobHand"/>; what is reported of it belongs to the hand's lock.
/// </summary>
internal sealed class RunningChain(JobInHand job)
{
    private volatile bool _dropped;

    /// <summary>The job.</summary>
    public JobId Id { get; } = job.Id;

    /// <summary>Iterations when it is finished.</summary>
    public ulong IterationsTotal { get; } = job.IterationsTotal;

    /// <summary>0 to 9, higher first.</summary>
    public byte Priority { get; } = job.Priority;

    /// <summary>The chain after <see cref="IterationsDone"/>; behind while a lane holds the newer one.</summary>
    public Digest512 Chain = job.Chain;

    /// <summary>Iterations done.</summary>
    public ulong IterationsDone { get; set; } = job.IterationsDone;

    /// <summary>Iterations to do.</summary>
    public ulong IterationsLeft => IterationsTotal - IterationsDone;

    /// <summary>Time in a lane since it last entered one, in ticks of <see cref="TimeSpan"/>.</summary>
    public long SliceTicks { get; set; }

    /// <summary>Time in a lane on this node in all: what a least-attained-service policy goes by.</summary>
    public long AttainedTicks { get; set; }

    /// <summary>True once it had to leave a lane before its end.</summary>
    public bool WasSliced { get; set; }

    /// <summary>Nobody wants it any more; the thread that runs it discards it at its next turn.</summary>
    public bool IsDropped
    {
        get => _dropped;
        set => _dropped = value;
    }

    /// <summary>Where it stood when its thread last said so.</summary>
    public ChainProgress Reported { get; set; } = new(job.Id, job.Chain, job.IterationsDone);

    /// <summary>True while <see cref="Reported"/> is news for the leader.</summary>
    public bool HasNews { get; set; }

    /// <summary>True while no hash thread holds it.</summary>
    public bool IsWaiting { get; set; }
}
