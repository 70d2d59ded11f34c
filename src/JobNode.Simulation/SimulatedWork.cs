using JobNode.Commands;
using JobNode.Hashing;
using JobNode.Observability;
using JobNode.Queue;
using JobNode.Scheduling;
using JobNode.Transport;

namespace JobNode.Simulation;

/// <summary>
/// One life's work, as <c>WorkService</c> puts it together: the real worker, hand, lanes and leader's side. Only the
/// hash threads are the schedule's: they advance stand-in chains in virtual time.
/// </summary>
internal sealed class SimulatedWork : IDisposable
{
    private const int LeaderAwaitedMs = 2_000;
    private const int RestartDelayMs = 200;
    private const long SnapshotEveryMs = 100;
    private static readonly TimeSpan _settleTimeout = TimeSpan.FromSeconds(2);

    private readonly SimulatedNode _node;
    private readonly SimulatedWorld _world;
    private readonly EchoingProposer _proposer;
    private readonly WorkSpeed _speed;
    private readonly ILogger _logger;
    private readonly SimulatedTimeProvider _time;
    private readonly WorkBoard _workBoard = new();
    private readonly JobHand _hand;
    private readonly Worker _worker;
    private readonly (LaneScheduler Scheduler, ChainLanes Lanes)[] _threads;
    private readonly List<RunningChain> _scratch = [];
    private readonly CancellationTokenSource _leaving = new();
    private TaskCompletionSource _leaderStarted = NewSignal();
    private WorkLeader? _leader;
    private long _snapshotAtMs;

    /// <summary>Composes; nothing runs before <see cref="Start"/>.</summary>
    public SimulatedWork(
        SimulatedNode node,
        NodeLife life,
        SimulatedWorld world,
        SimulatedClock clock,
        WorkSpeed speed,
        ILogger logger)
    {
        _node = node;
        _world = world;
        _proposer = new EchoingProposer(node.Proposer!, world, life);
        _speed = speed;
        _logger = logger;
        _time = new SimulatedTimeProvider(clock);
        _hand = new JobHand(speed.Threads);
        LanePlan plan = StandInChain.Plan(speed.Lanes, speed.ClaimedStepsPerSecond);
        _threads = new (LaneScheduler, ChainLanes)[speed.Threads];
        for (int thread = 0; thread < speed.Threads; thread++)
        {
            var lanes = new ChainLanes(plan);
            _threads[thread] = (new LaneScheduler(lanes), lanes);
        }

        var capacity = new WorkerCapacity(
            speed.Threads,
            speed.Threads * speed.Lanes,
            new HashRates(
                speed.Threads * speed.Lanes * speed.ClaimedStepsPerSecond,
                0,
                speed.Threads == 0 ? 0 : speed.ClaimedStepsPerSecond),
            "stand-in");
        _worker = new Worker(capacity, _hand, node.Board!, _workBoard, OpenAsync, _time, logger, world.Random);
    }

    /// <summary>Called when another node's worker opens a stream to the leader that this one knows.</summary>
    public Func<ConsensusStatus, Task<DuplexStream>> Connect { get; init; } =
        static _ => throw new IOException("no network");

    /// <summary>Starts the worker and the watch over leadership.</summary>
    public void Start()
    {
        _ = Task.Run(LeadAsync);
        _ = Task.Run(() => _worker.RunAsync(_leaving.Token));
    }

    /// <summary>One step of virtual time: timers, then the hash threads.</summary>
    public void Step()
    {
        _time.RunDue();
        bool isSnapshot = _time.GetTimestamp() - _snapshotAtMs >= SnapshotEveryMs;
        if (isSnapshot)
        {
            _snapshotAtMs = _time.GetTimestamp();
        }

        for (int thread = 0; thread < _threads.Length; thread++)
        {
            Hash(thread, isSnapshot);
        }
    }

    /// <summary>Another node's worker comes.</summary>
    public void Accept(NodeId worker, DuplexStream stream) => _ = Task.Run(() => ServeAsync(worker, stream));

    /// <summary>What changed in the replicated state.</summary>
    public void OnJobEvents(IReadOnlyList<JobEvent> events) => _leader?.OnJobEvents(events);

    /// <summary>As before a stop in order: the threads end, and the work goes back with its last progress.</summary>
    public void HandBack()
    {
        _hand.Stop();
        for (int thread = 0; thread < _threads.Length; thread++)
        {
            _threads[thread].Scheduler.Snapshot();
            _hand.Exchange(thread, _threads[thread].Scheduler, isSnapshot: true, _scratch);
        }

        _leaving.Cancel();
        if (_leader is { } leader)
        {
            _ = Task.Run(() => leader.SettleAsync(_settleTimeout));
        }
    }

