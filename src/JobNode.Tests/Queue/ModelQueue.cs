using JobNode.Commands;
using JobNode.Queue;

namespace JobNode.Tests.Queue;

/// <summary>
/// The queue written as plainly as possible, with dictionaries and lists, slow and obviously right: what
/// <see cref="JobStateMachine"/> is compared with.
/// </summary>
internal sealed class ModelQueue(int jobsHeldMax)
{
    private readonly Dictionary<JobId, Job> _jobs = [];
    private readonly List<JobId> _pending = [];
    private readonly List<JobId> _completed = [];
    private readonly List<JobId> _cancelled = [];
    private readonly List<Batch> _pulls = [];
    private readonly Dictionary<UInt128, NewJob> _keys = [];
    private ulong _nowMs;

    public ulong Mismatches { get; private set; }

    public List<QuarantinedNode> Quarantined { get; } = [];

    public IEnumerable<JobId> Ids => _jobs.Keys;

    public CommandResult Apply(ulong timeMs, Command command)
    {
        _nowMs = Math.Max(_nowMs, timeMs);
        return command switch
        {
            Enqueue enqueue => new EnqueueResult([.. enqueue.Jobs.Select(Enqueue)]),
            Complete complete => new ChainsResult([.. complete.Chains.Select(c => new JobOutcome(c.Id, Complete(c)))]),
            Checkpoint checkpoint =>
                new ChainsResult([.. checkpoint.Chains.Select(c => new JobOutcome(c.Id, Checkpoint(c)))]),
            Pull pull => new PullResult([.. Pull(pull).Select(Pulled)]),
            Cancel cancel => new CommandResult(Cancel(cancel.Id)),
            Expire expire => new ExpireResult(Expire(expire)),
            Recall recall => new ChainsResult([.. recall.Chains.Select(c => new JobOutcome(c.Id, Recall(c)))]),
            Quarantine quarantine => Change(Quarantined.TrueForAll(known => known.Node != quarantine.Node), () =>
                Quarantined.Add(new QuarantinedNode(quarantine.Node, _nowMs, quarantine.Reason))),
            Release release => Change(
                Quarantined.Exists(known => known.Node == release.Node),
                () => Quarantined.RemoveAll(known => known.Node == release.Node)),
            _ => throw new InvalidOperationException(),
        };
    }

    public JobDetails? Find(JobId id) => _jobs.TryGetValue(id, out Job? job) ? job.ToDetails() : null;

    public List<JobId> PendingInOrder() =>
        [.. _pending.Select(id => _jobs[id]).OrderByDescending(j => j.Entered.Priority).Select(j => j.Entered.Id)];

    public List<JobId> AllInOrder() =>
        [.. PendingInOrder(), .. _completed, .. _pulls.SelectMany(p => p.Jobs), .. _cancelled];

    public QueueCounts Counts() => new(
        _pending.Count,
        _completed.Count,
        _pulls.Sum(p => p.Jobs.Count),
        _cancelled.Count,
        _pending.Aggregate(UInt128.Zero, (sum, id) => sum + _jobs[id].Entered.IterationsTotal - _jobs[id].Done),
        Mismatches);

    private JobOutcome Enqueue(NewJob job)
    {
        if (_jobs.ContainsKey(job.Id))
        {
            return new JobOutcome(job.Id, ResultCode.Duplicate);
        }

        if (job.IdempotencyKey != 0 && _keys.TryGetValue(job.IdempotencyKey, out NewJob first))
        {
            bool same = (first.Chain, first.IterationsTotal, first.Priority)
                == (job.Chain, job.IterationsTotal, job.Priority);
            return same
                ? new JobOutcome(first.Id, ResultCode.Duplicate)
                : new JobOutcome(job.Id, ResultCode.IdempotencyKeyReused);
        }

        if (_jobs.Count >= jobsHeldMax)
        {
            return new JobOutcome(job.Id, ResultCode.QueueFull);
        }

        if (job.IdempotencyKey != 0)
        {
            _keys[job.IdempotencyKey] = job;
        }

        var added = new Job(job, _nowMs) { Chain = job.Chain, Done = 1, State = JobState.Pending };
        _jobs[job.Id] = added;
        _pending.Add(job.Id);
        if (job.IterationsTotal == 1)
        {
            Finish(added, JobState.Completed, _completed);
        }

        return new JobOutcome(job.Id, ResultCode.Ok);
    }

    private ResultCode Complete(FinishedChain chain)
    {
        if (!_jobs.TryGetValue(chain.Id, out Job? job))
        {
            return ResultCode.UnknownJob;
        }

        switch (job.State)
        {
            case JobState.Cancelled:
                return ResultCode.AlreadyFinished;
            case JobState.Pending:
                job.Chain = chain.Result;
                job.Done = job.Entered.IterationsTotal;
                Finish(job, JobState.Completed, _completed);
                return ResultCode.Ok;
            default:
                bool same = job.Chain == chain.Result;
                Mismatches += same ? 0UL : 1;
                return same ? ResultCode.Duplicate : ResultCode.ResultMismatch;
        }
    }

