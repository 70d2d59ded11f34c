namespace JobNode.Commands;

/// <summary>
/// What the replicated log holds. Every change of the replicated state is one of these, and nothing else.
/// </summary>
internal abstract record Command;

/// <summary>Takes jobs in. Each is already absorbed: its body was hashed once by the node that received it.</summary>
/// <param name="Jobs">1 to <see cref="Limits.JobsPerCommandMax"/> jobs, in the order of the request.</param>
internal sealed record Enqueue(IReadOnlyList<NewJob> Jobs) : Command;

/// <summary>Finishes jobs. A second completion with the same result is a no-op.</summary>
internal sealed record Complete(IReadOnlyList<FinishedChain> Chains) : Command;

/// <summary>Moves running jobs forward, so that another node can go on from here. Never backwards.</summary>
internal sealed record Checkpoint(IReadOnlyList<ChainProgress> Chains) : Command
{
    /// <summary>
    /// True for the form of <see cref="FeatureLevels.CheckpointWorkers"/>, which says who computed each chain.
    /// </summary>
    public bool NamesWorkers { get; init; }

    /// <summary>In the newest form that a cluster of this feature level may write.</summary>
    public static Checkpoint At(int featureLevel, IReadOnlyList<ChainProgress> chains) =>
        new(chains) { NamesWorkers = featureLevel >= FeatureLevels.CheckpointWorkers };
}

/// <summary>
/// Takes finished jobs out of the completed queue. Repeated under the same key it gives the same batch.
/// </summary>
/// <param name="Key">128 bits that name this pull: from the client's Idempotency-Key, or random. Never zero.</param>
/// <param name="Top">1 to <see cref="Limits.PullTopMax"/>.</param>
/// <param name="Order">Which end of the completed queue.</param>
internal sealed record Pull(UInt128 Key, int Top, PullOrder Order) : Command;

/// <summary>Cancels a job that is not finished.</summary>
internal sealed record Cancel(JobId Id) : Command;

/// <summary>Forgets what is older than its retention: pulled and cancelled jobs, and idempotency keys.</summary>
/// <param name="FinishedBeforeMs">Unix ms; jobs pulled or cancelled before this go, with their keys.</param>
/// <param name="UnpulledBeforeMs">Unix ms; completed jobs nobody pulled since before this go; 0 keeps them.</param>
/// <param name="Max">At most this many jobs and keys go in one command, so that no apply takes long.</param>
internal sealed record Expire(ulong FinishedBeforeMs, ulong UnpulledBeforeMs, int Max) : Command;

/// <summary>
/// Takes progress back that a faulty node may have computed: the only way in which a chain goes backwards. A result
/// that nobody pulled yet is pending again. Needs <see cref="FeatureLevels.Quarantine"/>.
/// </summary>
/// <param name="Chains">1 to <see cref="Limits.JobsPerCommandMax"/> places that are good, as far as known.</param>
internal sealed record Recall(IReadOnlyList<ChainProgress> Chains) : Command;

/// <summary>
/// Gives a node no more work until it is released: it was found to compute wrong results. Needs
/// <see cref="FeatureLevels.Quarantine"/>.
/// </summary>
/// <param name="Node">Which.</param>
/// <param name="Reason">A sentence for the operator, 1 to <see cref="Limits.ReasonBytesMax"/> UTF-8 bytes.</param>
internal sealed record Quarantine(NodeId Node, string Reason) : Command;

/// <summary>Ends a node's quarantine. Needs <see cref="FeatureLevels.Quarantine"/>.</summary>
internal sealed record Release(NodeId Node) : Command;

/// <summary>A node that gets no work, since when (Unix ms) and why.</summary>
internal readonly record struct QuarantinedNode(NodeId Node, ulong SinceMs, string Reason);

/// <summary>One job as it enters: its chain stands at one iteration.</summary>
/// <param name="Id">UUIDv7 from the accepting node.</param>
/// <param name="Chain">SHA-512 of the body: the chain after its first iteration.</param>
/// <param name="IterationsTotal">1 or more, at most <see cref="Limits.IterationsMax"/>.</param>
/// <param name="Priority">0 to 9; higher is served first.</param>
/// <param name="IdempotencyKey">128 bits made from the client's Idempotency-Key; zero for none.</param>
internal readonly record struct NewJob(
    JobId Id, Digest512 Chain, ulong IterationsTotal, byte Priority, UInt128 IdempotencyKey);

/// <summary>A finished chain and the node that computed it (evidence, should results ever differ).</summary>
internal readonly record struct FinishedChain(JobId Id, Digest512 Result, NodeId Worker);

/// <summary>Where a running chain stands.</summary>
internal readonly record struct ChainProgress(JobId Id, Digest512 Chain, ulong IterationsDone)
{
    /// <summary>The node that computed it (evidence, should results ever differ), or none where that is not
    /// said.</summary>
    public NodeId Worker { get; init; }
}

/// <summary>Which end of the completed queue a pull takes from. Wire values.</summary>
internal enum PullOrder : byte
{
    /// <summary>First finished, first out.</summary>
    Oldest = 0,

    /// <summary>The latest results first.</summary>
    Newest = 1,
}
