using JobNode.Commands;
using JobNode.Hashing;
using JobNode.Observability;
using JobNode.Queue;
using JobNode.Transport;

namespace JobNode.Scheduling;

/// <summary>
/// All of a node's work: its worker, which follows the leader, and the leader's side while this node leads.
/// </summary>
internal sealed class WorkService : IAsyncDisposable
{
    /// <summary>A worker that heard of this leader before it did itself waits this long, in milliseconds.</summary>
    private const int LeaderAwaitedMs = 2_000;

    private const int RestartDelayMs = 200;
    private static readonly TimeSpan SettleTimeout = TimeSpan.FromSeconds(2);

    private readonly NodeId _self;
    private readonly ICommandProposer _proposer;
    private readonly IApplyThread _applyThread;
    private readonly QueueView _view;
    private readonly StatusBoard _board;
    private readonly WorkBoard _workBoard;
    private readonly Func<string, CancellationToken, Task<DuplexStream>> _openWorkStream;
    private readonly TimeProvider _time;
    private readonly RetentionPeriods _retention;
    private readonly double _verifyShare;
    private readonly ILogger _logger;
    private readonly JobTraces _traces;
    private readonly JobHand _hand;
    private readonly int _lanes;
    private readonly HashThread[] _threads;
    private readonly Worker _worker;
    private readonly Worker _observer;
    private readonly Lazy<Task> _handBack;
    private readonly CancellationTokenSource _leaving = new();
    private readonly CancellationTokenSource _stopping = new();
    private volatile WorkLeader? _leader;
    private TaskCompletionSource _leaderStarted = NewSignal();
    private Task _working = Task.CompletedTask;
    private Task _leading = Task.CompletedTask;
    private Task _observing = Task.CompletedTask;
    private volatile Worker _following;
    private int _stopped;

    /// <summary>Composes; nothing runs before <see cref="Start"/>.</summary>
    /// <param name="self">This node.</param>
    /// <param name="kernel">The kernel its hash threads use.</param>
    /// <param name="hashThreads">Hash threads; 0 for a node that only stores and answers.</param>
    /// <param name="localProposer">Proposes on this node only; answers NotLeader when it does not lead.</param>
    /// <param name="applyThread">Where <paramref name="view"/> may be read.</param>
    /// <param name="view">The replicated state.</param>
    /// <param name="board">Who leads.</param>
    /// <param name="workBoard">Where work reports go.</param>
    /// <param name="openWorkStream">Opens a work stream to the node at a cluster address.</param>
    /// <param name="time">Clock and timers.</param>
    /// <param name="logger">Log.</param>
    /// <param name="enterHashThread">Run first on each hash thread, gives 0 or an errno; lowers its priority by
    /// default.</param>
    /// <param name="retention">How long finished jobs stay while this node leads; a day by default.</param>
    /// <param name="verifyShare">Share of the work, 0 to 1, that is computed twice while this node leads.</param>
    /// <param name="traces">Follows some jobs; none by default.</param>
    public WorkService(
        NodeId self,
        ChainKernel kernel,
        int hashThreads,
        ICommandProposer localProposer,
        IApplyThread applyThread,
        QueueView view,
        StatusBoard board,
        WorkBoard workBoard,
        Func<string, CancellationToken, Task<DuplexStream>> openWorkStream,
        TimeProvider time,
        ILogger logger,
        Func<int>? enterHashThread = null,
        RetentionPeriods? retention = null,
        double verifyShare = 0,
        JobTraces? traces = null)
    {
        Invariant.That(self != NodeId.None, "a node has an id");
        _self = self;
        _proposer = localProposer;
        _applyThread = applyThread;
        _view = view;
        _board = board;
        _workBoard = workBoard;
        _openWorkStream = openWorkStream;
        _time = time;
        _retention = retention ?? RetentionPeriods.Default;
        _verifyShare = verifyShare;
        _traces = traces ?? JobTraces.Off;
        _logger = logger;
        _hand = new JobHand(hashThreads);
        _threads = new HashThread[hashThreads];
        Func<int> enter = enterHashThread ?? LowPriority.EnterThisThread;
        for (int thread = 0; thread < hashThreads; thread++)
        {
            _threads[thread] = new HashThread(thread, kernel, _hand, enter, logger);
        }

        using ChainLanes lanes = kernel.CreateLanes();
        _lanes = hashThreads * lanes.Lanes;
        var capacity = new WorkerCapacity(
            hashThreads,
            _lanes,
            new HashRates(
                hashThreads * lanes.FullIterationsPerSecond,
                0,
                hashThreads == 0 ? 0 : lanes.ChainIterationsPerSecond),
            kernel.Best.Name);
        _worker = new Worker(capacity, _hand, board, workBoard, OpenAsync, time, logger, traces: _traces);
        var nothing = new WorkerCapacity(0, 0, new HashRates(0, 0, 0), kernel.Best.Name);
        _observer = new Worker(nothing, new JobHand(0), board, workBoard, OpenAsync, time, logger);
        _following = _worker;
        _handBack = new Lazy<Task>(HandBackOnceAsync);
    }

    /// <summary>Iterations this node's threads have done since it started.</summary>
    public ulong IterationsDone => _hand.Measure().Iterations;

    /// <summary>Lanes with a job, and lanes.</summary>
    public (int Busy, int All) Lanes => (_hand.Measure().LanesBusy, _lanes);

    /// <summary>Starts the hash threads, the worker and the watch over leadership.</summary>
    public void Start()
    {
        foreach (HashThread thread in _threads)
        {
            thread.Start();
        }

        _leading = Task.Run(() => LeadAsync(_stopping.Token));
        _working = Task.Run(() => _worker.RunAsync(_leaving.Token));
    }

