using JobNode.Commands;
using JobNode.Observability;
using JobNode.Queue;

namespace JobNode.Scheduling;

/// <summary>The workers' streams.</summary>
internal sealed partial class WorkLeader
{
    private const int HelloTimeoutMs = 5_000;
    private const int LookUpMax = 1024;

    /// <summary>Serves a worker's stream to its end, and closes it.</summary>
    public async Task ServeAsync(NodeId worker, WorkStream stream, CancellationToken cancellation)
    {
        await using WorkStream owned = stream;
        var session = new LeaderSession(worker, stream, new CancellationTokenSource());
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellation, session.Ended, _ending.Token);
        string reason = "closed by the worker";
        try
        {
            await ReadAllAsync(session, ended.Token);
        }
        catch (InvalidDataException exception)
        {
            reason = exception.Message;
            _logger.WorkStreamInvalid(worker.ToString(), reason);
        }
        catch (OperationCanceledException)
        {
            reason = "ended here";
        }
        catch (Exception exception)
        {
            // Whatever a transport throws when a connection breaks: for the leader, the worker is gone.
            reason = exception.Message;
        }

        _logger.WorkStreamEnded(worker.ToString(), reason);
        if (!_ending.IsCancellationRequested)
        {
            await LeaveQuietlyAsync(session, reason);
        }

        // What was sent last, an acknowledgement perhaps, still goes out.
        await stream.FinishAsync(TimeSpan.FromMilliseconds(200));
    }

    private async Task LeaveQuietlyAsync(LeaderSession session, string reason)
    {
        try
        {
            await PostAsync(() =>
            {
                Lose(session, reason);
                return Task.CompletedTask;
            });
        }
        catch (OperationCanceledException)
        {
            // The leadership ended meanwhile, and with it all that would be noted here.
        }
    }

    private async Task ReadAllAsync(LeaderSession session, CancellationToken cancellation)
    {
        using var impatience = new CancellationTokenSource(TimeSpan.FromMilliseconds(HelloTimeoutMs), _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, impatience.Token);
        WorkMessage? first = await session.Stream.ReadAsync(either.Token);
        if (first is null)
        {
            // It found another leader before it said anything.
            return;
        }

        if (first is not WorkHello hello)
        {
            throw new InvalidDataException("a work stream starts with a hello");
        }

        await PostAsync(() => ArriveAsync(session, hello));
        while (await session.Stream.ReadAsync(cancellation) is { } message)
        {
            if (message is not (WorkProgress or WorkFinished or WorkLeaving or ProgressQuestion))
            {
                throw new InvalidDataException($"{message.GetType().Name} is not for a worker to say");
            }

            await PostAsync(() =>
            {
                Hear(session, message);
                return Task.CompletedTask;
            });
        }
    }

    private async Task ArriveAsync(LeaderSession session, WorkHello hello)
    {
        if (_sessions.Remove(session.Node, out LeaderSession? previous))
        {
            previous.End();
        }

        _sessions.Add(session.Node, session);
        _dispatcher.Connect(session.Node, hello, NowMs);
        _logger.WorkerArrived(
            session.Node.ToString(),
            hello.HashThreads,
            hello.Lanes,
            hello.KernelPath,
            hello.InHand.Count,
            hello.Finished.Count);
        List<JobId> drops = [];
        foreach (JobInHand[] part in hello.InHand.Chunk(LookUpMax))
        {
            PendingJob?[] known = await _applyThread.ReadAsync(
                () => Array.ConvertAll(part, job => FindPending(job.Id)), _ending.Token);
            for (int i = 0; i < part.Length; i++)
            {
                if (known[i] is not { } pending || !_dispatcher.Adopt(session.Node, part[i], pending))
                {
                    drops.Add(part[i].Id);
                }
            }
        }

        // Where a result began is known from the state; else it could not be checked.
        foreach (JobResult[] part in hello.Finished.Chunk(LookUpMax))
        {
            JobId[] ids = Array.ConvertAll(part, static result => result.Id);
            await AddPendingAsync(ids);
        }

        Accept(session, hello.Finished);
        if (drops.Count > 0)
        {
            Send(session, new WorkDrop(drops));
        }
    }

    /// <summary>On the apply thread.</summary>
    private PendingJob? FindPending(JobId id) => _view.Find(id) is { State: JobState.Pending } found
        ? new PendingJob(found.Id, found.Chain, found.IterationsDone, found.IterationsTotal, found.Priority)
        : null;

    private void Hear(LeaderSession session, WorkMessage message)
    {
        if (!IsCurrent(session))
        {
            return;
        }

        switch (message)
        {
            case WorkProgress progress:
                _dispatcher.Report(session.Node, progress, NowMs);
                break;
            case WorkFinished finished:
                Accept(session, finished.Results);
                break;
            case ProgressQuestion question:
                Send(session, new ProgressAnswer(question.Number, _dispatcher.FindProgress(question.Id)));
                break;
            case WorkLeaving leaving:
                int jobs = _dispatcher.Leave(session.Node, leaving.InHand);
                _logger.WorkerLost(session.Node.ToString(), "it stops", jobs);
                ProposeCheckpoints();
                _sessions.Remove(session.Node);
                session.End();
                break;
            default:
                throw new InvariantException($"{message.GetType().Name} is not for the leader");
        }
    }

    private void Accept(LeaderSession session, IReadOnlyList<JobResult> results)
    {
        long nowMs = NowMs;
        foreach (JobResult result in results)
        {
            _dispatcher.Finish(session.Node, result.Id, result.Result, nowMs);
        }
    }

    private void Lose(LeaderSession session, string reason)
    {
        session.End();
        if (!IsCurrent(session))
        {
            return;
        }

        _sessions.Remove(session.Node);
        int jobs = _dispatcher.Disconnect(session.Node);
        _logger.WorkerLost(session.Node.ToString(), reason, jobs);
        _wake.Set();
    }

    private void Send(LeaderSession session, WorkMessage message)
    {
        if (!session.Stream.TrySend(message))
        {
            Lose(session, "its stream is closed or too slow");
        }
    }

    private bool IsCurrent(LeaderSession session) =>
        _sessions.TryGetValue(session.Node, out LeaderSession? current) && current == session;
}
