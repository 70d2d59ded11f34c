namespace JobNode.Consensus.Log;

/// <summary>One entry of the raft log.</summary>
internal readonly record struct RaftEntry(ulong Index, ulong Term, RaftEntryKind Kind, ReadOnlyMemory<byte> Data);

/// <summary>Kinds of entries; the numbers are those of etcd's raftpb.EntryType.</summary>
internal enum RaftEntryKind : byte
{
    /// <summary>Commands, or empty (a new leader's first entry).</summary>
    Normal = 0,

    /// <summary>A membership change.</summary>
    ConfigurationChange = 1,
}

/// <summary>
/// What a node must never forget: its term, its vote in it, and how far it knows the log is committed.
/// </summary>
internal readonly record struct HardState(ulong Term, ulong Vote, ulong Commit);
