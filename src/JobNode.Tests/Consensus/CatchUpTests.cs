using JobNode.Commands;
using JobNode.Consensus;
using JobNode.Observability;

namespace JobNode.Tests.Consensus;

public sealed class CatchUpTests : IApplyThread
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly NodeConditions _conditions = new();
    private readonly StatusBoard _board = new(Status(NodeId.None, 41_408));
    private readonly Queue<bool> _barriers = new();
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<bool> _barrier = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public async Task A_node_is_not_caught_up_because_it_knows_its_leader()
    {
        // Chaos, five nodes, seed 130115: "ready" with index 41,408 after kill -9, though 41,409 had been shown.
        await using CatchUp catchUp = new(this, _board, _conditions, TimeProvider.System);
        Assert.True(_conditions.Has(NodeCondition.CatchingUp));
        _board.Publish(Status(new NodeId(2), 41_408));
        await _asked.Task.WaitAsync(Patience);
        Assert.True(_conditions.Has(NodeCondition.CatchingUp));

        _barrier.SetResult(true);
        await ClearedAsync();
    }

    [Fact]
    public async Task It_asks_again_when_no_quorum_answered()
    {
        _barriers.Enqueue(false);
        _barriers.Enqueue(false);
        _barrier.SetResult(true);
        await using CatchUp catchUp = new(this, _board, _conditions, TimeProvider.System);
        _board.Publish(Status(new NodeId(2), 41_408));
        await ClearedAsync();
        Assert.Empty(_barriers);
    }

    [Fact]
    public async Task A_node_without_the_log_has_nothing_to_catch_up_with()
    {
        await using CatchUp catchUp = new(this, _board, _conditions, TimeProvider.System);
        _board.Publish(Status(new NodeId(2), 0));
        await ClearedAsync();
        Assert.False(_asked.Task.IsCompleted);
    }

    [Fact]
    public async Task It_ends_with_the_node()
    {
        CatchUp catchUp = new(this, _board, _conditions, TimeProvider.System);
        await catchUp.DisposeAsync();
        Assert.True(_conditions.Has(NodeCondition.CatchingUp));
    }

    public Task<T> ReadAsync<T>(Func<T> query, CancellationToken cancellation) => Task.FromResult(query());

    public Task<bool> ReadBarrierAsync(CancellationToken cancellation)
    {
        _asked.TrySetResult();
        return _barriers.TryDequeue(out bool answer) ? Task.FromResult(answer) : _barrier.Task;
    }

    public Task<bool> WaitAppliedAsync(ulong logIndex, CancellationToken cancellation) => Task.FromResult(true);

    private static ConsensusStatus Status(NodeId leader, ulong applied) => new(
        new NodeId(1), RaftRole.Follower, leader, 61, applied, applied, 0, new ClusterConfiguration(1, []));

    private async Task ClearedAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        while (_conditions.Has(NodeCondition.CatchingUp))
        {
            await Task.Delay(5, patience.Token);
        }
    }
}
