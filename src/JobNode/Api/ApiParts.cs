using JobNode.Commands;
using JobNode.Membership;
using JobNode.Observability;
using JobNode.Queue;
using JobNode.Transport;

namespace JobNode.Api;

/// <summary>What the API is plugged into; the composition root fills it in.</summary>
/// <param name="Proposer">Puts commands through the log, whoever leads.</param>
/// <param name="ApplyThread">Runs reads where the state lives.</param>
/// <param name="View">The replicated queue; looked at on <paramref name="ApplyThread"/> only.</param>
/// <param name="Board">What consensus last said of itself.</param>
/// <param name="WorkBoard">What the leader last said of the work.</param>
/// <param name="FindProgress">Where a running chain stands; null when nobody runs it or the leader did not
/// answer.</param>
/// <param name="Waiters">Readers that wait for a job to finish.</param>
/// <param name="Kernel">The hash kernel in use.</param>
/// <param name="Conditions">What keeps this node from full service now.</param>
/// <param name="TakeBackup">Freezes the state after a read barrier; null when no quorum answers.</param>
/// <param name="Admin">What an operator may ask of the cluster.</param>
/// <param name="Calls">Passes calls to the leader.</param>
internal sealed record ApiParts(
    ICommandProposer Proposer,
    IApplyThread ApplyThread,
    QueueView View,
    StatusBoard Board,
    WorkBoard WorkBoard,
    Func<JobId, CancellationToken, ValueTask<ChainProgress?>> FindProgress,
    JobWaiters Waiters,
    KernelInfo Kernel,
    NodeConditions Conditions,
    Func<CancellationToken, Task<ClusterBackup?>> TakeBackup,
    IClusterAdmin Admin,
    CallForwarder Calls)
{
    /// <summary>How smoothly consensus runs.</summary>
    public RaftTimings Timings { get; init; } = new();

    /// <summary>What the parts of the node know of themselves.</summary>
    public NodeMeasures Measures { get; init; } = new();

    /// <summary>What the reading of files at rest came to.</summary>
    public ScrubCounts Scrubs { get; init; } = new();
}
