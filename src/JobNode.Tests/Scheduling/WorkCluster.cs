using System.Security.Cryptography;
using JobNode.Commands;
using JobNode.Hashing;
using JobNode.Queue;
using JobNode.Scheduling;
using JobNode.Transport;
using Microsoft.Extensions.Logging.Abstractions;

namespace JobNode.Tests.Scheduling;

/// <summary>
/// Work services of several nodes over one real state machine that stands for the replicated state, with in-memory
/// streams between them. Who leads is set by the test.
/// </summary>
internal sealed class WorkCluster : IApplyThread, IAsyncDisposable
{
    public static readonly Lazy<ChainKernel> Kernel = new(() => ChainKernel.Create(null));

    private readonly Lock _lock = new();
    private readonly JobStateMachine _machine = new(StateLimits.Default);
    private readonly List<WorkNode> _nodes = [];
    private ulong _index;
    private ulong _term;
    private NodeId _leader;

    public WorkCluster(params int[] hashThreads)
    {
        for (int i = 0; i < hashThreads.Length; i++)
        {
            _nodes.Add(new WorkNode(new NodeId((ulong)i + 1), $"node:{i}"));
        }

        for (int i = 0; i < hashThreads.Length; i++)
        {
            WorkNode node = _nodes[i];
            node.Board = new StatusBoard(Status(node.Id));
            node.Service = new WorkService(
                node.Id,
                Kernel.Value,
                hashThreads[i],
                new Proposer(this, node.Id),
                this,
                _machine.View,
                node.Board,
                node.WorkBoard,
                (address, _) => Task.FromResult(Open(node, address)),
                TimeProvider.System,
                NullLogger.Instance,
                static () => 0);
            node.Service.Start();
        }
    }

    /// <summary>A chain alone in a thread: the best of many samples, so that load does not spoil it.</summary>
    public static ulong ChainIterationsPerSecond()
    {
        const ulong Steps = 2_000;
        using ChainLanes lanes = Kernel.Value.CreateLanes();
        double best = 0;
        for (int sample = 0; sample < 100; sample++)
        {
            long before = System.Diagnostics.Stopwatch.GetTimestamp();
            lanes.Advance(1, Steps);
            best = Math.Max(best, Steps / System.Diagnostics.Stopwatch.GetElapsedTime(before).TotalSeconds);
        }

        return (ulong)best;
    }

    public WorkNode this[int node] => _nodes[node];

    public int ProposedCheckpoints { get; private set; }

    public void SetLeader(int? leader)
    {
        lock (_lock)
        {
            _term++;
            _leader = leader is { } index ? _nodes[index].Id : NodeId.None;
        }

        foreach (WorkNode node in _nodes)
        {
            node.Board.Publish(Status(node.Id));
        }
    }

    /// <summary>Breaks all of a node's streams and lets it open none.</summary>
    public static async Task CutAsync(WorkNode node)
    {
        node.IsCut = true;
        foreach (DuplexStream end in node.Streams.ToArray())
        {
            await end.DisposeAsync();
        }
    }

    public async Task<JobId> EnqueueAsync(ulong iterations, byte priority = 0)
    {
        JobId id = JobId.Create(DateTimeOffset.UtcNow);
        await EnqueueAsync(new NewJob(id, FirstDigest(id), iterations, priority, 0));
        return id;
    }

    public Task EnqueueAsync(params NewJob[] jobs)
    {
        CommandResult result = Apply(new Enqueue(jobs));
        Assert.Equal(ResultCode.Ok, result.Code);
        return Task.CompletedTask;
    }

    public CommandResult Apply(Command command)
    {
        CommandResult result;
        List<JobEvent> events = [];
        lock (_lock)
        {
            _index++;
            result = _machine.Apply(_index, (ulong)DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), command);
            _machine.Advance(_index);
            _machine.DrainEvents(events);
            ProposedCheckpoints += command is Checkpoint ? 1 : 0;
            foreach (WorkNode node in _nodes)
            {
                node.Service.OnJobEvents(events);
            }
        }

