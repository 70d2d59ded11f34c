using JobNode.Commands;

namespace JobNode.Consensus.Log;

/// <summary>
/// Reads the log back and decides what a bad record means: the end that a crash tore off, or damage. It changes nothing
/// on disk. The reasoning is in DESIGN.md beside this file.
/// </summary>
internal sealed class LogRecovery
{
    private readonly IStorageDirectory _directory;
    private readonly LogReplay _replay;
    private readonly List<LogSegmentInfo> _sealed = [];
    private readonly List<string> _obsolete = [];

    private LogRecovery(IStorageDirectory directory, ulong snapshotIndex)
    {
        _directory = directory;
        _replay = new LogReplay(snapshotIndex);
    }

    /// <summary>Hard state and entries.</summary>
    public LogReplay Replay => _replay;

    /// <summary>Segments before the last, oldest first.</summary>
    public IReadOnlyList<LogSegmentInfo> Sealed => _sealed;

    /// <summary>Segments before a reset, which a crash left behind.</summary>
    public IReadOnlyList<string> Obsolete => _obsolete;

    /// <summary>The last segment; none in a fresh directory.</summary>
    public string? LastName { get; private set; }

    /// <summary>Header of the last segment.</summary>
    public LogSegmentHeader LastHeader { get; private set; }

    /// <summary>Where the next record of the last segment goes.</summary>
    public long EndOffset { get; private set; }

    /// <summary>
    /// From <see cref="EndOffset"/> to here lie bytes that must be zeroed before anything is written.
    /// </summary>
    public long DirtyEnd { get; private set; }

    /// <summary>True when the last record is a mark that vouches for all before it.</summary>
    public bool IsMarked { get; private set; }

    /// <summary>Of the last segment: what lies below was synced by those who wrote it.</summary>
    public long VouchedBelow { get; private set; }

    /// <summary>What a torn tail lost; null when nothing.</summary>
    public string? RepairNote { get; private set; }

    /// <summary>Reads all segments.</summary>
    /// <exception cref="LogDamagedException">Something durable is lost.</exception>
    public static LogRecovery Run(IStorageDirectory directory, ulong snapshotIndex)
    {
        var recovery = new LogRecovery(directory, snapshotIndex);
        List<(string Name, LogSegmentHeader Header)> segments = recovery.ReadHeaders();
        for (int i = 0; i < segments.Count; i++)
        {
            bool isLast = i == segments.Count - 1;
            recovery.BeginSegment(segments[i].Name, segments[i].Header, isFirst: i == 0);
            long? knownEnd = isLast ? null : segments[i + 1].Header.PreviousEnd;
            recovery.ReadRecords(segments[i].Name, segments[i].Header, knownEnd);
        }

        recovery.CheckCommitted();
        return recovery;
    }

    /// <summary>Headers from the last reset on, oldest first; the segments before it are void.</summary>
    private List<(string Name, LogSegmentHeader Header)> ReadHeaders()
    {
        var live = new List<(string Name, ulong Sequence, ulong FirstIndex)>();
        foreach (string name in _directory.List())
        {
            if (LogFileName.TryParseLive(name, out ulong sequence, out ulong firstIndex))
            {
                live.Add((name, sequence, firstIndex));
            }
        }

        live.Sort((left, right) => left.Sequence.CompareTo(right.Sequence));
        var result = new List<(string Name, LogSegmentHeader Header)>();
        for (int i = live.Count - 1; i >= 0; i--)
        {
            (string name, ulong sequence, ulong firstIndex) = live[i];
            if (i < live.Count - 1 && sequence != live[i + 1].Sequence - 1)
            {
                throw new LogDamagedException(live[i + 1].Name, 0,
                    $"the segment before it, number {live[i + 1].Sequence - 1},"
                    + $" is missing (the one found is {name})");
            }

            LogSegmentHeader header = ReadHeader(name, sequence, firstIndex);
            result.Insert(0, (name, header));
            if (header.IsReset)
            {
                _obsolete.AddRange(live.Take(i).Select(segment => segment.Name));
                break;
            }
        }

        return result;
    }

