using System.Diagnostics.CodeAnalysis;
using JobNode.Commands;
using JobNode.Queue;

namespace JobNode.Scheduling;

/// <summary>
/// The leader's policy: who gets what. Pure: no clock, no I/O; time is passed in. Assignments live only here, because
/// the function is pure: a job that two nodes run by mistake gives the same bytes twice.
/// </summary>
internal sealed partial class Dispatcher(VerifyOptions verify = default)
{
    private readonly SortedDictionary<NodeId, DispatchWorker> _workers = [];
    private readonly Dictionary<JobId, DispatchedJob> _jobs = [];
    private readonly ReadyJobs _ready = new();
    private readonly ReplaceableJobs _replaceable = new();
    private readonly WorkerRanking _ranking = new();
    private readonly Queue<DispatchedJob> _checkpointsDue = new();
    private long _sequence;

    /// <summary>What it decided while it listened, to be carried out and cleared.</summary>
    public DispatchNews News { get; } = new();

    /// <summary>Jobs that are ready to be handed out.</summary>
    public int ReadyCount => _ready.Count;

    /// <summary>True when more jobs of a priority should be read, short ones or long ones.</summary>
    public bool WantsMore(int priority, bool isShort) => isShort
        ? _ready.CountShort(priority) < SchedulingLimits.ReadyJobsLow
        : _ready.CountFresh(priority) < SchedulingLimits.ReadyJobsLow
            && _ready.CountLong(priority) < SchedulingLimits.ReadyLongJobsMax;

    /// <summary>Jobs in some worker's hand.</summary>
    public int RunningCount
    {
        get
        {
            int running = 0;
            foreach (DispatchWorker worker in _workers.Values)
            {
                running += worker.Jobs.Count - worker.ChecksHeld;
            }

            return running;
        }
    }

    /// <summary>A worker is here. One that was here before is lost first: what it holds now, its hello says.</summary>
    public void Connect(NodeId node, WorkHello hello, long nowMs)
    {
        Disconnect(node);
        var worker = new DispatchWorker(node, hello, _ranking)
        {
            HeardAtMs = nowMs,
            IsQuarantined = _quarantined.Contains(node),
        };
        _workers.Add(node, worker);
        HistoryOf(node).MustCheck = true;
        Invariant.That(worker.Lanes >= worker.HashThreads, "a hash thread has a lane");
    }

    /// <summary>
    /// A worker is lost: its jobs are ready again, ahead of newer ones, from the last progress known.
    /// </summary>
    /// <returns>How many jobs.</returns>
    public int Disconnect(NodeId node)
    {
        if (!_workers.Remove(node, out DispatchWorker? worker))
        {
            return 0;
        }

        int jobs = Empty(worker);
        worker.Leave();
        Invariant.That(worker.Jobs.Count == 0, "a lost worker has nothing in hand");
        return jobs;
    }

    /// <summary>A worker has this job in hand already; it must be pending in the replicated state.</summary>
    /// <param name="node">The worker, connected.</param>
    /// <param name="job">As the worker's hello shows it.</param>
    /// <param name="replicated">As the replicated state has it.</param>
    /// <returns>False when the worker must drop it: someone else has it, or its result is here.</returns>
    public bool Adopt(NodeId node, JobInHand job, PendingJob replicated)
    {
        Invariant.That(job.Id == replicated.Id, "both speak of one job");
        DispatchWorker worker = _workers[node];
        if (!_jobs.TryGetValue(job.Id, out DispatchedJob? known))
        {
            known = Track(replicated);
        }

        bool isWanted = !known.IsFinished
            && known.Worker is null
            && known.HandId == job.Id
            && job.IterationsTotal == replicated.IterationsTotal
            && !worker.IsQuarantined;
        if (!isWanted)
        {
            // Not ready and in nobody's hand would be a job forgotten: what was tracked only now must be handed out.
            if (!known.IsFinished && known.Worker is null && !known.IsReady)
            {
                _ready.Add(known);
            }

            return known.Worker == worker;
        }

        if (known.IsReady)
        {
            _ready.Remove(known);
        }

        known.BeginSegment(isOwn: false);
        PutInHand(known, worker);
        MoveForward(known, node, job.IterationsDone, job.Chain);
        return true;
    }

