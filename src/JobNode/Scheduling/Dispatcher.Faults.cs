using JobNode.Commands;

namespace JobNode.Scheduling;

/// <content>What is done about a node that computes wrongly.</content>
internal sealed partial class Dispatcher
{
    /// <summary>
    /// A node is faulty: it gets nothing more, what it has goes to others, and all it did since its last good check is
    /// computed again from where it began.
    /// </summary>
    private void Condemn(NodeId node, SegmentCheck proof)
    {
        if (!_quarantined.Add(node))
        {
            return;
        }

        _condemned.Add(node);
        News.Quarantines.Add(new Quarantine(node, SayWhy(node, proof)));
        Dictionary<JobId, ChainProgress> restarts = [];
        HistoryOf(node).Take(restarts);
        if (_workers.TryGetValue(node, out DispatchWorker? worker))
        {
            worker.IsQuarantined = true;
            foreach (DispatchedJob job in worker.Jobs)
            {
                if (job.Check is null)
                {
                    restarts.TryAdd(job.Id, job.SegmentStart);
                }
            }
        }

        RestartAll(restarts);
        if (worker is not null)
        {
            TakeBack(worker);
        }

        foreach (SegmentCheck check in _checks.ToArray())
        {
            if (check.IsClosed)
            {
                continue;
            }

            if (check.Segment.Worker == node)
            {
                Close(check, isGood: false);
            }
            else if (check.Withdraw(node))
            {
                Reconsider(check);
            }
        }
    }

    /// <summary>
    /// A segment is wrong whose beginning is not known for sure: nobody is blamed, the job begins where this leader
    /// found it.
    /// </summary>
    private void Doubt(SegmentCheck check)
    {
        if (check.IsClosed)
        {
            return;
        }

        DispatchedJob job = check.Segment.Job;
        HistoryOf(check.Segment.Worker).MustCheck = true;
        RestartAll(new Dictionary<JobId, ChainProgress> { [job.Id] = job.Origin });
        if (!check.IsClosed)
        {
            Close(check, isGood: false);
        }
    }

    private void RestartAll(Dictionary<JobId, ChainProgress> restarts)
    {
        foreach (ChainProgress start in restarts.Values)
        {
            if (_jobs.TryGetValue(start.Id, out DispatchedJob? job))
            {
                Restart(job, start);
            }

            News.Recalls.Add(start);
        }

        News.Results.RemoveAll(result => restarts.ContainsKey(result.Id));
        foreach (WorkHistory history in _histories.Values)
        {
            history.Forget(restarts);
        }
    }

    private void Restart(DispatchedJob job, ChainProgress start)
    {
        if (job.IsFinished)
        {
            NodeId by = job.FinishedBy;
            Release(by);
            News.Settled.Add((by, job.HandId));
        }

        job.Held = null;
        foreach (SegmentCheck check in (job.OpenChecks ?? []).ToArray())
        {
            Close(check, isGood: false);
        }

        DropFromHand(job);
        Detach(job);
        Untrack(job);
        if (start.IterationsDone < job.IterationsTotal)
        {
            job.Restart(start, NewName());
            _jobs.Add(job.Id, job);
            _jobs.Add(job.HandId, job);
            _ready.Add(job);
        }
    }

    /// <summary>Takes away what a node has in hand, and tells it.</summary>
    private void TakeBack(DispatchWorker worker)
    {
        foreach (DispatchedJob job in worker.Jobs)
        {
            DropFromHand(job);
        }

        Empty(worker);
    }

    /// <summary>An opinion was withdrawn: what is left may be one, or may agree.</summary>
    private void Reconsider(SegmentCheck check)
    {
        if (!check.IsDisputed)
        {
            _disputes.Remove(check);
        }

        if (!check.IsFirst)
        {
            Decide(check);
        }
        else if (check.AsksAgain || check.Task?.Worker is null)
        {
            check.AsksAgain = false;
            AskAnother(check);
        }
    }

    private static string SayWhy(NodeId node, SegmentCheck proof)
    {
        ChainSegment segment = proof.Segment;
        string work = $"job {segment.Start.Id}, iterations {segment.Start.IterationsDone} to "
            + $"{segment.End.IterationsDone}";
        if (proof.ContradictsItself(node))
        {
            return $"it gave two different results for the same work: {work}";
        }

        List<string> others = [];
        foreach (ChainOpinion opinion in proof.Opinions)
        {
            if (opinion.Node != node && others.Count < 2)
            {
                others.Add(opinion.Node.ToString());
            }
        }

        return $"its result differs from that of {string.Join(" and ", others)}: {work}";
    }
}
