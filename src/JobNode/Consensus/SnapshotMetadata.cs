using JobNode.Commands;

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
internal sealed class SnapshotDamagedException(string fileName, long offset, string reason) : IOException(
    $"The snapshot {fileName} is damaged at byte {offset}: {reason}. The log before it is gone, so the state cannot be "
    + "rebuilt here. If the rest of the cluster is healthy, move this data directory away and start the node with an "
    + "empty one: it joins as a new member and gets the state from the others.")
{
    /// <summary>The file in the data directory.</summary>
    public string FileName { get; } = fileName;

    /// <summary>Where in it, in bytes.</summary>
    public long Offset { get; } = offset;

    /// <summary>What is wrong there.</summary>
    public string Reason { get; } = reason;
}
