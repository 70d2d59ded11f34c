using System.Collections.Concurrent;
using System.Threading.Channels;
using JobNode.Commands;
using JobNode.Observability;
using JobNode.Queue;

namespace JobNode.Scheduling;

/// <summary>
/// The leader's side of the work, for the time of one leadership: feeds the <see cref="Dispatcher"/> and carries out
/// what it decides. One task does everything; streams, raft thread and timers only post to it. All it knows is
/// disposable: the next leader learns it again from the replicated state and the workers' hellos.
/// </summary>
internal sealed partial class WorkLeader : IDisposable
{
    private const int InboxMax = 1024;

    private readonly ConsensusStatus _term;
    private readonly ICommandProposer _proposer;
    private readonly IApplyThread _applyThread;
    private readonly QueueView _view;
    private readonly StatusBoard _board;
    private readonly WorkBoard _workBoard;
    private readonly TimeProvider _time;
    private readonly RetentionPeriods _retention;
    private readonly ILogger _logger;
    private readonly JobTraces _traces;

    private readonly Dispatcher _dispatcher;
    private readonly PendingCursor _shortCursor = new(iterationsMax: SchedulingLimits.ShortJobIterationsMax);
    private readonly PendingCursor _longCursor = new(iterationsMin: SchedulingLimits.ShortJobIterationsMax + 1);
    private readonly Dictionary<NodeId, LeaderSession> _sessions = [];
    private readonly Channel<Func<Task>> _inbox = Channel.CreateBounded<Func<Task>>(InboxMax);
    private readonly ConcurrentQueue<JobEvent> _jobEvents = new();
    private readonly AsyncSignal _wake = new();
    private readonly CancellationTokenSource _ending = new();
    private volatile bool _workAdded = true;
    private volatile bool _mustRestart;
    private volatile bool _quarantineChanged = true;
    private bool _isAssigning;
    private long _startedAtMs;
    private long _tickAtMs;
    private long _reportAtMs;

    /// <summary>
    /// A leader of the term in <paramref name="term"/>; <see cref="RunAsync"/> starts it. It has the share
    /// <paramref name="verifyShare"/> (0 to 1) of the work computed twice: which, follows from
    /// <paramref name="verifySeed"/>, random by default.
    /// </summary>
    public WorkLeader(
        ConsensusStatus term,
        ICommandProposer proposer,
        IApplyThread applyThread,
        QueueView view,
        StatusBoard board,
        WorkBoard workBoard,
        TimeProvider time,
        RetentionPeriods retention,
        ILogger logger,
        double verifyShare = 0,
        ulong? verifySeed = null,
        JobTraces? traces = null)
    {
        Invariant.That(term.IsLeader, "only a leader hands out work");
        _term = term;
        _proposer = proposer;
        _applyThread = applyThread;
        _view = view;
        _board = board;
        _workBoard = workBoard;
        _time = time;
        _retention = retention;
        _logger = logger;
        _traces = traces ?? JobTraces.Off;
        _dispatcher = new Dispatcher(new VerifyOptions(verifyShare, verifySeed ?? RandomBits.Next64()));
    }

    private long NowMs => (long)_time.GetElapsedTime(0).TotalMilliseconds;

    /// <summary>Notes changes of the replicated state; on the raft thread, never blocks.</summary>
    public void OnJobEvents(IReadOnlyList<JobEvent> events)
    {
        foreach (JobEvent change in events)
        {
            switch (change.Kind)
            {
                case JobEventKind.WorkAdded:
                    _workAdded = true;
                    break;
                case JobEventKind.Finished or JobEventKind.Recalled:
                    _jobEvents.Enqueue(change);
                    break;
                case JobEventKind.Quarantine:
                    _quarantineChanged = true;
                    break;
                default:
                    _mustRestart = true;
                    break;
            }
        }

        if (_jobEvents.Count > SchedulingLimits.JobEventsMax)
        {
            _mustRestart = true;
        }

        _wake.Set();
    }

