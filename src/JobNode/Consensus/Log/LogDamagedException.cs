namespace JobNode.Consensus.Log;

/// <summary>
/// The log lost something that had been made durable. The node must not vote on what is left: it may have promised
/// more.
/// </summary>
/// <param name="fileName">The file in the data directory.</param>
/// <param name="offset">Where in it, in bytes.</param>
/// <param name="reason">What is wrong there, as a clause.</param>
internal sealed class LogDamagedException(string fileName, long offset, string reason) : IOException(
    $"The log is damaged: {fileName} at byte {offset}: {reason}. Records that were safely on disk are lost, "
    + "so this node must not vote on what is left. If the rest of the cluster is healthy, move this data directory "
    + "away and start the node with an empty one: it joins as a new member and gets the state from the others. "
    + "Otherwise restore the directory from a backup of this very node; check the disk and the memory first.")
{
    /// <summary>The file in the data directory.</summary>
    public string FileName { get; } = fileName;

    /// <summary>Where in it, in bytes.</summary>
    public long Offset { get; } = offset;

    /// <summary>What is wrong there.</summary>
    public string Reason { get; } = reason;
}
