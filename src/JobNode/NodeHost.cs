using System.Diagnostics;
using System.Net;
using JobNode.Api;
using JobNode.Cli;
using JobNode.Commands;
using JobNode.Consensus;
using JobNode.Consensus.Log;
using JobNode.Hashing;
using JobNode.Membership;
using JobNode.Observability;
using JobNode.Queue;
using JobNode.Scheduling;
using JobNode.Security;
using JobNode.Transport;

namespace JobNode;

/// <summary>
/// One running node: every part, made once and in order, and taken down in the opposite order. It decides nothing else.
/// </summary>
/// <remarks>
/// Threads: one raft thread (core, log writes, apply), the pool (both ports, streams, dispatching) and one hash thread
/// per core. They meet in bounded queues only.
/// </remarks>
internal sealed class NodeHost : IAsyncDisposable
{
    private static readonly TimeSpan ApiDrainTimeout = TimeSpan.FromSeconds(3);

    private readonly ServeOptions _options;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private readonly long _startedAt = Stopwatch.GetTimestamp();
    private readonly TimeProvider _time = TimeProvider.System;
    private readonly ChainKernel _kernel;
    private readonly DataDirectory _directory;
    private readonly SnapshotStore _snapshots;
    private readonly ClusterIdentity _identity;
    private readonly PeerConnections _connections;
    private readonly ClusterEndpoint _endpoint;
    private readonly ClusterBootstrap _bootstrap;
    private readonly ApiServer _api;
    private readonly NodeConditions _conditions = new();
    private readonly RaftTimings _timings = new();
    private readonly Stack<IAsyncDisposable> _parts = new();

    private NodeHost(ServeOptions options, ILoggerFactory loggers)
    {
        _options = options;
        _loggers = loggers;
        _logger = loggers.CreateLogger("JobNode.Host");
        _kernel = ChainKernel.Create(options.ForcedIsa);
        _directory = DataDirectory.Open(options.DataDirectory);
        _snapshots = SnapshotStore.Open(_directory.Storage);
        _identity = new ClusterIdentity(_directory.NodeId);
        PeerSecurity security = PeerSecurity.Open(
            options.Security, loggers.CreateLogger("JobNode.Transport"), _time);
        _connections = new PeerConnections(_identity, security);
        _endpoint = new ClusterEndpoint(_identity, loggers, security);
        _bootstrap = new ClusterBootstrap(
            _identity,
            _connections,
            configuration => _snapshots.Save(
                RaftLoop.BootstrapIndex, RaftLoop.BootstrapIndex, configuration, state: null),
            loggers.CreateLogger("JobNode.Membership"));
        _api = new ApiServer(options, () => _bootstrap.WaitsFor, _time, loggers);
        foreach (string warning in _kernel.Warnings)
        {
            _logger.KernelPathUnusable(warning);
        }
    }

    private int HashThreads => _options.Workers ?? Environment.ProcessorCount;

