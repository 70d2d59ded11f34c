namespace JobNode.Consensus.Log;

/// <summary>Reads what is durable of the log once more and compares checksums; changes nothing.</summary>
internal static class LogScrub
{
    /// <summary>The first bad place of a file, or null.</summary>
    /// <param name="directory">Where it is.</param>
    /// <param name="extent">What of it is durable.</param>
    /// <exception cref="FileNotFoundException">It was recycled meanwhile.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static LogDamagedException? FindDamage(IStorageDirectory directory, LogExtent extent) =>
        FindAll(directory, extent.Name, extent.End, mayBeTorn: false).FirstOrDefault();

    /// <summary>The bad places of all files of a log; what a crash tore off its end is none.</summary>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static IEnumerable<LogDamagedException> FindAll(IStorageDirectory directory)
    {
        string[] live = [.. directory.List().Where(static name => LogFileName.TryParseLive(name, out _, out _))];
        for (int i = 0; i < live.Length; i++)
        {
            bool isLast = i == live.Length - 1;
            long? end = !isLast && ReadHeader(directory, live[i + 1]).Header is { PreviousEnd: > 0 } next
                ? next.PreviousEnd
                : null;
            foreach (LogDamagedException damage in FindAll(directory, live[i], end, mayBeTorn: isLast))
            {
                yield return damage;
            }
        }
    }

    private static IEnumerable<LogDamagedException> FindAll(
        IStorageDirectory directory, string name, long? end, bool mayBeTorn)
    {
        (LogSegmentHeader? found, string? reason) = ReadHeader(directory, name);
        if (found is not { } header)
        {
            yield return new LogDamagedException(name, 0, reason!);
            yield break;
        }

        using IStorageFile file = directory.Open(name);
        long limit = Math.Min(end ?? file.LengthBytes, file.LengthBytes);
        var reader = new LogSegmentReader(file, limit, LogRecord.SeedOf(header.Sequence, header.FirstIndex));
        long? bad = null;
        for (long position = LogSegmentHeader.SizeBytes; position < limit;)
        {
            if (!reader.TryRead(position, out LogRecord record))
            {
                bad ??= position;
                position += LogRecord.AlignmentBytes;
                continue;
            }

            position += record.SizeBytes;
            if (bad is { } place && (!mayBeTorn || record.SyncedBelow > place))
            {
                bad = null;
                yield return NoRecord(name, place);
            }
        }

        if (bad is { } last && end is not null)
        {
            yield return NoRecord(name, last);
        }
    }

    private static LogDamagedException NoRecord(string name, long place) =>
        new(name, place, "no valid record, though it was synced");

    private static (LogSegmentHeader? Header, string? Reason) ReadHeader(IStorageDirectory directory, string name)
    {
        using IStorageFile file = directory.Open(name);
        var sector = new byte[LogSegmentHeader.SizeBytes];
        int read = file.Read(0, sector);
        string? reason = LogSegmentHeader.TryRead(sector.AsSpan(0, read), out LogSegmentHeader header);
        if (reason is null && LogFileName.Live(header.Sequence, header.FirstIndex) != name)
        {
            reason = "the header belongs to another segment";
        }

        if (reason is null && file.LengthBytes != header.LengthBytes)
        {
            reason = $"the file has {file.LengthBytes} bytes and must have {header.LengthBytes}";
        }

        return reason is null ? (header, null) : (null, reason);
    }
}