    /// <summary>Frees the lanes; the rest of a life that ended never runs again.</summary>
    public void Dispose()
    {
        foreach ((_, ChainLanes lanes) in _threads)
        {
            lanes.Dispose();
        }

        _leaving.Dispose();
    }

    private void Hash(int thread, bool isSnapshot)
    {
        (LaneScheduler scheduler, ChainLanes lanes) = _threads[thread];
        if (isSnapshot)
        {
            scheduler.Snapshot();
        }

        ulong left = _speed.StepsPerTurn;
        bool hasWork = _hand.Exchange(thread, scheduler, isSnapshot, _scratch);
        while (hasWork && left > 0)
        {
            ulong steps = scheduler.NextSteps(left);
            lanes.Advance(scheduler.Active, steps);
            scheduler.Advanced(steps, (long)(steps / _speed.ClaimedStepsPerSecond * TimeSpan.TicksPerSecond));
            left -= steps;
            hasWork = scheduler.Ended.Count > 0 || scheduler.Active == 0
                ? _hand.Exchange(thread, scheduler, isSnapshot: false, _scratch)
                : left > 0;
        }
    }

    private async Task LeadAsync()
    {
        StatusBoard board = _node.Board!;
        while (true)
        {
            ConsensusStatus status = board.Current;
            if (!status.IsLeader)
            {
                await board.WaitForChangeAsync(status, CancellationToken.None);
                continue;
            }

            await LeadTermAsync(status, board);
        }
    }

    private async Task LeadTermAsync(ConsensusStatus status, StatusBoard board)
    {
        using var ending = new CancellationTokenSource();
        using var leader = new WorkLeader(
            status,
            _proposer,
            _node.Loop!,
            _node.View!,
            board,
            _workBoard,
            _time,
            RetentionPeriods.Default,
            _logger,
            _world.Settings.VerifyShare,
            (ulong)_world.Random.NextInt64(1, long.MaxValue));
        _leader = leader;
        Interlocked.Exchange(ref _leaderStarted, NewSignal()).TrySetResult();
        Task changed = board.WaitForLeaderChangeAsync(status, ending.Token);
        Task running = leader.RunAsync(ending.Token);
        try
        {
            await Task.WhenAny(changed, running);
            await ending.CancelAsync();
            await running;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            _logger.WorkLeaderFailed(exception.Message, exception);
            await Task.Delay(TimeSpan.FromMilliseconds(RestartDelayMs), _time);
        }
        finally
        {
            _leader = null;
        }
    }

    private async Task ServeAsync(NodeId worker, DuplexStream stream)
    {
        await using var work = new WorkStream(stream);
        Task patience = Task.Delay(TimeSpan.FromMilliseconds(LeaderAwaitedMs), _time);
        while (_leader is null && !patience.IsCompleted)
        {
            await Task.WhenAny(_leaderStarted.Task, patience);
        }

        if (_leader is { } leader)
        {
            await leader.ServeAsync(worker, work, CancellationToken.None);
        }
    }

    private Task<DuplexStream> OpenAsync(ConsensusStatus status, CancellationToken cancellation)
    {
        if (status.Leader != _node.Id)
        {
            return Connect(status);
        }

        (DuplexStream here, DuplexStream there) = InMemoryDuplex.CreatePair();
        Accept(_node.Id, there);
        return Task.FromResult(here);
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>How fast a node hashes.</summary>
/// <param name="Threads">Hash threads; 0 for a node that only stores and answers.</param>
/// <param name="Lanes">Chains that a thread advances at once.</param>
/// <param name="StepsPerTurn">Steps of each chain in a lane per step of the schedule.</param>
/// <param name="ClaimedStepsPerSecond">
/// What its kernel says of itself: far less, so that checkpoints, which are due by the work between them, come often.
/// </param>
internal sealed record WorkSpeed(int Threads, int Lanes, ulong StepsPerTurn, double ClaimedStepsPerSecond)
{
    /// <summary>Some node's; one in eight takes no work, never the first.</summary>
    public static WorkSpeed Any(Random random, int index) => new(
        random.Next(2) == 0 && index % 4 == 3 ? 0 : random.Next(1, 3),
        random.Next(1, StandInChain.LanesMax + 1),
        (ulong)random.Next(3_000, 16_000),
        random.Next(1_000, 20_000));
}