    /// <summary>
    /// A segment gets its name only when its header is durable, so a header that cannot be read is always damage.
    /// </summary>
    private LogSegmentHeader ReadHeader(string name, ulong sequence, ulong firstIndex)
    {
        using IStorageFile file = _directory.Open(name);
        var sector = new byte[LogSegmentHeader.SizeBytes];
        int read = file.Read(0, sector);
        string? reason = LogSegmentHeader.TryRead(sector.AsSpan(0, read), out LogSegmentHeader header);
        if (reason is null && (header.Sequence != sequence || header.FirstIndex != firstIndex))
        {
            reason = $"the header belongs to {LogFileName.Live(header.Sequence, header.FirstIndex)}";
        }

        if (reason is null && header.LengthBytes != file.LengthBytes)
        {
            reason = $"the file has {file.LengthBytes} bytes and must have {header.LengthBytes}";
        }

        return reason is null ? header : throw new LogDamagedException(name, 0, reason);
    }

    private void BeginSegment(string name, in LogSegmentHeader header, bool isFirst)
    {
        string? reason = isFirst
            ? _replay.Begin(header.FirstIndex, header.HardState)
            : _replay.Continue(header.FirstIndex, header.HardState);
        if (reason is not null)
        {
            throw new LogDamagedException(name, 0, reason);
        }
    }

    private void ReadRecords(string name, in LogSegmentHeader header, long? knownEnd)
    {
        using IStorageFile file = _directory.Open(name);
        uint seed = LogRecord.SeedOf(header.Sequence, header.FirstIndex);
        var reader = new LogSegmentReader(file, header.LengthBytes, seed);
        long position = LogSegmentHeader.SizeBytes;
        ulong maxIndex = header.FirstIndex - 1;
        IsMarked = true; // nothing to vouch for
        VouchedBelow = position;
        while (position != knownEnd && reader.TryRead(position, out LogRecord record))
        {
            string? reason = record.SyncedBelow > position
                ? "the record claims to have been written after itself"
                : _replay.Take(record);
            if (reason is not null)
            {
                throw new LogDamagedException(name, position, reason);
            }

            IsMarked = record.Type == LogRecordType.Mark && record.SyncedBelow == position;
            VouchedBelow = Math.Max(VouchedBelow, record.SyncedBelow);
            maxIndex = Math.Max(maxIndex, _replay.LastIndex);
            position += record.SizeBytes;
        }

        if (knownEnd is null)
        {
            FinishLast(name, header, reader, position);
        }
        else if (position != knownEnd)
        {
            throw new LogDamagedException(
                name, position, $"no valid record, though the next segment says that they reach to byte {knownEnd}");
        }
        else
        {
            _sealed.Add(new LogSegmentInfo(name, header.Sequence, maxIndex, position));
        }

        LastMaxIndex = maxIndex;
    }

    /// <summary>Highest index in the last segment.</summary>
    public ulong LastMaxIndex { get; private set; }

    private void FinishLast(string name, in LogSegmentHeader header, LogSegmentReader reader, long end)
    {
        (long firstProof, long lastValidEnd) = reader.ScanAfter(end);
        if (firstProof >= 0)
        {
            throw new LogDamagedException(
                name, end, $"no valid record, but the one at byte {firstProof} came after this was synced");
        }

        Invariant.That(lastValidEnd >= end, "a scan goes forward");
        LastName = name;
        LastHeader = header;
        EndOffset = end;
        DirtyEnd = lastValidEnd;
        if (lastValidEnd > end || !reader.IsCleanEnd(end))
        {
            DirtyEnd = Math.Min(header.LengthBytes, Math.Max(lastValidEnd, end + LogRecord.HeadBytes));
            RepairNote = $"The log ended in a write that a crash cut short: {name} was cut at byte {end}, after entry "
                + $"{_replay.LastIndex}. Nothing shows that what followed was ever synced.";
        }
    }

    private void CheckCommitted()
    {
        ulong last = Math.Max(_replay.LastIndex, _replay.SnapshotIndex);
        if (LastName is not null && _replay.HardState.Commit > last)
        {
            throw new LogDamagedException(LastName, EndOffset,
                $"the log ends at entry {last}, though it says that {_replay.HardState.Commit} was committed");
        }
    }
}
