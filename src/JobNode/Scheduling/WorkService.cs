using JobNode.Commands;
using JobNode.Hashing;
using JobNode.Queue;
using JobNode.Transport;

namespace JobNode.Scheduling;

/// <summary>All of a node's work: its worker, which follows the leader, and the leader's side while this node leads.</summary>
internal sealed class WorkService : IAsyncDisposable
{
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
        ILogger logger) => throw new NotSupportedException("not written yet");

    /// <summary>Starts the hash threads, the worker and the watch over leadership.</summary>
    public void Start() => throw new NotSupportedException("not written yet");

    /// <summary>Stops the hash threads, hands the work back with its last progress, and ends.</summary>
    public Task StopAsync() => throw new NotSupportedException("not written yet");

    /// <summary>Serves a worker's stream until it ends; closes it at once when this node does not lead.</summary>
    public Task AcceptAsync(NodeId worker, DuplexStream stream, CancellationToken cancellation) =>
        throw new NotSupportedException("not written yet");

    /// <summary>Where a running job stands, at most about a second old; null when nobody runs it or nobody answers.</summary>
    public ValueTask<ChainProgress?> FindProgressAsync(JobId id, CancellationToken cancellation) =>
        throw new NotSupportedException("not written yet");

    /// <summary>What changed in the replicated state. Called on the raft thread: only notes it.</summary>
    public void OnJobEvents(IReadOnlyList<JobEvent> events) => throw new NotSupportedException("not written yet");

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => new(StopAsync());
}
