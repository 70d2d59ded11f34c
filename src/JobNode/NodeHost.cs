using System.Diagnostics;
using System.Net;
using JobNode.Api;
using JobNode.Cli;
using JobNode.Commands;
using JobNode.Consensus;
using JobNode.Hashing;
using JobNode.Membership;
using JobNode.Observability;
using JobNode.Queue;
using JobNode.Recovery;
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
internal sealed partial class NodeHost : IAsyncDisposable
{
    private static readonly TimeSpan PartPatience = TimeSpan.FromSeconds(10);

    private readonly ServeOptions _options;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private readonly long _startedAt = Stopwatch.GetTimestamp();
    private readonly TimeProvider _time = TimeProvider.System;
    private readonly ChainKernel _kernel;
    private readonly PeerSecurity _security;
    private readonly NodeData _data;
    private readonly ClusterIdentity _identity;
    private readonly PeerConnections _connections;
    private readonly PeerLinks _links;
    private readonly ClusterEndpoint _endpoint;
    private readonly ClusterBootstrap _bootstrap;
    private readonly ApiServer _api;
    private readonly NodeConditions _conditions = new();
    private readonly NodeStop _stop = new();
    private readonly MemberContacts _contacts;
    private readonly RaftTimings _timings = new();
    private readonly ScrubCounts _scrubs = new();
    private StatusBoard? _board;
    private readonly Stack<IAsyncDisposable> _parts = new();

    private NodeHost(ServeOptions options, ILoggerFactory loggers)
    {
        _options = options;
        _loggers = loggers;
        _logger = loggers.CreateLogger("JobNode.Host");
        _security = PeerSecurity.Open(options.Security, loggers.CreateLogger("JobNode.Transport"), _time);
        var fault = KernelFault.Parse(Environment.GetEnvironmentVariable(KernelFault.Variable));
        if (fault is not null)
        {
            _logger.KernelFaultPlanted(KernelFault.Variable, fault.Every);
        }

        _kernel = ChainKernel.Create(options.ForcedIsa, fault);
        _data = NodeData.Open(options.DataDirectory, NewLogOptions());
        _identity = new ClusterIdentity(_data.NodeId);
        _connections = new PeerConnections(_identity, _security);
        _endpoint = new ClusterEndpoint(_identity, loggers, _security);
        _links = new PeerLinks(_connections);
        _contacts = new MemberContacts(_time);
        _bootstrap = CreateBootstrap();
        _api = new ApiServer(options, DescribeWaiting, _time, loggers);
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
        using var log = new NodeLog(options.LogFormat);
        NodeHost node;
        try
        {
            node = new NodeHost(options, log.Loggers);
        }
        catch (Exception error) when (IsExpected(error))
        {
            throw new CliFailure(ExitCode.Failed, error.Message);
        }

        log.NameNode(node._data.NodeId.ToString());
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
        await EndPartAsync(_api);
        while (_parts.TryPop(out IAsyncDisposable? part))
        {
            await EndPartAsync(part);
        }

        await EndPartAsync(_endpoint);
        _connections.Dispose();
        _data.Dispose();
    }

    // What the machine or the operator can cause; its message is the sentence that a person needs. The rest is a bug.
    private static bool IsExpected(Exception error) =>
        error is IOException or UnauthorizedAccessException or PlatformNotSupportedException or FormatException
            or InvalidDataException or System.Net.Sockets.SocketException;

