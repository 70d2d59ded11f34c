using JobNode.Commands;
using JobNode.Observability;
using JobNode.Queue;

namespace JobNode.Scheduling;

/// <summary>Jobs in and out: from the replicated state to the workers, results and checkpoints back into it.</summary>
internal sealed partial class WorkLeader
{
    /// <summary>While this many Complete commands are under way, smaller batches wait and grow.</summary>
    private const int SmallCommandsInFlightMax = 2;

    private const int RetryDelayMs = 100;

    private readonly Queue<FinishedChain> _results = new();
    private readonly List<Task> _proposals = [];
    private int _commandsInFlight;
    private long _retryAtMs;

    private bool WantsToRead
    {
        get
        {
            bool wants = false;
            for (int priority = 0; priority <= Limits.PriorityMax; priority++)
            {
                wants |= IsWanted(_shortCursor, priority) || IsWanted(_longCursor, priority);
            }

            return wants && _isAssigning;
        }
    }

    private async Task ReadPendingAsync(CancellationToken cancellation)
    {
        if (_workAdded)
        {
            _workAdded = false;
            _shortCursor.NoteArrivals();
            _longCursor.NoteArrivals();
        }

        if (!WantsToRead)
        {
            return;
        }

        List<PendingJob> jobs = await _applyThread.ReadAsync(ReadPending, cancellation);
        foreach (PendingJob job in jobs)
        {
            _dispatcher.AddPending(job);
        }
    }

    /// <summary>On the apply thread, while the leader waits.</summary>
    private List<PendingJob> ReadPending()
    {
        List<PendingJob> jobs = [];
        foreach (PendingCursor cursor in (PendingCursor[])[_shortCursor, _longCursor])
        {
            _view.ReadPending(
                cursor, SchedulingLimits.JobsPerReadMax, jobs, priority => IsWanted(cursor, priority));
        }

        return jobs;
    }

    private bool IsWanted(PendingCursor cursor, int priority) =>
        !cursor.IsAtEnd(priority) && _dispatcher.WantsMore(priority, isShort: cursor == _shortCursor);

    private void Assign()
    {
        List<Assignment> assignments = [];
        _dispatcher.Assign(assignments);
        SendJobs(assignments);
    }

    private void Rebalance(long nowMs)
    {
        List<Assignment> drops = [];
        List<Assignment> assignments = [];
        _dispatcher.Rebalance(nowMs, drops, assignments);
        SendDrops(drops.Select(static drop => (drop.Worker, drop.Job.Id)));
        SendJobs(assignments);
    }

    private void Replace()
    {
        List<Assignment> drops = [];
        List<Assignment> assignments = [];
        _dispatcher.Replace(drops, assignments);
        SendDrops(drops.Select(static drop => (drop.Worker, drop.Job.Id)));
        SendJobs(assignments);
    }

    private void SendJobs(List<Assignment> assignments)
    {
        foreach (IGrouping<NodeId, Assignment> group in assignments.GroupBy(static assignment => assignment.Worker))
        {
            foreach (Assignment[] part in group.Chunk(SchedulingLimits.JobsPerMessageMax))
            {
                // A stream that broke while the first part was sent took its jobs back already.
                if (_sessions.TryGetValue(group.Key, out LeaderSession? session))
                {
                    Send(session, new WorkAssign(Array.ConvertAll(part, static assignment => assignment.Job)));
                }
            }
        }

        foreach (Assignment assignment in assignments)
        {
            if (assignment is { IsCheck: false, IsTurn: false }
                && assignment.Job.IterationsDone > SchedulingLimits.ShortJobIterationsMax)
            {
                _logger.JobResumed(
                    assignment.Id.ToString(),
                    assignment.Job.IterationsDone,
                    assignment.Job.IterationsTotal,
                    assignment.Worker.ToString());
            }
        }
    }

