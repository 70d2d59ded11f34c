using System.Runtime.InteropServices;
using JobNode.Commands;

namespace JobNode.Scheduling;

/// <summary>What one worker did on one job, between two places: the unit that another worker can check.</summary>
/// <param name="Job">The job, as the dispatcher knows it.</param>
/// <param name="Worker">Who did it.</param>
/// <param name="Start">The place it was given.</param>
/// <param name="End">The place it reported, or the result.</param>
/// <param name="IsOwn">False when it may have begun elsewhere, under the leader before: then a wrong end does not prove
/// whose fault it is.</param>
/// <param name="Sequence">Order among all segments.</param>
internal sealed record ChainSegment(
    DispatchedJob Job, NodeId Worker, ChainProgress Start, ChainProgress End, bool IsOwn, long Sequence);

/// <summary>A segment as the history of its worker keeps it: where to go back to.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct PastSegment(ChainProgress Start, long Sequence);

/// <summary>What a node says comes out of a segment.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ChainOpinion(NodeId Node, Digest512 Chain);

/// <summary>How much is checked.</summary>
/// <param name="Share">Of the segments, 0 (nothing is checked or remembered) to 1.</param>
/// <param name="Salt">What makes the choice unforeseeable for a worker.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct VerifyOptions(double Share, ulong Salt);