    /// <summary>
    /// Stops the hash threads and hands the work back with its last progress; a leader also sees to it that its
    /// successor finds this progress in the log. What else this node does goes on until <see cref="StopAsync"/>: a
    /// leader leads, and with empty hands the node goes on following one, so that nobody waits for it.
    /// </summary>
    public async Task HandBackAsync()
    {
        await _handBack.Value;
        if (Interlocked.CompareExchange(ref _following, _observer, _worker) == _worker)
        {
            _observing = Task.Run(() => _observer.RunAsync(_stopping.Token));
        }
    }

    /// <summary>Hands the work back, unless that was done, and ends.</summary>
    public async Task StopAsync()
    {
        if (Interlocked.Exchange(ref _stopped, 1) != 0)
        {
            return;
        }

        await _handBack.Value;
        await _stopping.CancelAsync();
        await Task.WhenAll(_leading, _observing);
    }

    /// <summary>
    /// Serves a worker's stream until it ends; closes it when this node does not lead, nor is about to.
    /// </summary>
    public async Task AcceptAsync(NodeId worker, DuplexStream stream, CancellationToken cancellation)
    {
        await using var work = new WorkStream(stream);
        if (await FindLeaderAsync(cancellation) is { } leader)
        {
            await leader.ServeAsync(worker, work, cancellation);
        }
    }

    /// <summary>
    /// Where a running job stands, at most about a second old; null when nobody runs it or nobody answers.
    /// </summary>
    public async ValueTask<ChainProgress?> FindProgressAsync(JobId id, CancellationToken cancellation)
    {
        if (_leader is not { } leader)
        {
            return await _following.AskProgressAsync(id, cancellation);
        }

        try
        {
            return await leader.FindProgressAsync(id, cancellation);
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            cancellation.ThrowIfCancellationRequested();
            return null;
        }
    }

    /// <summary>What changed in the replicated state. Called on the raft thread: only notes it.</summary>
    public void OnJobEvents(IReadOnlyList<JobEvent> events) => _leader?.OnJobEvents(events);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _leaving.Dispose();
        _stopping.Dispose();
    }

    private async Task HandBackOnceAsync()
    {
        _hand.Stop();
        await Task.Run(JoinThreads);
        await _leaving.CancelAsync();
        await _working;
        if (_leader is { } leader)
        {
            await leader.SettleAsync(SettleTimeout);
        }
    }

    private void JoinThreads()
    {
        foreach (HashThread thread in _threads)
        {
            thread.Join();
        }
    }

    /// <summary>Runs a <see cref="WorkLeader"/> whenever, and as long as, this node leads.</summary>
    private async Task LeadAsync(CancellationToken stopping)
    {
        try
        {
            while (!stopping.IsCancellationRequested)
            {
                ConsensusStatus status = _board.Current;
                if (status.IsLeader)
                {
                    await LeadTermAsync(status, stopping);
                }
                else
                {
                    await _board.WaitForChangeAsync(status, stopping);
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The node stops.
        }
    }

    private async Task LeadTermAsync(ConsensusStatus status, CancellationToken stopping)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        using var leader = new WorkLeader(
            status, _proposer, _applyThread, _view, _board, _workBoard, _time, _retention, _logger,
            _verifyShare, traces: _traces);

        // Visible before it first reads the state: an event is either in what it reads, or told to it.
        _leader = leader;
        Interlocked.Exchange(ref _leaderStarted, NewSignal()).TrySetResult();
        Task changed = _board.WaitForLeaderChangeAsync(status, ending.Token);
        Task running = leader.RunAsync(ending.Token);
        try
        {
            await Task.WhenAny(changed, running);
            await ending.CancelAsync();
            await running;
        }
        catch (Exception exception) when (!stopping.IsCancellationRequested)
        {
            // All that a leader of work knows is disposable: it starts again from the replicated state and the hellos.
            // A cancelled read counts, too: the raft thread turns reads away when there are many, or when it failed.
            _logger.WorkLeaderFailed(exception.Message, exception);
            await Task.Delay(RestartDelayMs, stopping);
        }
        finally
        {
            _leader = null;
        }
    }

    private async Task<WorkLeader?> FindLeaderAsync(CancellationToken cancellation)
    {
        long since = _time.GetTimestamp();
        while (true)
        {
            Task started = Volatile.Read(ref _leaderStarted).Task;
            if (_leader is { } leader)
            {
                return leader;
            }

            TimeSpan left = TimeSpan.FromMilliseconds(LeaderAwaitedMs) - _time.GetElapsedTime(since);
            if (left <= TimeSpan.Zero || _stopping.IsCancellationRequested)
            {
                return null;
            }

            await Task.WhenAny(started, Task.Delay(left, _time, cancellation));
            cancellation.ThrowIfCancellationRequested();
        }
    }

    private Task<DuplexStream> OpenAsync(ConsensusStatus status, CancellationToken cancellation)
    {
        if (status.Leader != _self)
        {
            string address = status.LeaderAddress ?? throw new IOException($"leader {status.Leader} has no address");
            return _openWorkStream(address, cancellation);
        }

        (DuplexStream here, DuplexStream there) = InMemoryDuplex.CreatePair();
        _ = ServeSelfAsync(there);
        return Task.FromResult(here);
    }

    private async Task ServeSelfAsync(DuplexStream stream)
    {
        try
        {
            await AcceptAsync(_self, stream, _stopping.Token);
        }
        catch (OperationCanceledException)
        {
            // The node stops.
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