    /// <summary>A pending job was read from the replicated state. One that is known already stays as it is.</summary>
    public void AddPending(PendingJob job)
    {
        if (_jobs.TryGetValue(job.Id, out DispatchedJob? known))
        {
            // One that began again is not moved by a state that may not know of that yet.
            if (known.HandId == known.Id)
            {
                MoveForward(known, NodeId.None, job.IterationsDone, job.Chain);
                known.CheckpointDone = Math.Max(known.CheckpointDone, job.IterationsDone);
            }

            return;
        }

        _ready.Add(Track(job));
    }

    /// <summary>A worker's heart-beat.</summary>
    public void Report(NodeId node, WorkProgress progress, long nowMs)
    {
        if (!_workers.TryGetValue(node, out DispatchWorker? worker))
        {
            return;
        }

        worker.HeardAtMs = Math.Max(worker.HeardAtMs, nowMs);
        worker.LanesBusy = Math.Min(progress.LanesBusy, worker.Lanes);
        worker.Rates = progress.Rates;
        Move(node, progress.Moved);
    }

    /// <summary>
    /// A worker says where its jobs stand. What it says of jobs that it has no more is not heard, unless it had to put
    /// one aside and nobody has it yet.
    /// </summary>
    public void Move(NodeId node, IReadOnlyList<ChainProgress> chains)
    {
        foreach (ChainProgress chain in chains)
        {
            if (!_jobs.TryGetValue(chain.Id, out DispatchedJob? job)
                || job.HandId != chain.Id
                || job.Check is not null)
            {
                continue;
            }

            if (job.Worker?.Node == node)
            {
                MoveForward(job, node, chain.IterationsDone, chain.Chain);
            }
            else if (job.IsReady && job.PutAsideBy == node && !_quarantined.Contains(node))
            {
                MoveAside(job, node, chain);
            }
        }
    }

    /// <summary>Workers not heard since <paramref name="sinceMs"/>.</summary>
    public void CollectSilent(long sinceMs, List<NodeId> into)
    {
        foreach (DispatchWorker worker in _workers.Values)
        {
            if (worker.HeardAtMs < sinceMs)
            {
                into.Add(worker.Node);
            }
        }
    }

    /// <summary>
    /// Takes all workers as heard now: after the leader itself stood still, its own silence proves nothing.
    /// </summary>
    public void ForgiveSilence(long nowMs)
    {
        foreach (DispatchWorker worker in _workers.Values)
        {
            worker.HeardAtMs = Math.Max(worker.HeardAtMs, nowMs);
        }
    }

    /// <summary>True when this worker is connected.</summary>
    public bool IsConnected(NodeId node) => _workers.ContainsKey(node);

    /// <summary>
    /// Where a job stands that somebody computes, or did since its last checkpoint: at its end while its result waits
    /// for checks, or to be replicated. Null for one that only waits: the replicated state says all of it.
    /// </summary>
    public ChainProgress? FindProgress(JobId id)
    {
        if (!_jobs.TryGetValue(id, out DispatchedJob? job)
            || (job.IsReady && job.IterationsDone <= job.CheckpointDone))
        {
            return null;
        }

        return job.IsFinished ? job.Progress with { IterationsDone = job.IterationsTotal } : job.Progress;
    }

