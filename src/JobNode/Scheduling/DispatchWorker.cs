using JobNode.Commands;

namespace JobNode.Scheduling;

/// <summary>A worker as the leader's dispatcher knows it.</summary>
internal sealed class DispatchWorker(NodeId node, WorkHello hello, WorkerRanking ranking)
{
    private readonly HashSet<DispatchedJob> _jobs = [];
    private ulong _shortIterations;
    private int _longJobs;
    private HashRates _rates = hello.Rates;
    private int _unsettled;
    private bool _isQuarantined;

    /// <summary>Who.</summary>
    public NodeId Node { get; } = node;

    /// <summary>Hash threads; 0 for a node that takes no work.</summary>
    public int HashThreads { get; } = hello.HashThreads;

    /// <summary>Chains it can advance at once.</summary>
    public int Lanes { get; } = hello.Lanes;

    /// <summary>Its kernel's path.</summary>
    public string KernelPath { get; } = hello.KernelPath;

    /// <summary>As it last said.</summary>
    public HashRates Rates
    {
        get => _rates;
        set
        {
            _rates = value;
            ranking.NoteChange(this);
        }
    }

    /// <summary>Lanes with a job, as it last said.</summary>
    public int LanesBusy { get; set; }

    /// <summary>When it was last heard, in monotonic ms.</summary>
    public long HeardAtMs { get; set; }

    /// <summary>Results of it that are not settled.</summary>
    public int Unsettled
    {
        get => _unsettled;
        set
        {
            _unsettled = value;
            ranking.NoteChange(this);
        }
    }

    /// <summary>It was found faulty and gets no work.</summary>
    public bool IsQuarantined
    {
        get => _isQuarantined;
        set
        {
            _isQuarantined = value;
            ranking.NoteChange(this);
        }
    }

    /// <summary>It is not connected any more.</summary>
    public bool IsGone { get; private set; }

    /// <summary>True while its places are those of before.</summary>
    public bool HasChanged { get; set; }

    /// <summary>Where it stands in the order for short jobs; null while it has no place.</summary>
    public WorkerPlace? PlaceForShort { get; set; }

    /// <summary>Where it stands in the order for long jobs; null while it has no place.</summary>
    public WorkerPlace? PlaceForLong { get; set; }

    /// <summary>Long jobs in its hand.</summary>
    public int LongJobs => _longJobs;

    /// <summary>It can be given work, now or once there is room.</summary>
    public bool IsUsable => HashThreads > 0 && !IsQuarantined;

    /// <summary>Checks in its hand: they are no jobs of the queue.</summary>
    public int ChecksHeld { get; private set; }

    /// <summary>Its unfinished jobs, checks included.</summary>
    public IReadOnlyCollection<DispatchedJob> Jobs => _jobs;

    /// <summary>Jobs per hash thread.</summary>
    public double JobsPerThread => (double)_jobs.Count / HashThreads;

    /// <summary>Jobs per lane.</summary>
    public double JobsPerLane => (double)_jobs.Count / Lanes;

    /// <summary>Share of the short work it should have in hand that it has; from 1 on it has enough.</summary>
    public double ShortFill => _shortIterations / Math.Max(
        Rates.Full * SchedulingLimits.HandSeconds,
        (double)SchedulingLimits.HandIterationsPerLaneMin * Lanes);

    /// <summary>Share of the long jobs it should have in hand that it has; from 1 on it has enough.</summary>
    public double LongFill => (double)_longJobs / (SchedulingLimits.LongJobsPerLane * Lanes);

    /// <summary>True while it can take one job more, whatever its length.</summary>
    public bool HasRoom => IsUsable && _jobs.Count + Unsettled < SchedulingLimits.HandJobsMax;

    /// <summary>
    /// Work on one job between two checkpoints, in iterations, at the slowest that a lane goes: with all busy.
    /// </summary>
    public double CheckpointIterations =>
        SchedulingLimits.CheckpointSeconds * Math.Min(Rates.Chain, Rates.Full / Math.Max(1, Lanes));

    /// <summary>Seconds to the end of the longest chain in its hand, were each alone in a thread.</summary>
    public double LongestChainSeconds
    {
        get
        {
            ulong longest = 0;
            foreach (DispatchedJob job in _jobs)
            {
                longest = Math.Max(longest, job.IterationsLeft);
            }

            return Rates.Chain > 0 ? longest / Rates.Chain : 0;
        }
    }

    /// <summary>It is not connected any more, and has no place.</summary>
    public void Leave()
    {
        IsGone = true;
        ranking.NoteChange(this);
    }

    /// <summary>Puts a job in its hand.</summary>
    public void Add(DispatchedJob job)
    {
        Invariant.That(job.Worker is null, "a job is in one hand at a time");
        Invariant.That(!job.IsReady && !job.IsFinished, "a job in a hand is neither ready nor finished");
        bool added = _jobs.Add(job);
        Invariant.That(added, "a job is in a hand once");
        job.Worker = this;
        ChecksHeld += job.Check is null ? 0 : 1;
        if (job.IsShort)
        {
            _shortIterations += job.IterationsLeft;
        }
        else
        {
            _longJobs++;
        }

        ranking.NoteChange(this);
    }

    /// <summary>Takes a job out of its hand.</summary>
    public void Remove(DispatchedJob job)
    {
        Invariant.That(job.Worker == this, "the job is in this hand");
        bool removed = _jobs.Remove(job);
        Invariant.That(removed, "the job is in this hand");
        job.Worker = null;
        ChecksHeld -= job.Check is null ? 0 : 1;
        if (job.IsShort)
        {
            _shortIterations -= job.IterationsLeft;
        }
        else
        {
            _longJobs--;
        }

        ranking.NoteChange(this);
    }

    /// <summary>Notes that a job in its hand moved forward by so many iterations.</summary>
    public void Advance(DispatchedJob job, ulong iterations)
    {
        Invariant.That(job.Worker == this, "the job is in this hand");
        if (job.IsShort)
        {
            Invariant.That(_shortIterations >= iterations, "short work in hand covers every short job in it");
            _shortIterations -= iterations;
            ranking.NoteChange(this);
        }
    }
}
