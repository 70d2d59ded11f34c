using JobNode.Commands;
using JobNode.Consensus.Log;
using JobNode.Observability;

namespace JobNode.Consensus;

/// <summary>
/// The ready loop: feeds the core with what waits in the inbox, then does what the core wants, always in the order
/// persist, send, apply, advance. One thread owns it; everything else talks to it through the inbox.
/// </summary>
/// <remarks>
/// Any exception in a turn is fatal: a failed sync, a core that found itself broken and an entry that cannot be decoded
/// all mean that going on could lose what was promised. The turn answers the callers and throws; the process must end.
/// </remarks>
internal sealed partial class RaftLoop : IRaftInbox, IApplyThread, IMembershipLog, IScrubbed, IDisposable
{
    private const int ReadiesPerTurnMax = 64;

    private readonly IRaftCore _core;
    private readonly WriteAheadLog _log;
    private readonly SnapshotStore _snapshots;
    private readonly IStateMachine _machine;
    private readonly IRaftTransport _transport;
    private readonly IRaftClock _clock;
    private readonly StatusBoard _board;
    private readonly RaftLoopOptions _options;
    private readonly ILogger _logger;
    private readonly Action? _applied;
    private readonly RaftInbox _inbox;
    private readonly IndexWaits _waits;
    private readonly Ready _ready = new();
    private readonly List<RaftCoreLogLine> _coreLog = [];
    private long _lastTickMs;
    private bool _isStopped;

    /// <summary>Loads what the disk remembers into the machine and the core.</summary>
    /// <param name="core">A core that was not started; disposed with the loop.</param>
    /// <param name="log">The opened log; disposed with the loop.</param>
    /// <param name="snapshots">At least one must be there: of the bootstrap, or at index 0 without a log.</param>
    /// <param name="machine">An empty machine; from here on only the raft thread touches it.</param>
    /// <param name="transport">Where messages go.</param>
    /// <param name="clock">Ticks and stamps.</param>
    /// <param name="board">Where the status is posted.</param>
    /// <param name="options">Settings.</param>
    /// <param name="logger">The log.</param>
    /// <param name="applied">Called on the raft thread after a turn that applied something; must be quick.</param>
    public RaftLoop(
        IRaftCore core,
        WriteAheadLog log,
        SnapshotStore snapshots,
        IStateMachine machine,
        IRaftTransport transport,
        IRaftClock clock,
        StatusBoard board,
        RaftLoopOptions options,
        ILogger logger,
        Action? applied)
    {
        _core = core;
        _log = log;
        _snapshots = snapshots;
        _machine = machine;
        _transport = transport;
        _clock = clock;
        _board = board;
        _options = options;
        _logger = logger;
        _applied = applied;
        _inbox = new RaftInbox(options);
        _waits = new IndexWaits(core, options);
        _heartbeats = new HeartbeatRepeater(transport, clock, options, options.Timings);
        _pending = new PendingProposals(options.Self, options.Timings);
        Slots = new ProposalSlots(Limits.ProposalsInFlightMax);
        SnapshotMetadata latest = snapshots.Latest
            ?? throw new InvalidOperationException("a node starts from a snapshot, even if it has no log");
        _schedule = new SnapshotSchedule(options, snapshots.LatestBytes);
        _tail = new MemoryTail(options.TailBytesMax);
        _snapshot = latest;
        _configuration = latest.Configuration;
        _lastTickMs = clock.MonotonicMs;
        StartFrom(latest);
        PublishStatus();
    }

    /// <summary>Slots of the callers that wait for a proposal.</summary>
    public ProposalSlots Slots { get; }

    /// <summary>
    /// Runs the loop on the calling thread until the token is cancelled.
    /// </summary>
    /// <exception cref="Exception">Something fatal happened; the process must end.</exception>
    public void Run(CancellationToken cancellation)
    {
        using CancellationTokenRegistration wake = cancellation.UnsafeRegister(
            static inbox => ((RaftInbox)inbox!).Wake(), _inbox);
        _core.Host(() => RunTurns(cancellation));
        Stop();
    }

    /// <summary>
    /// One turn: takes everything from the inbox and does everything that follows from it, without blocking on anything
    /// but the disk. Deterministic for given inputs and times. True when the core has more to do already.
    /// </summary>
    /// <exception cref="Exception">Something fatal happened; callers were answered, the loop is stopped.</exception>
    public bool RunTurn()
    {
        Invariant.That(!_isStopped, "a stopped loop does not turn");
        try
        {
            return Turn();
        }
        catch (Exception exception)
        {
            LogMessages.RaftLoopFailed(_logger, exception);
            StopCallers();
            throw;
        }
    }

