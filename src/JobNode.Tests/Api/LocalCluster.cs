using JobNode.Commands;
using JobNode.Queue;

namespace JobNode.Tests.Api;

/// <summary>One thread that applies to the real state machine: the log of a cluster of one, without the log.</summary>
internal sealed class LocalCluster : ICommandProposer, IApplyThread
{
    private readonly Lock _applying = new();
    private readonly List<JobEvent> _events = [];
    private ulong _index = 1;

    public static readonly NodeId Self = new(0x1234);

    public JobStateMachine Machine { get; } = new(StateLimits.Default);

    public StatusBoard Board { get; }

    public Action<IReadOnlyList<JobEvent>>? Applied { get; set; }

    /// <summary>When set, every proposal ends with this and nothing is applied.</summary>
    public ResultCode? Refuses { get; set; }

    /// <summary>When set, every proposal fails as nothing should.</summary>
    public bool IsBroken { get; set; }

    public bool HasQuorum { get; set; } = true;

    /// <summary>When set, no question is answered any more.</summary>
    public bool IsStopping { get; set; }

    public int Proposals { get; private set; }

    public int Barriers { get; private set; }

    public LocalCluster() => Board = new StatusBoard(Status(Self));

    public Task<Proposed> ProposeAsync(Command command, CancellationToken cancellation)
    {
        if (IsBroken)
        {
            throw new InvalidOperationException("a test broke the cluster");
        }

        if (Refuses is { } code)
        {
            return Task.FromResult(new Proposed(new CommandResult(code), 0));
        }

        lock (_applying)
        {
            Proposals++;
            _index++;
            var now = (ulong)DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
            CommandResult result = Machine.Apply(_index, now, command);
            Machine.Advance(_index);
            Machine.DrainEvents(_events);
            Applied?.Invoke([.. _events]);
            _events.Clear();
            Board.Publish(Status(Board.Current.Leader));
            return Task.FromResult(new Proposed(result, _index));
        }
    }

    public Task<T> ReadAsync<T>(Func<T> query, CancellationToken cancellation)
    {
        if (IsStopping)
        {
            throw new NodeStoppingException();
        }

        lock (_applying)
        {
            return Task.FromResult(query());
        }
    }

    public Task<bool> ReadBarrierAsync(CancellationToken cancellation)
    {
        lock (_applying)
        {
            Barriers++;
            return Task.FromResult(HasQuorum);
        }
    }

    public Task<bool> WaitAppliedAsync(ulong logIndex, CancellationToken cancellation) => Task.FromResult(true);

    public void LoseLeader() => Board.Publish(Status(NodeId.None));

    /// <summary>Computes every pending job by brute force, as workers would.</summary>
    public async Task FinishAllAsync()
    {
        var pending = new List<PendingJob>();
        Machine.View.ReadPending(new PendingCursor(), int.MaxValue, pending);
        foreach (PendingJob job in pending)
        {
            Digest512 chain = job.Chain;
            for (ulong done = job.IterationsDone; done < job.IterationsTotal; done++)
            {
                chain = Digest512.From(System.Security.Cryptography.SHA512.HashData(chain.Bytes));
            }

            await ProposeAsync(new Complete([new FinishedChain(job.Id, chain, Self)]), CancellationToken.None);
        }
    }

    private ConsensusStatus Status(NodeId leader) => new(
        Self,
        leader == Self ? RaftRole.Leader : RaftRole.Follower,
        leader,
        3,
        _index,
        _index,
        Machine.Digest,
        new ClusterConfiguration(7, [new Member(Self, "127.0.0.1:5001")]));
}