    private ResultCode Checkpoint(ChainProgress chain)
    {
        if (!_jobs.TryGetValue(chain.Id, out Job? job))
        {
            return ResultCode.UnknownJob;
        }

        if (job.State != JobState.Pending)
        {
            return ResultCode.AlreadyFinished;
        }

        if (chain.IterationsDone <= job.Done || chain.IterationsDone >= job.Entered.IterationsTotal)
        {
            return ResultCode.StaleCheckpoint;
        }

        (job.Chain, job.Done) = (chain.Chain, chain.IterationsDone);
        return ResultCode.Ok;
    }

    private static CommandResult Change(bool isNew, Action change)
    {
        if (!isNew)
        {
            return new CommandResult(ResultCode.Duplicate);
        }

        change();
        return CommandResult.Ok;
    }

    private ResultCode Recall(ChainProgress chain)
    {
        if (!_jobs.TryGetValue(chain.Id, out Job? job))
        {
            return ResultCode.UnknownJob;
        }

        if (job.State is JobState.Pulled or JobState.Cancelled)
        {
            return ResultCode.AlreadyFinished;
        }

        if (chain.IterationsDone >= job.Done)
        {
            return ResultCode.StaleCheckpoint;
        }

        if (job.State == JobState.Completed)
        {
            _completed.Remove(chain.Id);
            _pending.Add(chain.Id);
            (job.State, job.FinishedAtMs) = (JobState.Pending, 0);
        }

        (job.Chain, job.Done) = (chain.Chain, chain.IterationsDone);
        return ResultCode.Ok;
    }

    private List<JobId> Pull(Pull pull)
    {
        if (_pulls.Find(p => p.Key == pull.Key) is { } known)
        {
            return known.Jobs;
        }

        List<JobId> all = pull.Order == PullOrder.Oldest ? _completed : [.. Enumerable.Reverse(_completed)];
        var taken = all.Take(pull.Top).ToList();
        _completed.RemoveAll(taken.Contains);
        taken.ForEach(id => _jobs[id].State = JobState.Pulled);
        if (taken.Count > 0)
        {
            _pulls.Add(new Batch(pull.Key, _nowMs, taken));
        }

        return taken;
    }

    private ResultCode Cancel(JobId id)
    {
        if (!_jobs.TryGetValue(id, out Job? job))
        {
            return ResultCode.UnknownJob;
        }

        if (job.State == JobState.Pending)
        {
            Finish(job, JobState.Cancelled, _cancelled);
        }

        return job.State == JobState.Cancelled ? ResultCode.Ok : ResultCode.AlreadyFinished;
    }

    private int Expire(Expire expire)
    {
        int removed = 0;
        while (removed < expire.Max && _pulls.Count > 0 && _pulls[0].TimeMs < expire.FinishedBeforeMs)
        {
            if (_pulls[0].Jobs.Count == 0)
            {
                _pulls.RemoveAt(0);
            }
            else
            {
                ForgetFirst(_pulls[0].Jobs);
            }

            removed++;
        }

        while (removed < expire.Max
            && _cancelled.Count > 0 && _jobs[_cancelled[0]].FinishedAtMs < expire.FinishedBeforeMs)
        {
            ForgetFirst(_cancelled);
            removed++;
        }

        while (removed < expire.Max
            && _completed.Count > 0 && _jobs[_completed[0]].FinishedAtMs < expire.UnpulledBeforeMs)
        {
            ForgetFirst(_completed);
            removed++;
        }

        return removed;
    }

    private void Finish(Job job, JobState state, List<JobId> into)
    {
        _pending.Remove(job.Entered.Id);
        into.Add(job.Entered.Id);
        (job.State, job.FinishedAtMs) = (state, _nowMs);
    }

    private void ForgetFirst(List<JobId> queue)
    {
        _keys.Remove(_jobs[queue[0]].Entered.IdempotencyKey);
        _jobs.Remove(queue[0]);
        queue.RemoveAt(0);
    }

    private PulledJob Pulled(JobId id) =>
        new(id, _jobs[id].Chain, _jobs[id].Entered.IterationsTotal, _jobs[id].FinishedAtMs);

    private sealed record Batch(UInt128 Key, ulong TimeMs, List<JobId> Jobs);

    private sealed class Job(NewJob entered, ulong nowMs)
    {
        public NewJob Entered { get; } = entered;

        public Digest512 Chain { get; set; }

        public ulong Done { get; set; }

        public JobState State { get; set; }

        public ulong FinishedAtMs { get; set; }

        public JobDetails ToDetails() => new(
            Entered.Id, State, Chain, Done, Entered.IterationsTotal, Entered.Priority, nowMs, FinishedAtMs);
    }
}