    /// <summary>
    /// Works until cancelled, or until its view of the work must be built again; then all streams are closed.
    /// </summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _ending.Token);
        _logger.WorkLeadershipStarted(_term.Term);
        Task ticking = TickAsync(either.Token);
        Task expiring = new ExpiryKeeper(
            _proposer, _applyThread, _view, _time, _retention, _logger).RunAsync(either.Token);
        try
        {
            await CatchUpAsync(either.Token);
            await FollowStateAsync(either.Token);
            _startedAtMs = _tickAtMs = _reportAtMs = NowMs;
            while (!_mustRestart)
            {
                await _wake.WaitAsync(either.Token);
                await TurnAsync(either.Token);
            }
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            // The end of this leadership.
        }
        finally
        {
            await _ending.CancelAsync();
            await Task.WhenAll(ticking, expiring).ContinueWith(static _ => { }, TaskScheduler.Default);
            _logger.WorkLeadershipEnded(_term.Term);
        }
    }

    /// <summary>
    /// Ends it: all streams close. What is posted later is refused by cancellation, so the source stays.
    /// </summary>
    public void Dispose() => _ending.Cancel();

    /// <summary>
    /// Puts all results and progress that it has so far into the log; waits for that at most
    /// <paramref name="timeout"/>.
    /// </summary>
    public async Task SettleAsync(TimeSpan timeout)
    {
        try
        {
            Task[] proposals = await PostAsync(ProposeAll).WaitAsync(timeout, _time);
            await Task.WhenAll(proposals).WaitAsync(timeout, _time);
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            // Not decided in time, or no leader any more: the workers show their results to the next one.
        }
    }

    /// <summary>Where a job stands, if some worker reported it.</summary>
    public async ValueTask<ChainProgress?> FindProgressAsync(JobId id, CancellationToken cancellation)
    {
        Task<ChainProgress?> answer = PostAsync(() => _dispatcher.FindProgress(id));
        return await answer.WaitAsync(
            TimeSpan.FromMilliseconds(SchedulingLimits.ProgressAnswerMs), _time, cancellation);
    }

    /// <summary>The state here must hold all that was committed, or a hello's jobs could not be judged.</summary>
    private async Task CatchUpAsync(CancellationToken cancellation)
    {
        while (!await _applyThread.ReadBarrierAsync(cancellation))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(SchedulingLimits.TickMs), _time, cancellation);
        }
    }

    private async Task TickAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(SchedulingLimits.TickMs), _time);
        while (await timer.WaitForNextTickAsync(cancellation))
        {
            _wake.Set();
        }
    }

    private async Task TurnAsync(CancellationToken cancellation)
    {
        int taken = 0;
        while (taken++ < InboxMax && _inbox.Reader.TryRead(out Func<Task>? posted))
        {
            await posted();
        }

        await FollowStateAsync(cancellation);
        CarryOut();
        Tick();
        if (HasGraceEnded())
        {
            await ReadPendingAsync(cancellation);
            Assign();
        }

        CarryOut();
        ProposeResults();
        if (_inbox.Reader.Count > 0 || WantsToRead)
        {
            _wake.Set();
        }
    }

    private void Tick()
    {
        long nowMs = NowMs;
        if (nowMs - _tickAtMs < SchedulingLimits.TickMs)
        {
            return;
        }

        if (nowMs - _tickAtMs > SchedulingLimits.LeaseDurationMs / 2)
        {
            _dispatcher.ForgiveSilence(nowMs);
        }

        _tickAtMs = nowMs;
        List<NodeId> silent = [];
        _dispatcher.CollectSilent(nowMs - SchedulingLimits.LeaseDurationMs, silent);
        foreach (NodeId node in silent)
        {
            Lose(_sessions[node], $"not heard for {SchedulingLimits.LeaseDurationMs} ms");
        }

        if (_isAssigning)
        {
            Rebalance(nowMs);
            Replace();
        }

        if (nowMs - _reportAtMs >= SchedulingLimits.ReportIntervalMs)
        {
            _reportAtMs = nowMs;
            ProposeCheckpoints();
            Report();
        }
    }

    /// <summary>
    /// Work that was running before the election may still be: nothing is handed out until every member showed its
    /// hand, or time is up.
    /// </summary>
    private bool HasGraceEnded()
    {
        if (_isAssigning)
        {
            return true;
        }

        bool isEverybodyHere = true;
        foreach (Member member in _board.Current.Configuration.Members)
        {
            isEverybodyHere &= _dispatcher.IsConnected(member.Id);
        }

        _isAssigning = isEverybodyHere || NowMs - _startedAtMs >= SchedulingLimits.GraceMs;
        return _isAssigning;
    }

    private void Report()
    {
        var report = new WorkReport(
            _dispatcher.Describe(), _dispatcher.RunningCount, _dispatcher.LongestChainSeconds, _time.GetUtcNow());
        _workBoard.Current = report;
        var message = new WorkReported(report);
        var verified = new WorkVerified(new VerifyReport(
            _dispatcher.Checked,
            _dispatcher.Differed,
            _dispatcher.Unverified,
            _recalled,
            _delivered,
            _dispatcher.Suspects));
        _workBoard.Verified = verified.Report;
        foreach (LeaderSession session in _sessions.Values.ToArray())
        {
            Send(session, message);
            if (KnowsQuarantine)
            {
                Send(session, verified);
            }
        }
    }

    /// <summary>Lets the loop do something, and gives its answer.</summary>
    private async Task<T> PostAsync<T>(Func<T> question)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        await PostAsync(() =>
        {
            answer.SetResult(question());
            return Task.CompletedTask;
        });
        return await answer.Task.WaitAsync(_ending.Token);
    }

    private async Task PostAsync(Func<Task> action)
    {
        await _inbox.Writer.WriteAsync(action, _ending.Token);
        _wake.Set();
    }
}
