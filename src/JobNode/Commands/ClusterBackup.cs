namespace JobNode.Commands;

/// <summary>
/// The cluster's state as of one log index, frozen in order to be written as a snapshot file while the node goes on.
/// </summary>
/// <param name="Index">Index of the last entry contained.</param>
/// <param name="Digest">Digest of the state.</param>
/// <param name="WriteTo">Writes the file forward into a stream, on the calling thread.</param>
internal sealed record ClusterBackup(ulong Index, UInt128 Digest, Action<Stream> WriteTo);