    private void SendDrops(IEnumerable<(NodeId Worker, JobId Id)> drops)
    {
        foreach (IGrouping<NodeId, JobId> group in drops.GroupBy(static drop => drop.Worker, static drop => drop.Id))
        {
            if (_sessions.TryGetValue(group.Key, out LeaderSession? session))
            {
                Send(session, new WorkDrop([.. group]));
            }
        }
    }

    /// <summary>All results and checkpoints there are, whatever is under way; what decides them.</summary>
    private Task[] ProposeAll()
    {
        CarryOut();
        while (_results.Count > 0)
        {
            ProposeBatch();
        }

        ProposeCheckpoints(int.MaxValue);
        return [.. _proposals];
    }

    private void ProposeResults()
    {
        while (_results.Count > 0 && NowMs >= _retryAtMs && MayPropose())
        {
            ProposeBatch();
        }
    }

    private void ProposeBatch()
    {
        var batch = new List<FinishedChain>(Math.Min(_results.Count, Limits.JobsPerCommandMax));
        while (batch.Count < Limits.JobsPerCommandMax && _results.TryDequeue(out FinishedChain chain))
        {
            batch.Add(chain);
        }

        DateTimeOffset began = _traces.Now;
        Propose(new Complete(batch), result => Settle(batch, result, began));
    }

    private bool MayPropose() => _commandsInFlight < SmallCommandsInFlightMax
        || (_results.Count >= Limits.JobsPerCommandMax && _commandsInFlight < SchedulingLimits.CommandsInFlightMax);

    /// <summary>
    /// Replicates progress. One that fails is not repeated: the next is due after some more work, and until then
    /// this leader remembers it.
    /// </summary>
    private void ProposeCheckpoints(int inFlightMax = SchedulingLimits.CommandsInFlightMax)
    {
        while (_commandsInFlight < inFlightMax)
        {
            List<ChainProgress> chains = [];
            _dispatcher.TakeCheckpoints(Limits.JobsPerCommandMax, chains);
            if (chains.Count == 0)
            {
                return;
            }

            Propose(Checkpoint.At(_board.Current.Configuration.FeatureLevel, chains), static _ => { });
        }
    }

    private void Propose(Command command, Action<CommandResult> decided)
    {
        _commandsInFlight++;
        _proposals.RemoveAll(static proposal => proposal.IsCompleted);
        _proposals.Add(ProposeAsync(command, decided));
    }

    private async Task ProposeAsync(Command command, Action<CommandResult> decided)
    {
        CommandResult result;
        try
        {
            result = (await _proposer.ProposeAsync(command, _ending.Token)).Result;
        }
        catch (Exception exception)
        {
            if (exception is not OperationCanceledException)
            {
                _logger.WorkProposalFailed(exception);
            }

            result = new CommandResult(ResultCode.OutcomeUnknown);
        }

        try
        {
            await PostAsync(() =>
            {
                _commandsInFlight--;
                decided(result);
                return Task.CompletedTask;
            });
        }
        catch (OperationCanceledException)
        {
            // The leadership ended; the workers show their results to the next leader.
        }
    }

    /// <summary>A Complete was decided: tells the workers, or proposes again what may not have been logged.</summary>
    private void Settle(List<FinishedChain> batch, CommandResult result, DateTimeOffset began)
    {
        if (result is not ChainsResult chains)
        {
            // Completing is idempotent, so that it may be repeated whatever became of the first try.
            batch.FindAll(_dispatcher.IsWanted).ForEach(_results.Enqueue);
            _retryAtMs = NowMs + RetryDelayMs;
            return;
        }

        Invariant.That(chains.Jobs.Count == batch.Count, "a Complete answers for each of its chains");
        for (int i = 0; i < batch.Count; i++)
        {
            FinishedChain chain = batch[i];
            if (chains.Jobs[i].Code == ResultCode.ResultMismatch)
            {
                _logger.ResultsDiffer(chain.Id.ToString(), chain.Worker.ToString());
                _dispatcher.CheckNext(chain.Worker);
            }

            _dispatcher.Settle(chain.Worker, chain.Id);
            _traces.Add(chain.Id.Value, "complete", began);
        }

        SendSettled();
    }
}
