using JobNode.Commands;
using JobNode.Observability;

namespace JobNode.Consensus;

/// <summary>
/// Keeps a node that just started from calling itself ready before its state holds all that was acknowledged. What it
/// had applied last may be missing: its commit index is on disk with the next write only, so the rest of the log is not
/// known to be committed until a leader says so.
/// </summary>
internal sealed class CatchUp : IAsyncDisposable
{
    private const int RetryMs = 50;

    private readonly IApplyThread _applyThread;
    private readonly StatusBoard _board;
    private readonly NodeConditions _conditions;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;

    /// <summary>Raises <see cref="NodeCondition.CatchingUp"/>, and clears it once the state is whole.</summary>
    public CatchUp(IApplyThread applyThread, StatusBoard board, NodeConditions conditions, TimeProvider time)
    {
        _applyThread = applyThread;
        _board = board;
        _conditions = conditions;
        _time = time;
        conditions.Raise(NodeCondition.CatchingUp, "This node has not caught up with its leader yet.");
        _running = RunAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        while (!await IsWholeAsync())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(RetryMs), _time, _stopping.Token);
        }

        _conditions.Clear(NodeCondition.CatchingUp);
    }

    /// <summary>A node without the log has no state of its own: what it is asked it passes on.</summary>
    private async Task<bool> IsWholeAsync()
    {
        ConsensusStatus seen = _board.Current;
        while (seen.Leader == NodeId.None)
        {
            seen = await _board.WaitForChangeAsync(seen, _stopping.Token);
        }

        return seen.AppliedIndex == 0 || await _applyThread.ReadBarrierAsync(_stopping.Token);
    }
}