        return result;
    }

    public JobDetails? Find(JobId id)
    {
        lock (_lock)
        {
            return _machine.View.Find(id);
        }
    }

    public async Task<JobDetails> WaitFinishedAsync(JobId id)
    {
        for (int i = 0; i < 30_000; i++)
        {
            if (Find(id) is { State: JobState.Completed } found)
            {
                return found;
            }

            await Task.Delay(10);
        }

        throw new TimeoutException($"job {id} did not finish within five minutes");
    }

    public static async Task UntilAsync(Func<Task<bool>> holds, string what)
    {
        for (int i = 0; i < 12_000; i++)
        {
            if (await holds())
            {
                return;
            }

            await Task.Delay(10);
        }

        throw new TimeoutException($"{what}: not within two minutes");
    }

    public static Digest512 FirstDigest(JobId id) =>
        Digest512.From(SHA512.HashData(System.Text.Encoding.ASCII.GetBytes(id.ToString())));

    public static Digest512 Expected(JobId id, ulong iterations)
    {
        Digest512 chain = FirstDigest(id);
        for (ulong i = 1; i < iterations; i++)
        {
            SHA512.HashData(chain.Bytes, chain.Bytes);
        }

        return chain;
    }

    /// <summary>Reads that are turned away, as a raft thread does that is overloaded or has failed.</summary>
    public int ReadsToAbandon { get; set; }

    public Task<T> ReadAsync<T>(Func<T> query, CancellationToken cancellation)
    {
        lock (_lock)
        {
            if (ReadsToAbandon > 0)
            {
                ReadsToAbandon--;
                return Task.FromCanceled<T>(new CancellationToken(canceled: true));
            }
        }

        return Task.Run(
            () =>
            {
                lock (_lock)
                {
                    return query();
                }
            },
            cancellation);
    }

    public Task<bool> ReadBarrierAsync(CancellationToken cancellation) => Task.FromResult(true);

    public Task<bool> WaitAppliedAsync(ulong logIndex, CancellationToken cancellation) => Task.FromResult(true);

    public async ValueTask DisposeAsync()
    {
        foreach (WorkNode node in _nodes)
        {
            await node.Service.DisposeAsync();
        }
    }

    private ConsensusStatus Status(NodeId self) => new(
        self,
        self == _leader ? RaftRole.Leader : RaftRole.Follower,
        _leader,
        _term,
        0,
        0,
        0,
        new ClusterConfiguration(1, _nodes.ConvertAll(static node => new Member(node.Id, node.Address))));

    private DuplexStream Open(WorkNode from, string address)
    {
        WorkNode to = _nodes.Single(node => node.Address == address);
        if (from.IsCut || to.IsCut)
        {
            throw new IOException("cut off");
        }

        (DuplexStream here, DuplexStream there) = InMemoryDuplex.CreatePair();
        from.Streams.Add(here);
        to.Streams.Add(there);
        _ = to.Service.AcceptAsync(from.Id, there, CancellationToken.None);
        return here;
    }

    private sealed class Proposer(WorkCluster cluster, NodeId self) : ICommandProposer
    {
        public async Task<Proposed> ProposeAsync(Command command, CancellationToken cancellation)
        {
            await Task.Yield();
            return new Proposed(
                cluster._leader == self ? cluster.Apply(command) : new CommandResult(ResultCode.NotLeader), 0);
        }
    }
}

internal sealed class WorkNode(NodeId id, string address)
{
    public NodeId Id { get; } = id;

    public string Address { get; } = address;

    public WorkBoard WorkBoard { get; } = new();

    public System.Collections.Concurrent.ConcurrentBag<DuplexStream> Streams { get; } = [];

    public StatusBoard Board { get; set; } = null!;

    public WorkService Service { get; set; } = null!;

    public bool IsCut { get; set; }
}