    /// <summary>
    /// Ends the loop in order: the log is closed with its clean mark, callers are answered. Raft thread only.
    /// </summary>
    /// <exception cref="IOException">The log could not be written.</exception>
    public void Stop()
    {
        if (!_isStopped)
        {
            try
            {
                CloseLog();
            }
            finally
            {
                StopCallers();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        StopCallers();
        _inbox.Dispose();
        _core.Dispose();
        _log.Dispose();
    }

    private void RunTurns(CancellationToken cancellation)
    {
        // A core that was just started may have something to do: no waiting for the first tick.
        bool isBusy = true;
        while (!cancellation.IsCancellationRequested)
        {
            if (!isBusy)
            {
                long dueMs = IsBlocked ? _retryAtMs : _lastTickMs + _options.TickMs;
                long untilDueMs = dueMs - _clock.MonotonicMs;
                if (untilDueMs > 0)
                {
                    _inbox.WaitForInput((int)Math.Min(untilDueMs, Math.Max(DiskRetryMs, _options.TickMs)));
                }
            }

            isBusy = RunTurn();
        }
    }

    private bool Turn()
    {
        RaftInputs inputs = _inbox.TakeAll();
        ulong appliedBefore = _appliedIndex;
        foreach (Action stored in inputs.Stored)
        {
            stored();
        }

        if (IsBlocked && !TryUnblock())
        {
            TurnBlocked(inputs);
            return false;
        }

        foreach (Action finished in inputs.Finished)
        {
            finished();
        }

        StepMessages(inputs);
        if (IsBlocked)
        {
            inputs.ForgetStepped();
            TurnBlocked(inputs);
            return false;
        }

        Tick();
        Propose(inputs.Proposals);
        HandOverIfDue();
        foreach (IndexWait wait in inputs.Waits)
        {
            _waits.Add(wait);
        }

        long nowMs = _clock.MonotonicMs;
        if (!IsUnseated())
        {
            _waits.Ask(nowMs);
        }

        bool isBusy = HandleReadies();
        _waits.Applied(_appliedIndex);
        TrimTail();
        TakeSnapshotIfDue();
        PublishStatus();
        foreach (IReadRequest read in inputs.Reads)
        {
            read.Run();
        }

        bool hasApplied = _appliedIndex != appliedBefore;
        if (hasApplied)
        {
            _applied?.Invoke();
        }

        DrainCoreLog();

        // Who began to wait meanwhile for what this turn applied woke nobody (WaitAppliedAsync).
        return isBusy || CanPropose() || (hasApplied && _inbox.HasWaits);
    }

    private void StepMessages(RaftInputs inputs)
    {
        foreach (NodeId node in inputs.Unreachable)
        {
            _core.ReportUnreachable(node);
        }

        foreach (SnapshotReport report in inputs.SnapshotReports)
        {
            NoteTransferEnded(report);
        }

        foreach (byte[] message in inputs.Messages)
        {
            if (MayStep(message))
            {
                NoteVote(message);
                _core.Step(message);
            }
        }

        foreach (ReceivedSnapshot received in inputs.Snapshots)
        {
            if (IsBlocked)
            {
                DiscardReceived(received.FileName);
            }
            else
            {
                StepSnapshot(received);
            }
        }
    }

    /// <summary>
    /// Lets the core's time go on. After the messages, so that a process that was stopped for a while hears the leader
    /// before it counts the silence.
    /// </summary>
    private void Tick()
    {
        long nowMs = _clock.MonotonicMs;
        long due = (nowMs - _lastTickMs) / _options.TickMs;
        if (due <= 0)
        {
            return;
        }

        if (due > _options.CatchUpTicksMax)
        {
            LogMessages.TicksSkipped(_logger, nowMs - _lastTickMs);
            due = _options.CatchUpTicksMax;
            _lastTickMs = nowMs;
        }
        else
        {
            _lastTickMs += due * _options.TickMs;
        }

        for (long i = 0; i < due; i++)
        {
            _core.Tick();
        }

        CampaignAfterSplit(nowMs);
        _waits.Expire(nowMs);
    }

    private void PublishStatus()
    {
        ConsensusStatus shown = _board.Current;
        (NodeId leader, ulong term) = KnownLeader();
        if (shown.Role == _role && shown.Leader == leader && shown.Term == term
            && shown.CommitIndex == _hardState.Commit && shown.AppliedIndex == _appliedIndex
            && shown.Self == _options.Self && ReferenceEquals(shown.Configuration, _configuration))
        {
            return;
        }

        _board.Publish(new ConsensusStatus(
            _options.Self,
            _role,
            leader,
            term,
            _hardState.Commit,
            _appliedIndex,
            _machine.Digest,
            _configuration));
    }

    private void DrainCoreLog()
    {
        _core.DrainLog(_coreLog);
        foreach (RaftCoreLogLine line in _coreLog)
        {
            LogLevel level = RaftCoreLogLevels.Of(line.Level);
            LogMessages.RaftCoreSaid(_logger, level, line.Text);
        }

        _coreLog.Clear();
    }

    private void StopCallers()
    {
        if (_isStopped)
        {
            return;
        }

        _isStopped = true;
        RaftInputs left = _inbox.Close();
        foreach (ProposalRequest request in left.Proposals)
        {
            request.Fail(ResultCode.Stopping);
        }

        while (_unproposed.TryDequeue(out ProposalRequest? request))
        {
            request.Fail(ResultCode.Stopping);
        }

        _pending.FailAll(ResultCode.OutcomeUnknown);
        foreach (IReadRequest read in left.Reads)
        {
            read.Abandon();
        }

        foreach (IndexWait wait in left.Waits)
        {
            wait.End(reached: false);
        }

        _waits.EndAll();
        _role = RaftRole.Follower;
        _leader = NodeId.None;
        PublishStatus();
    }
}
