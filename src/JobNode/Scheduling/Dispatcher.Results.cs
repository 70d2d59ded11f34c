using JobNode.Commands;

namespace JobNode.Scheduling;

/// <content>Results, from their arrival until they are in the replicated state.</content>
internal sealed partial class Dispatcher
{
    /// <summary>
    /// A result arrived: it goes to <see cref="News"/>, at once or when it was checked; the job stays known until
    /// <see cref="Settle"/>. That of a check is an opinion.
    /// </summary>
    public void Finish(NodeId node, JobId id, Digest512 result, long nowMs)
    {
        _workers.TryGetValue(node, out DispatchWorker? worker);
        if (worker is not null)
        {
            worker.HeardAtMs = Math.Max(worker.HeardAtMs, nowMs);
        }

        if (!_jobs.TryGetValue(id, out DispatchedJob? job))
        {
            // Not read yet; known from now on, so that reading it does not hand it out.
            job = new DispatchedJob(new JobInHand(id, default, 0, 1, 0), 0, _sequence++)
            {
                IsFinished = true,
                FinishedBy = node,
            };
            if (!_quarantined.Contains(node))
            {
                _jobs.Add(id, job);
            }
        }

        if (job.Check is { } check)
        {
            TakeOpinion(check, node, result);
            News.Settled.Add((node, id));
        }
        else if (job.HandId != id || _quarantined.Contains(node))
        {
            News.Settled.Add((node, id));
        }
        else
        {
            if (worker is not null)
            {
                worker.Unsettled++;
            }

            FinishJob(job, new FinishedChain(job.Id, result, node));
        }
    }

    /// <summary>
    /// A result is in the replicated state, or no longer wanted there: its worker can forget it. One whose job began
    /// again meanwhile was settled then.
    /// </summary>
    public void Settle(NodeId node, JobId id)
    {
        bool isKnown = _jobs.TryGetValue(id, out DispatchedJob? job);
        if (isKnown && !job!.IsFinished)
        {
            return;
        }

        Release(node);
        News.Settled.Add((node, isKnown ? job!.HandId : id));
        if (isKnown)
        {
            Untrack(job!);
        }
    }

    /// <summary>The replicated state says that a job needs no more work (cancelled, or finished by whomever).</summary>
    public void Forget(JobId id)
    {
        if (!_jobs.TryGetValue(id, out DispatchedJob? job) || job.IsFinished || job.Check is not null)
        {
            return;
        }

        DropFromHand(job);
        Detach(job);
        job.IsFinished = true;
        Untrack(job);
    }

    /// <summary>True while this result is wanted: its job has not begun again since.</summary>
    public bool IsWanted(FinishedChain chain) =>
        !_jobs.TryGetValue(chain.Id, out DispatchedJob? job) || job.IsFinished;

    /// <summary>
    /// Takes a job's end in: the same result twice, or one of a worker that had the job before, is normal.
    /// </summary>
    private void FinishJob(DispatchedJob job, FinishedChain result)
    {
        if (job.IsFinished)
        {
            // Held already: this copy waits with it when it is the same worker's, else it is not needed.
            if (job.Held is null)
            {
                News.Results.Add(result);
            }
            else if (job.FinishedBy != result.Worker)
            {
                Release(result.Worker);
                News.Settled.Add((result.Worker, job.HandId));
            }

            return;
        }

        bool isHolder = job.Worker?.Node == result.Worker;
        ChainProgress start = isHolder ? job.SegmentStart : new ChainProgress(job.Id, job.Chain, job.IterationsDone);
        bool isOwn = isHolder && job.IsSegmentOwn;
        if (!isHolder)
        {
            DropFromHand(job);
        }

        Detach(job);
        job.IsFinished = true;
        job.FinishedBy = result.Worker;
        var end = new ChainProgress(job.Id, result.Result, job.IterationsTotal);
        if (start.IterationsDone > 0)
        {
            Note(job, result.Worker, start, end, isOwn);
        }

        if (job.IsBeingChecked)
        {
            job.Held = result;
        }
        else
        {
            News.Results.Add(result);
        }
    }

    private void Release(NodeId node)
    {
        if (_workers.TryGetValue(node, out DispatchWorker? worker) && worker.Unsettled > 0)
        {
            worker.Unsettled--;
        }
    }

    private void DropFromHand(DispatchedJob job)
    {
        if (job.Worker is { } holder)
        {
            News.Drops.Add((holder.Node, job.HandId));
        }
    }
}
