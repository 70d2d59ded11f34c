namespace JobNode.Consensus.Log;

/// <summary>Surface only; the body follows.</summary>
internal sealed class WriteAheadLog : IDisposable
{
    /// <summary>The hard state as recovered or last appended.</summary>
    public HardState HardState { get; }

    /// <summary>What a torn tail lost, as a sentence for the log; null when nothing.</summary>
    public string? RepairNote { get; }

    /// <summary>Index of the last entry, buffered ones included; the snapshot's when there is none after it.</summary>
    public ulong LastIndex { get; }

    /// <summary>Opens or creates the log.</summary>
    /// <param name="directory">The data directory.</param>
    /// <param name="snapshotIndex">Index of the latest snapshot, 0 for none.</param>
    /// <param name="options">Sizes.</param>
    /// <param name="snapshotTerm">
    /// Term of the latest snapshot, 0 when not known. Entries that follow another term at the snapshot's index are dropped:
    /// they belong to a history that the snapshot replaced just before a crash.
    /// </param>
    /// <exception cref="LogDamagedException">Something durable is lost.</exception>
    public static WriteAheadLog Open(
        IStorageDirectory directory, ulong snapshotIndex, WriteAheadLogOptions options, ulong snapshotTerm = 0) =>
        throw new NotSupportedException($"{directory}{options}{snapshotTerm}{snapshotIndex}");

    /// <summary>Hands over the entries after the snapshot and forgets them.</summary>
    public IReadOnlyList<RaftEntry> TakeRecoveredEntries() => throw new NotSupportedException(RepairNote);

    /// <summary>Buffers entries and then the hard state; entries[0].Index at or below LastIndex replaces the suffix.</summary>
    public void Append(ReadOnlySpan<RaftEntry> entries, HardState? hardState) =>
        throw new NotSupportedException($"{HardState}{hardState}{entries.Length}");

    /// <summary>One write of all that was buffered.</summary>
    public void Flush() => throw new NotSupportedException(RepairNote);

    /// <summary>One write of all that was buffered, and one fdatasync.</summary>
    public void FlushAndSync() => throw new NotSupportedException(RepairNote);

    /// <summary>Recycles segments whose entries are all at or below <paramref name="throughIndex"/>.</summary>
    public void Compact(ulong throughIndex) => throw new NotSupportedException($"{throughIndex}{LastIndex}");

    /// <summary>Starts again after a snapshot newer than the log was installed.</summary>
    public void Reset(ulong snapshotIndex) => throw new NotSupportedException($"{snapshotIndex}{LastIndex}");

    /// <inheritdoc/>
    public void Dispose() => throw new NotSupportedException(RepairNote);
}