    private async Task<int> ServeAsync(CancellationToken cancellation)
    {
        await _api.StartAsync(await ListenEndpoint.ResolveAsync(_options.Listen, cancellation), cancellation);
        ClusterConfiguration configuration = await JoinClusterAsync(cancellation);
        var board = new StatusBoard(new ConsensusStatus(
            _identity.Self, RaftRole.Follower, NodeId.None, 0, 0, 0, UInt128.Zero, configuration));
        _board = board;
        PrepareTelemetry();
        var directory = new PeerDirectory(board);
        var machine = new JobStateMachine(StateLimits.Default);
        var events = new JobEventFan(machine);
        RaftStreams streams = CreateStreams(directory);
        RaftLoop loop = CreateLoop(machine, streams, board, events);
        RaftThread raft = Keep(new RaftThread(loop, _loggers.CreateLogger("JobNode.Consensus"), NoteFailure));
        var local = new CommandProposer(loop, _conditions);
        CommandForwarder forwarder = CreateForwarder(local, board, directory);
        var workBoard = new WorkBoard();
        WorkService work = CreateWork(local, loop, machine.View, board, directory, workBoard);
        events.Attach(work);
        NodeMembership members = CreateMembership(board, directory, loop);
        var calls = new CallForwarder(
            _connections, board, directory, _api.ServePassedAsync, _time, _loggers.CreateLogger("JobNode.Transport"));
        MapStreams(streams, forwarder, work, calls, members.Desk);
        _endpoint.Admitted = directory.Note;
        streams.Attach(loop);
        raft.Start();
        Keep(new CatchUp(loop, board, _conditions, _time));
        StartScrubber(loop);
        members.Start();
        work.Start();
        OpenApi(forwarder, loop, machine, board, workBoard, work, events, members.Admin, calls);
        _exporter?.Start(_api.ReadMetricsAsync);
        if (_options.Membership.IsComputeOnly)
        {
            _loggers.CreateLogger("JobNode.Membership").OnlyComputes();
        }

        string url = $"{_api.Scheme}://{_api.Address}";
        NodeBanner.Write(Console.Out, _options, configuration, url, _identity, _kernel, HashThreads,
            Stopwatch.GetElapsedTime(_startedAt));
        using CancellationTokenRegistration asked = cancellation.Register(() => _stop.RequestDrain(leave: false));
        await Task.WhenAny(raft.Ended, _stop.Asked);
        var drain = new NodeDrain(
            _stop, _conditions, work, members.Announcer, loop, board, _api, _loggers.CreateLogger("JobNode.Host"));
        return await EndAsync(raft.Ended, drain);
    }

    private async Task<int> EndAsync(Task raftEnded, NodeDrain drain)
    {
        if (_stop.RemovedReason is null && !raftEnded.IsCompleted)
        {
            _logger.NodeStopping();
            Task draining = drain.RunAsync();
            if (await Task.WhenAny(draining, raftEnded) == draining)
            {
                await draining;
                return 0;
            }
        }

        if (_stop.RemovedReason is { } reason && !_stop.IsLeaving)
        {
            _conditions.Raise(NodeCondition.Removed, $"{reason}: it stops");
            _loggers.CreateLogger("JobNode.Membership").NodeRemoved(reason);
            throw new CliFailure(
                ExitCode.Failed,
                $"{reason}, and a removed node never comes back: start with an empty --data-dir to join as a new "
                + "member");
        }

        _logger.NodeFailed();
        return 1;
    }

    private async Task<ClusterConfiguration> JoinClusterAsync(CancellationToken cancellation)
    {
        _endpoint.MapForAnyone(PeerProtocol.HelloPath, _bootstrap.AcceptHelloAsync);
        IPEndPoint endpoint = await ListenEndpoint.ResolveAsync(_options.ClusterListen, cancellation);
        HostPort listen = _options.ClusterListen with { Port = await _endpoint.StartAsync(endpoint, cancellation) };
        if (_data.Damage is { } damage)
        {
            return await RebuildAsync(damage, listen, cancellation);
        }

        if (_data.Snapshots.Latest is { } latest)
        {
            _bootstrap.Resume(latest.Index, latest.Configuration, _options.Advertise, listen);
            return latest.Configuration;
        }

        return await _bootstrap.RunAsync(_options.Peers, _options.Advertise, listen, cancellation);
    }

    /// <summary>
    /// Ends one part. One that cannot must not keep the process alive: its supervisor waits to start it again, and the
    /// other nodes wait for it.
    /// </summary>
    private async Task EndPartAsync(IAsyncDisposable part)
    {
        try
        {
            await part.DisposeAsync().AsTask().WaitAsync(PartPatience, _time);
        }
        catch (Exception error)
        {
            // Also the time-out. The other parts must end all the same.
            _logger.PartFailedToEnd(part.GetType().Name, error);
        }
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
                _events.Capacity = Math.Min(_events.Capacity, JobStateMachine.EventsKept);
            }
        }
    }
}
