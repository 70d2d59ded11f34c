using System.Collections.Concurrent;
using System.Security.Cryptography;
using JobNode.Commands;
using JobNode.Queue;
using JobNode.Scheduling;
using JobNode.Transport;
using Microsoft.Extensions.Logging;

namespace JobNode.Tests.Scheduling;

/// <summary>
/// What the leader's side of the work stands on, with everything in the test's hand: the replicated state, a clock that
/// the test moves, a record of what is proposed and logged.
/// </summary>
internal sealed class LeaderStage : ICommandProposer, IApplyThread, ILogger
{
    public static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly Lock _applying = new();
    private ulong _index = 1;
    private int _reads;

    public ManualTime Time { get; } = new(Start);

    public JobStateMachine Machine { get; } = new(StateLimits.Default);

    public ConcurrentQueue<Command> Proposed { get; } = new();

    public ConcurrentQueue<(string? Name, string Text)> Logged { get; } = new();

    /// <summary>Reads of the state so far.</summary>
    public int Reads => Volatile.Read(ref _reads);

    /// <summary>When set, the next proposal throws it.</summary>
    public Exception? NextFailure { get; set; }

    public static Digest512 Digest(byte value) => Digest512.From(SHA512.HashData([value]));

    public static NewJob Job(uint number, ulong iterations) =>
        new(new JobId(number), Digest(1), iterations, 0, 0);

    /// <summary>Of the cluster.</summary>
    public int FeatureLevel { get; init; } = FeatureLevels.First;

    /// <summary>A leader over this stage, of a cluster of these members.</summary>
    public WorkLeader Lead(params NodeId[] members)
    {
        var status = new ConsensusStatus(
            members[0],
            RaftRole.Leader,
            members[0],
            3,
            0,
            0,
            0,
            new ClusterConfiguration(7, [.. members.Select(static id => new Member(id, $"node:{id}"))])
            {
                FeatureLevel = FeatureLevel,
            });
        return new WorkLeader(
            status, this, this, Machine.View, new StatusBoard(status), new WorkBoard(), Time, this);
    }

    public CommandResult Apply(Command command)
    {
        lock (_applying)
        {
            _index++;
            CommandResult result = Machine.Apply(_index, (ulong)Time.GetUtcNow().ToUnixTimeMilliseconds(), command);
            Machine.Advance(_index);
            Machine.DrainEvents([]);
            return result;
        }
    }

    public Task<Proposed> ProposeAsync(Command command, CancellationToken cancellation)
    {
        Proposed.Enqueue(command);
        if (NextFailure is { } failure)
        {
            NextFailure = null;
            return Task.FromException<Proposed>(failure);
        }

        return Task.FromResult(new Proposed(Apply(command), _index));
    }

    public Task<T> ReadAsync<T>(Func<T> query, CancellationToken cancellation)
    {
        lock (_applying)
        {
            T answer = query();
            Interlocked.Increment(ref _reads);
            return Task.FromResult(answer);
        }
    }

    public Task<bool> ReadBarrierAsync(CancellationToken cancellation) => Task.FromResult(true);

    public Task<bool> WaitAppliedAsync(ulong logIndex, CancellationToken cancellation) => Task.FromResult(true);

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter) => Logged.Enqueue((eventId.Name, formatter(state, exception)));
}

/// <summary>A worker of one thread and one lane whose every message is the test's.</summary>
internal sealed class StagedWorker : IAsyncDisposable
{
    private readonly Task _served;
    private readonly CancellationTokenSource _patience = new(TimeSpan.FromMinutes(2));
    private ulong _questions;

    public StagedWorker(WorkLeader leader, NodeId id)
    {
        (DuplexStream here, DuplexStream there) = InMemoryDuplex.CreatePair();
        Stream = new WorkStream(here);
        _served = leader.ServeAsync(id, new WorkStream(there), CancellationToken.None);
        Send(new WorkHello(1, 1, Rates, "scalar", [], []));
    }

    public static HashRates Rates { get; } = new(1_000, 0, 1_000);

    /// <summary>Ends when the leader is done with this worker.</summary>
    public Task Served => _served;

    public WorkStream Stream { get; }

    public void Send(WorkMessage message) => Assert.True(Stream.TrySend(message), "the stream takes a message");

    /// <summary>The next message of this kind; those before it are dropped.</summary>
    public async Task<T> NextAsync<T>()
        where T : WorkMessage
    {
        while (true)
        {
            WorkMessage? message = await Stream.ReadAsync(_patience.Token);
            Assert.NotNull(message);
            if (message is T wanted)
            {
                return wanted;
            }
        }
    }

    /// <summary>Waits until the leader heard all that was sent before; gives the jobs that it assigned till then.
    /// </summary>
    public async Task<IReadOnlyList<JobInHand>> SettleAsync()
    {
        List<JobInHand> assigned = [];
        ulong number = ++_questions;
        Send(new ProgressQuestion(number, new JobId(1)));
        while (true)
        {
            WorkMessage? message = await Stream.ReadAsync(_patience.Token);
            Assert.NotNull(message);
            if (message is WorkAssign assign)
            {
                assigned.AddRange(assign.Jobs);
            }
            else if (message is ProgressAnswer answer && answer.Number == number)
            {
                return assigned;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Stream.DisposeAsync();
        await _served;
        _patience.Dispose();
    }
}
