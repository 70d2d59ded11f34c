namespace JobNode.Consensus.Log;

/// <summary>A segment whose records are all written.</summary>
/// <param name="Name">File name.</param>
/// <param name="Sequence">Its number.</param>
/// <param name="MaxIndex">No entry in it, or before it, has a higher index.</param>
/// <param name="End">Where its records end, in bytes; 0 when they do not count.</param>
internal readonly record struct LogSegmentInfo(string Name, ulong Sequence, ulong MaxIndex, long End);

/// <summary>What of a file of the log is durable, and so never changes until the file is recycled.</summary>
/// <param name="Name">File name.</param>
/// <param name="End">Where that ends, in bytes.</param>
internal readonly record struct LogExtent(string Name, long End);
