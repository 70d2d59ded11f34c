namespace JobNode.Recovery;

/// <summary>What a check of a data directory found.</summary>
/// <param name="Path">The directory.</param>
/// <param name="Node">Whose it is; null when nothing says so.</param>
/// <param name="Files">Every file.</param>
/// <param name="Damages">One sentence each, without the full stop: file, byte offset, what is wrong, what to
/// do.</param>
/// <param name="TornTail">What a crash cut off the end of the log, as a sentence; null when nothing. No
/// damage.</param>
/// <param name="State">What it all amounts to; null when it is empty, or too damaged to say.</param>
internal sealed record DirectoryReport(
    string Path,
    string? Node,
    IReadOnlyList<CheckedFile> Files,
    IReadOnlyList<string> Damages,
    string? TornTail,
    StateSummary? State)
{
    /// <summary>True when a node may start on it.</summary>
    public bool IsSound => Damages.Count == 0;

    /// <summary>The one sentence at the end.</summary>
    public string Conclusion
    {
        get
        {
            if (!IsSound)
            {
                string more = Damages.Count > 1 ? $" ({Damages.Count - 1} more above)" : "";
                return $"{Path} is damaged: {Damages[0]}{more}.";
            }

            if (State is null)
            {
                return $"{Path} is sound and empty: a node that starts on it begins as a new one.";
            }

            return TornTail is null
                ? $"{Path} is sound: all checksums fit, and the log replays to index {State.Index}."
                : $"{Path} is sound, with a torn tail, as a crash leaves it: nothing acknowledged is lost, the next "
                    + $"start cuts it, and the log replays to index {State.Index}.";
        }
    }
}

/// <summary>One file of a data directory.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Holds">Which entries.</param>
/// <param name="Verdict">How it is.</param>
internal sealed record CheckedFile(string Name, long Bytes, string Kind, string Holds, string Verdict);

/// <summary>The state that a data directory or a backup holds.</summary>
/// <param name="ClusterId">Of which cluster.</param>
/// <param name="CommittedIndex">Entries up to here are known to be committed.</param>
/// <param name="CommittedDigest">Digest of the state there.</param>
/// <param name="Index">The last entry on this disk.</param>
/// <param name="Digest">Digest of the state there.</param>
/// <param name="Term">Term of the last entry.</param>
/// <param name="Jobs">Jobs held there.</param>
/// <param name="FeatureLevel">Of the cluster.</param>
/// <param name="Members">Of the cluster.</param>
internal sealed record StateSummary(
    string ClusterId,
    ulong CommittedIndex,
    string CommittedDigest,
    ulong Index,
    string Digest,
    ulong Term,
    long Jobs,
    int FeatureLevel,
    IReadOnlyList<MemberSummary> Members);

/// <summary>One member.</summary>
/// <param name="Id">Its node id.</param>
/// <param name="Address">Its cluster address.</param>
/// <param name="Role">Its role.</param>
/// <param name="Zone">Its zone, or empty.</param>
/// <param name="IsSelf">The directory is its own.</param>
internal sealed record MemberSummary(string Id, string Address, string Role, string Zone, bool IsSelf);
