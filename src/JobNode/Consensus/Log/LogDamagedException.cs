namespace JobNode.Consensus.Log;

/// <summary>
/// A file of the data directory is not what was written: the node must not vote with what is left, since it may have
/// promised more. It is rebuilt from the rest of its cluster.
/// </summary>
/// <param name="what">What is damaged, with the verb.</param>
/// <param name="fileName">The file in the data directory.</param>
/// <param name="offset">Where in it, in bytes.</param>
/// <param name="reason">What is wrong there, as a clause.</param>
/// <param name="consequence">What follows from it, as a sentence.</param>
internal abstract class DataDamagedException(
    string what, string fileName, long offset, string reason, string consequence)
    : IOException($"{what}: {fileName} at byte {offset}: {reason}. {consequence} {Remedy}")
{
    private const string Remedy = "Start it when the rest of its cluster is alive: it keeps these files aside, and is "
        + "rebuilt from the others as a new member. Without the others: 'jobnode restore' of a backup. Check the disk "
        + "and the memory of this machine.";

    /// <summary>The file in the data directory.</summary>
    public string FileName { get; } = fileName;

    /// <summary>Where in it, in bytes.</summary>
    public long Offset { get; } = offset;

    /// <summary>What is wrong there.</summary>
    public string Reason { get; } = reason;
}

/// <summary>The log lost something that had been made durable.</summary>
/// <param name="fileName">The file in the data directory.</param>
/// <param name="offset">Where in it, in bytes.</param>
/// <param name="reason">What is wrong there, as a clause.</param>
internal sealed class LogDamagedException(string fileName, long offset, string reason) : DataDamagedException(
    "The log is damaged",
    fileName,
    offset,
    reason,
    "Records that were safely on disk are lost, so this node must not vote on what is left.");
