using JobNode.Commands;
using JobNode.Observability;
using JobNode.Queue;

namespace JobNode.Scheduling;

/// <content>Carries out what the dispatcher decided, above all about nodes that compute wrongly.</content>
internal sealed partial class WorkLeader
{
    private readonly Queue<Command> _corrections = new();
    private ulong _recalled;
    private ulong _delivered;

    private bool KnowsQuarantine => _board.Current.Configuration.FeatureLevel >= FeatureLevels.Quarantine;

    /// <summary>What changed in the replicated state: jobs finished, cancelled or recalled, nodes in
    /// quarantine.</summary>
    private async Task FollowStateAsync(CancellationToken cancellation)
    {
        if (_quarantineChanged)
        {
            _quarantineChanged = false;
            _dispatcher.SetQuarantined(await _applyThread.ReadAsync(() => _view.Quarantined, cancellation));
        }

        int taken = 0;
        List<JobId> recalled = [];
        while (taken++ < SchedulingLimits.HandJobsMax && _jobEvents.TryDequeue(out JobEvent change))
        {
            if (change.Kind == JobEventKind.Recalled)
            {
                recalled.Add(change.Id);
            }
            else
            {
                _dispatcher.Forget(change.Id);
            }
        }

        foreach (JobId[] part in recalled.Chunk(LookUpMax))
        {
            await AddPendingAsync(part);
        }
    }

    private async Task AddPendingAsync(JobId[] ids)
    {
        PendingJob?[] found = await _applyThread.ReadAsync(
            () => Array.ConvertAll(ids, FindPending), _ending.Token);
        foreach (PendingJob? job in found)
        {
            if (job is { } pending)
            {
                _dispatcher.AddPending(pending);
            }
        }
    }

    private void CarryOut()
    {
        DispatchNews news = _dispatcher.News;
        foreach (SegmentCheck check in news.Differences)
        {
            _logger.CheckDiffers(
                check.Segment.Start.Id.ToString(),
                check.Segment.Start.IterationsDone,
                check.Segment.End.IterationsDone,
                check.Segment.Worker.ToString(),
                check.Opinions[^1].Node.ToString());
        }

        news.Differences.Clear();
        (NodeId, JobId)[] drops = [.. news.Drops];
        news.Drops.Clear();
        SendDrops(drops);
        Recall(news.Recalls);
        news.Results.ForEach(_results.Enqueue);
        news.Results.Clear();
        foreach (Quarantine quarantine in news.Quarantines)
        {
            _logger.NodeQuarantined(quarantine.Node.ToString(), quarantine.Reason);
            _corrections.Enqueue(quarantine);
        }

        news.Quarantines.Clear();
        SendSettled();
        ProposeCorrections();
    }

    private void Recall(List<ChainProgress> places)
    {
        if (places.Count == 0)
        {
            return;
        }

        var jobs = new HashSet<JobId>();
        foreach (ChainProgress place in places)
        {
            jobs.Add(place.Id);
        }

        FinishedChain[] results = [.. _results];
        _results.Clear();
        foreach (FinishedChain result in results)
        {
            if (!jobs.Contains(result.Id))
            {
                _results.Enqueue(result);
            }
        }

        _logger.WorkRecalled(jobs.Count);
        foreach (ChainProgress[] part in places.Chunk(Limits.JobsPerCommandMax))
        {
            _corrections.Enqueue(new Recall(part));
        }

        places.Clear();
    }

    /// <summary>
    /// Recalls and quarantines, in their order. A cluster that does not know them yet gets them once it does; until
    /// then the node gets no work of this leader.
    /// </summary>
    private void ProposeCorrections()
    {
        while (KnowsQuarantine && NowMs >= _retryAtMs && _corrections.TryDequeue(out Command? correction))
        {
            Propose(correction, result => NoteCorrected(correction, result));
        }
    }

    private void NoteCorrected(Command correction, CommandResult result)
    {
        if (result.Code >= ResultCode.NotLeader)
        {
            // Both may be repeated, whatever became of the first try.
            _corrections.Enqueue(correction);
            _retryAtMs = NowMs + RetryDelayMs;
        }
        else if (result is ChainsResult chains)
        {
            foreach (JobOutcome outcome in chains.Jobs)
            {
                if (outcome.Code == ResultCode.Ok)
                {
                    _recalled++;
                }
                else if (outcome.Code != ResultCode.StaleCheckpoint)
                {
                    _delivered++;
                    _logger.RecallTooLate(outcome.Id.ToString());
                }
            }
        }
    }

    private void SendSettled()
    {
        List<(NodeId Worker, JobId Id)> settled = _dispatcher.News.Settled;
        if (settled.Count == 0)
        {
            return;
        }

        Dictionary<NodeId, List<JobId>> byWorker = [];
        foreach ((NodeId worker, JobId id) in settled)
        {
            if (!byWorker.TryGetValue(worker, out List<JobId>? ids))
            {
                byWorker.Add(worker, ids = []);
            }

            ids.Add(id);
        }

        settled.Clear();
        foreach ((NodeId worker, List<JobId> ids) in byWorker)
        {
            if (_sessions.TryGetValue(worker, out LeaderSession? session))
            {
                Send(session, new WorkSettled(ids));
            }
        }
    }
}
