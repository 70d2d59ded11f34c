using JobNode.Commands;
using JobNode.Consensus.Log;

namespace JobNode.Consensus;

/// <summary>What a snapshot stands for.</summary>
/// <param name="Index">Index of the last entry contained.</param>
/// <param name="Term">Term of that entry.</param>
/// <param name="Configuration">Members as of that entry.</param>
internal sealed record SnapshotMetadata(ulong Index, ulong Term, ClusterConfiguration Configuration);

/// <summary>A snapshot file whose bytes are not those that were written.</summary>
/// <param name="fileName">The file in the data directory.</param>
/// <param name="offset">Where in it, in bytes.</param>
/// <param name="reason">What is wrong there, as a clause.</param>
internal sealed class SnapshotDamagedException(string fileName, long offset, string reason) : DataDamagedException(
    "The snapshot is damaged",
    fileName,
    offset,
    reason,
    "The log before it is gone, so this node cannot build the state again by itself.");
