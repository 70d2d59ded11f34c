namespace JobNode.Consensus.Log;

/// <summary>A segment whose records are all written.</summary>
/// <param name="Name">File name.</param>
/// <param name="Sequence">Its number.</param>
/// <param name="MaxIndex">No entry in it, or before it, has a higher index.</param>
internal readonly record struct LogSegmentInfo(string Name, ulong Sequence, ulong MaxIndex);