    /// <summary>
    /// Runs a node until the token is cancelled (0) or something fatal happens (1, with the reason in the log).
    /// </summary>
    /// <exception cref="CliFailure">The node cannot start: the sentence says why and what to do.</exception>
    public static async Task<int> RunAsync(ServeOptions options, CancellationToken cancellation)
    {
        using ILoggerFactory loggers = NodeLog.Create();
        NodeHost node;
        try
        {
            node = new NodeHost(options, loggers);
        }
        catch (Exception error) when (IsExpected(error))
        {
            throw new CliFailure(ExitCode.Failed, error.Message);
        }

        await using (node)
        {
            try
            {
                return await node.ServeAsync(cancellation);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                return 0;
            }
            catch (Exception error) when (IsExpected(error))
            {
                throw new CliFailure(ExitCode.Failed, error.Message);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _api.DisposeAsync();
        while (_parts.TryPop(out IAsyncDisposable? part))
        {
            await part.DisposeAsync();
        }

        await _endpoint.DisposeAsync();
        _connections.Dispose();
        _directory.Dispose();
    }

    // What the machine or the operator can cause; its message is the sentence that a person needs. The rest is a bug.
    private static bool IsExpected(Exception error) =>
        error is IOException or UnauthorizedAccessException or PlatformNotSupportedException or FormatException
            or System.Net.Sockets.SocketException;

    private async Task<int> ServeAsync(CancellationToken cancellation)
    {
        await _api.StartAsync(await ListenEndpoint.ResolveAsync(_options.Listen, cancellation), cancellation);
        ClusterConfiguration configuration = await JoinClusterAsync(cancellation);
        var board = new StatusBoard(new ConsensusStatus(
            _identity.Self, RaftRole.Follower, NodeId.None, 0, 0, 0, UInt128.Zero, configuration));
        var machine = new JobStateMachine(StateLimits.Default);
        var events = new JobEventFan(machine);
        RaftStreams streams = CreateStreams(board);
        RaftLoop loop = CreateLoop(machine, streams, board, events);
        RaftThread raft = Keep(new RaftThread(loop, _loggers.CreateLogger("JobNode.Consensus")));
        var local = new CommandProposer(loop, _conditions);
        CommandForwarder forwarder = CreateForwarder(local, board);
        var workBoard = new WorkBoard();
        WorkService work = CreateWork(local, loop, machine.View, board, workBoard);
        events.Attach(work);
        MapStreams(streams, forwarder, work);
        streams.Attach(loop);
        raft.Start();
        work.Start();
        OpenApi(forwarder, loop, machine, board, workBoard, work, events);
        NodeBanner.Write(Console.Out, _options, configuration, $"{_api.Scheme}://{_api.Address}", _identity, _kernel,
            HashThreads,
            Stopwatch.GetElapsedTime(_startedAt));
        await Task.WhenAny(raft.Ended, Task.Delay(Timeout.Infinite, cancellation));
        if (!cancellation.IsCancellationRequested)
        {
            _logger.NodeFailed();
            return 1;
        }

        _logger.NodeStopping();
        using var drain = new CancellationTokenSource(ApiDrainTimeout);
        await _api.StopAsync(drain.Token);
        return 0;
    }

    private async Task<ClusterConfiguration> JoinClusterAsync(CancellationToken cancellation)
    {
        _endpoint.MapForAnyone(PeerProtocol.HelloPath, _bootstrap.AcceptHelloAsync);
        IPEndPoint endpoint = await ListenEndpoint.ResolveAsync(_options.ClusterListen, cancellation);
        HostPort listen = _options.ClusterListen with { Port = await _endpoint.StartAsync(endpoint, cancellation) };
        if (_snapshots.Latest is { } latest)
        {
            _bootstrap.Resume(latest.Configuration, _options.Advertise);
            return latest.Configuration;
        }

        return await _bootstrap.RunAsync(_options.Peers, _options.Advertise, listen, cancellation);
    }

    private RaftStreams CreateStreams(StatusBoard board)
    {
        ILogger logger = _loggers.CreateLogger("JobNode.Transport");
        var transfer = new SnapshotTransfer(_connections, board, _snapshots, logger, _conditions);
        return Keep(new RaftStreams(_connections, board, transfer, logger));
    }

    private RaftLoop CreateLoop(JobStateMachine machine, RaftStreams streams, StatusBoard board, JobEventFan events)
    {
        SnapshotMetadata latest = _snapshots.Latest ?? throw new InvariantException("a member has a snapshot");
        WriteAheadLog log = WriteAheadLog.Open(
            _directory.Storage, latest.Index, NewLogOptions(), latest.Term);
        ILogger logger = _loggers.CreateLogger("JobNode.Consensus");
        if (log.RepairNote is { } note)
        {
            logger.LogRepaired(note);
        }

        DiskWatch disk = Keep(new DiskWatch(
            DiskWatchOptions.Of(
                _options.DataDirectory, _options.Limits.FreeDiskBytesMin, () => log.DiskBytes, _snapshots),
            _conditions,
            logger));
        disk.Start(_time);
        return new RaftLoop(
            new RaftCore(RaftCoreLogDetail.Warnings),
            log,
            _snapshots,
            machine,
            streams,
            new SystemRaftClock(_time),
            board,
            new RaftLoopOptions
            {
                Self = _identity.Self,
                Conditions = _conditions,
                Timings = _timings,
                DescribeDisk = disk.Describe,
            },
            logger,
            events.Send);
    }

    private static WriteAheadLogOptions NewLogOptions() => new()
    {
        RunInBackground = static work => _ = Task.Run(work),
    };

    private CommandForwarder CreateForwarder(CommandProposer local, StatusBoard board) =>
        Keep(new CommandForwarder(
            local, _connections, board, _loggers.CreateLogger("JobNode.Transport"), _time));

    private WorkService CreateWork(
        CommandProposer local, RaftLoop loop, QueueView view, StatusBoard board, WorkBoard workBoard) =>
        Keep(new WorkService(
            _identity.Self,
            _kernel,
            HashThreads,
            local,
            loop,
            view,
            board,
            workBoard,
            (address, cancellation) => _connections.OpenAsync(address, PeerProtocol.WorkPath, cancellation),
            _time,
            _loggers.CreateLogger("JobNode.Scheduling"),
            retention: new RetentionPeriods(_options.Limits.Retention, _options.Limits.RetentionUnpulled)));

    private void OpenApi(
        CommandForwarder forwarder,
        RaftLoop loop,
        JobStateMachine machine,
        StatusBoard board,
        WorkBoard workBoard,
        WorkService work,
        JobEventFan events)
    {
        var backups = new BackupSource(loop, machine, board);
        var kernel = new KernelInfo(_kernel.Best.Name, _kernel.Warnings);
        _api.Open(new ApiParts(
            forwarder, loop, machine.View, board, workBoard, work.FindProgressAsync, events.Waiters, kernel,
            _conditions, backups.TakeAsync)
        {
            Timings = _timings,
        });
    }

    private void MapStreams(RaftStreams streams, CommandForwarder forwarder, WorkService work)
    {
        _endpoint.MapForMembers(PeerProtocol.RaftPath, streams.AcceptAsync);
        _endpoint.MapForMembers(PeerProtocol.SnapshotPath, streams.AcceptSnapshotAsync);
        _endpoint.MapForMembers(PeerProtocol.ForwardPath, forwarder.AcceptAsync);
        _endpoint.MapForMembers(PeerProtocol.WorkPath, work.AcceptAsync);
    }

    private TPart Keep<TPart>(TPart part)
        where TPart : IAsyncDisposable
    {
        _parts.Push(part);
        return part;
    }

    /// <summary>
    /// Takes the state machine's events on the raft thread and tells those who asked; nobody may block in it.
    /// </summary>
    private sealed class JobEventFan(JobStateMachine machine)
    {
        private readonly List<JobEvent> _events = [];
        private WorkService? _work;

        public JobWaiters Waiters { get; } = new();

        public void Attach(WorkService work) => _work = work;

        public void Send()
        {
            machine.DrainEvents(_events);
            if (_events.Count > 0)
            {
                Waiters.OnJobEvents(_events);
                _work?.OnJobEvents(_events);
                _events.Clear();
            }
        }
    }
}
