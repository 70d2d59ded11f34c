using JobNode.Api;
using JobNode.Commands;
using JobNode.Consensus;
using JobNode.Membership;
using JobNode.Observability;
using JobNode.Queue;
using JobNode.Transport;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace JobNode.Fuzz;

/// <summary>
/// The API of a cluster of one, without sockets, log and threads: what is proposed is applied at once.
/// </summary>
internal sealed class FuzzNode : ICommandProposer, IApplyThread, IClusterAdmin, ILogger, IDisposable
{
    private static readonly NodeId Self = new(0x1234);

    private readonly PeerConnections _connections = new(new ClusterIdentity(Self));
    private readonly StatusBoard _board;
    private readonly ApiRouter _router;
    private ulong _index = 1;

    /// <summary>A node with an empty queue.</summary>
    public FuzzNode()
    {
        _board = new StatusBoard(Status());
        _router = Router();
    }

    /// <summary>The state.</summary>
    public JobStateMachine Machine { get; } = new(StateLimits.Default);

    /// <summary>What the router logged of a failure.</summary>
    public string LastFailure { get; private set; } = "";

    /// <summary>Answers one request.</summary>
    public Task ServeAsync(HttpContext context) => _router.ServeAsync(context);

    /// <inheritdoc/>
    public Task<Proposed> ProposeAsync(Command command, CancellationToken cancellation)
    {
        // Over the wire as in a cluster: what the API lets in, another node must be able to read.
        byte[] bytes = Codec.Bytes(destination => CommandCodec.Encode(command, destination));
        CommandResult result = Machine.Apply(++_index, 1_700_000_000_000 + _index, CommandCodec.Decode(bytes));
        Machine.Advance(_index);
        _board.Publish(Status());
        return Task.FromResult(new Proposed(result, _index));
    }

    /// <inheritdoc/>
    public Task<T> ReadAsync<T>(Func<T> query, CancellationToken cancellation) => Task.FromResult(query());

    /// <inheritdoc/>
    public Task<bool> ReadBarrierAsync(CancellationToken cancellation) => Task.FromResult(true);

    /// <inheritdoc/>
    public Task<bool> WaitAppliedAsync(ulong logIndex, CancellationToken cancellation) => Task.FromResult(true);

    /// <inheritdoc/>
    public Task<IReadOnlyList<MemberReport>> ListAsync(CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<MemberReport>>([]);

    /// <inheritdoc/>
    public Task<AdminOutcome> RemoveAsync(NodeId id, CancellationToken cancellation) => Done();

    /// <inheritdoc/>
    public Task<AdminOutcome> PromoteAsync(NodeId id, CancellationToken cancellation) => Done();

    /// <inheritdoc/>
    public Task<AdminOutcome> TransferAsync(NodeId to, CancellationToken cancellation) => Done();

    /// <inheritdoc/>
    public void Drain(bool leave)
    {
        // It goes on: the next input has a node of its own.
    }

    /// <inheritdoc/>
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    /// <inheritdoc/>
    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

    /// <inheritdoc/>
    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter) => LastFailure = $"{formatter(state, exception)} {exception} ";

    /// <inheritdoc/>
    public void Dispose() => _connections.Dispose();

    private static Task<AdminOutcome> Done() => Task.FromResult(new AdminOutcome(true, "It is done."));

    private ConsensusStatus Status() => new(
        Self,
        RaftRole.Leader,
        Self,
        3,
        _index,
        _index,
        Machine.Digest,
        new ClusterConfiguration(7, [new Member(Self, "127.0.0.1:5001")]));

    private ApiRouter Router()
    {
        ServeOptions options = new(
            "unused", HostPort.Parse("127.0.0.1:5000"), HostPort.Parse("127.0.0.1:5001"), null, [], null, null);
        CallForwarder calls = new(
            _connections,
            _board,
            new PeerDirectory(_board),
            (_, _) => Task.FromResult(PassedAnswer.Misdirected),
            TimeProvider.System,
            this);
        ApiParts parts = new(
            this,
            this,
            Machine.View,
            _board,
            new WorkBoard(),
            (_, _) => new ValueTask<ChainProgress?>((ChainProgress?)null),
            new JobWaiters(),
            new KernelInfo("scalar", []),
            new NodeConditions(),
            new BackupSource(this, Machine, _board).TakeAsync,
            this,
            calls);
        ClusterReader cluster = new(parts, options, "127.0.0.1:5000", TimeProvider.System);
        LeaderCalls leaderCalls = new(_board, this, calls);
        Metrics metrics = new([]);
        NodeMetrics measures = new(parts, cluster, leaderCalls, metrics, TimeProvider.System);
        JobAdmission admission = new(parts, options.Limits, TimeProvider.System);
        JobEndpoints jobs = new(parts, new JobReader(parts, TimeProvider.System), admission, TimeProvider.System);
        IReadOnlyList<ApiRoute> routes = ApiServer.Routes(
            jobs,
            new BatchEndpoints(parts, jobs, admission, TimeProvider.System),
            new StatusEndpoints(parts, cluster, leaderCalls, measures),
            new MemberEndpoints(parts),
            new BackupEndpoint(parts, leaderCalls),
            events: null!);
        // Events have no end of their own, and every input here must have one.
        routes = [.. routes.Where(static route => route.Template != "/events")];
        return new ApiRouter(
            routes, ApiAccess.WithoutTokens, _board, cluster, leaderCalls, metrics, TimeProvider.System, this);
    }
}