    /// <summary>The rows of a work report.</summary>
    public IReadOnlyList<NodeWork> Describe()
    {
        var rows = new List<NodeWork>(_workers.Count);
        foreach (DispatchWorker worker in _workers.Values)
        {
            rows.Add(new NodeWork(
                worker.Node,
                worker.HashThreads,
                worker.Lanes,
                worker.LanesBusy,
                worker.Jobs.Count,
                worker.Rates,
                worker.KernelPath));
        }

        return rows;
    }

    /// <summary>
    /// Seconds that the longest chain takes which is ready or in a hand, at the rate of a chain with a hash thread to
    /// itself: all the work cannot end sooner. Costs a look at each of these jobs. 0 when nobody's rate is known.
    /// </summary>
    public double LongestChainSeconds
    {
        get
        {
            double longest = 0;
            double fastest = 0;
            foreach (DispatchWorker worker in _workers.Values)
            {
                longest = Math.Max(longest, worker.LongestChainSeconds);
                fastest = Math.Max(fastest, worker.Rates.Chain);
            }

            return fastest > 0 ? Math.Max(longest, _ready.LongestIterationsLeft / fastest) : 0;
        }
    }

    [SuppressMessage("Roslynator", "RCS1242", Justification = "A value handed on as it is")]
    private DispatchedJob Track(PendingJob job)
    {
        var tracked = new DispatchedJob(
            new JobInHand(job.Id, job.Chain, job.IterationsDone, job.IterationsTotal, job.Priority),
            job.IterationsDone,
            _sequence++);
        _jobs.Add(job.Id, tracked);
        return tracked;
    }

    private void MoveForward(DispatchedJob job, NodeId by, ulong iterationsDone, Digest512 chain)
    {
        ulong step = job.MoveForward(by, iterationsDone, chain);
        Invariant.That(job.Check is null, "a check is one piece");
        if (job.Worker is not { } worker || step == 0)
        {
            return;
        }

        worker.Advance(job, step);
        if (!job.IsShort)
        {
            _replaceable.Update(job);
        }

        if (!job.IsCheckpointDue && job.IterationsDone - job.CheckpointDone >= worker.CheckpointIterations)
        {
            job.IsCheckpointDue = true;
            _checkpointsDue.Enqueue(job);
        }
    }

    /// <summary>How far a job came before its worker put it aside.</summary>
    private void MoveAside(DispatchedJob job, NodeId by, ChainProgress to)
    {
        ChainProgress from = job.Progress;
        if (job.MoveForward(by, to.IterationsDone, to.Chain) > 0)
        {
            Note(job, by, from, job.Progress, job.IsSegmentOwn);
            _ready.Remove(job);
            _ready.Add(job);
        }
    }

    private static void PutInHand(DispatchedJob job, DispatchWorker worker)
    {
        job.GivenDone = job.IterationsDone;
        job.PutAsideBy = NodeId.None;
        worker.Add(job);
    }

    private void TakeFromHand(DispatchedJob job)
    {
        _replaceable.Remove(job);
        job.Worker!.Remove(job);
    }

    /// <summary>Takes back all that a worker has in hand.</summary>
    /// <returns>How many jobs are ready again.</returns>
    private int Empty(DispatchWorker worker)
    {
        int jobs = 0;
        foreach (DispatchedJob job in worker.Jobs.ToArray())
        {
            CloseSegment(job);
            TakeFromHand(job);
            if (job.Check is { } check)
            {
                AskAnother(check);
            }
            else
            {
                _ready.Add(job);
                jobs++;
            }
        }

        return jobs;
    }

    private void Untrack(DispatchedJob job)
    {
        _jobs.Remove(job.Id);
        _jobs.Remove(job.HandId);
    }

    /// <summary>Takes a job out of the hand or the queue it is in.</summary>
    private void Detach(DispatchedJob job)
    {
        if (job.Worker is not null)
        {
            TakeFromHand(job);
        }

        if (job.IsReady)
        {
            _ready.Remove(job);
        }

        Invariant.That(job.Worker is null && !job.IsReady, "a job taken out is nowhere");
    }
}
