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
}
