using System.Buffers.Binary;

namespace JobNode.Consensus.Log;

/// <summary>
/// Takes the records in order and holds what they amount to. Refuses what no correct writer can have written.
/// </summary>
internal sealed class LogReplay(ulong snapshotIndex)
{
    private readonly List<RaftEntry> _entries = [];
    private ulong _lastTerm;

    /// <summary>Entries at or below it are not kept.</summary>
    public ulong SnapshotIndex { get; } = snapshotIndex;

    /// <summary>Term of the entry at <see cref="SnapshotIndex"/>; 0 when the log does not hold that entry.</summary>
    public ulong TermAtSnapshot { get; private set; }

    /// <summary>The latest hard state.</summary>
    public HardState HardState { get; private set; }

    /// <summary>Index of the last entry.</summary>
    public ulong LastIndex { get; private set; }

    /// <summary>Entries after the snapshot, without gaps.</summary>
    public IReadOnlyList<RaftEntry> Entries => _entries;

    /// <summary>The oldest segment starts; gives a reason when it starts too late.</summary>
    public string? Begin(ulong firstIndex, HardState hardState)
    {
        HardState = hardState;
        if (firstIndex == 0 || firstIndex - 1 > SnapshotIndex)
        {
            return $"the log starts at entry {firstIndex}, but the snapshot ends at {SnapshotIndex}: "
                + "older segments are missing";
        }

        LastIndex = firstIndex - 1;
        return null;
    }

    /// <summary>Another segment starts; gives a reason when it does not fit to what came before.</summary>
    public string? Continue(ulong firstIndex, HardState hardState)
    {
        if (firstIndex != LastIndex + 1)
        {
            return $"the segment starts at entry {firstIndex}, but the one before ends at {LastIndex}";
        }

        return hardState == HardState ? null : "the hard state in the header is not that of the segment before";
    }

    /// <summary>Takes a record; gives a reason when it cannot be.</summary>
    public string? Take(in LogRecord record) => record.Type switch
    {
        LogRecordType.Entry => TakeEntry(record),
        LogRecordType.HardState => TakeHardState(new HardState(
            BinaryPrimitives.ReadUInt64LittleEndian(record.Payload),
            BinaryPrimitives.ReadUInt64LittleEndian(record.Payload[8..]),
            BinaryPrimitives.ReadUInt64LittleEndian(record.Payload[16..]))),
        _ => null,
    };

    /// <summary>
    /// Why <paramref name="next"/> cannot follow; null when it can. Terms and commits grow, a vote stays.
    /// </summary>
    public static string? WhyNotAfter(HardState current, HardState next)
    {
        if (next.Term < current.Term)
        {
            return $"the term goes back from {current.Term} to {next.Term}";
        }

        if (next.Term == current.Term && current.Vote != 0 && next.Vote != current.Vote)
        {
            return $"the vote of term {current.Term} changes from {current.Vote:x16} to {next.Vote:x16}";
        }

        return next.Commit < current.Commit ? $"the commit goes back from {current.Commit} to {next.Commit}" : null;
    }

    private string? TakeHardState(HardState next)
    {
        string? reason = WhyNotAfter(HardState, next);
        HardState = reason is null ? next : HardState;
        return reason;
    }

    private string? TakeEntry(in LogRecord record)
    {
        ulong index = BinaryPrimitives.ReadUInt64LittleEndian(record.Payload);
        ulong term = BinaryPrimitives.ReadUInt64LittleEndian(record.Payload[8..]);
        if (index == 0 || index > LastIndex + 1)
        {
            return $"entry {index} follows entry {LastIndex}";
        }

        if (index <= LastIndex && index <= HardState.Commit)
        {
            return $"entry {index} is replaced, though {HardState.Commit} was committed";
        }

        if (index == LastIndex + 1 && term < _lastTerm)
        {
            return $"the term of entry {index} goes back from {_lastTerm} to {term}";
        }

        Keep(new RaftEntry(index, term, record.Kind, default), record.Payload[LogRecord.EntryPrefixBytes..]);
        return null;
    }

    private void Keep(in RaftEntry head, ReadOnlySpan<byte> data)
    {
        LastIndex = head.Index;
        _lastTerm = head.Term;
        if (head.Index > SnapshotIndex)
        {
            int place = checked((int)(head.Index - SnapshotIndex - 1));
            _entries.RemoveRange(place, _entries.Count - place);
            _entries.Add(head with { Data = data.ToArray() });
            return;
        }

        _entries.Clear();
        TermAtSnapshot = head.Index == SnapshotIndex ? head.Term : 0;
    }
}
