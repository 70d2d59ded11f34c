using JobNode.Commands;

namespace JobNode.Consensus.Log;

/// <summary>Sizes of the write-ahead log. Small ones make the simulation fast.</summary>
internal sealed record WriteAheadLogOptions
{
    /// <summary>Bytes preallocated for a segment; one that must hold a larger record is made larger.</summary>
    public long SegmentBytes { get; init; } = 64L << 20;

    /// <summary>Bytes of the first segment of an empty directory: a node that never works hard stays small.</summary>
    public long FirstSegmentBytes { get; init; } = 8L << 20;

    /// <summary>Segments kept for recycling; more are deleted.</summary>
    public int SpareSegmentsMax { get; init; } = 2;

    /// <summary>Deletes segments beyond those; freeing the blocks of large files can take long.</summary>
    public Action<Action> RunInBackground { get; init; } = static work => work();

    /// <summary>Refuses sizes that the format cannot hold.</summary>
    public void Check()
    {
        Invariant.That(IsSize(SegmentBytes) && IsSize(FirstSegmentBytes), "segments have 1 KiB to 1 GiB, in sectors");
        Invariant.That(SpareSegmentsMax is >= 0 and <= 64, "spare segments are few");
    }

    private static bool IsSize(long bytes) =>
        bytes is >= 2 * LogSegmentHeader.SizeBytes and <= 1 << 30 && bytes % LogSegmentHeader.SizeBytes == 0;
}
