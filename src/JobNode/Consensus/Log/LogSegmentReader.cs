namespace JobNode.Consensus.Log;

/// <summary>
/// Reads a segment's records through a window, so that start-up does not hold whole segments in memory.
/// </summary>
internal sealed class LogSegmentReader(IStorageFile file, long lengthBytes, uint seed)
{
    private const int WindowBytes = 256 << 10;

    private const int ZeroSkipBytes = 4096;

    private byte[] _window = [];
    private long _windowStart;
    private int _windowLength;

    /// <summary>
    /// Reads the record at <paramref name="position"/>; false when there is none. Its payload is valid until the
    /// next call.
    /// </summary>
    public bool TryRead(long position, out LogRecord record)
    {
        record = default;
        if (position + LogRecord.HeadBytes > lengthBytes)
        {
            return false;
        }

        int size = LogRecord.PlausibleSize(Bytes(position, LogRecord.HeadBytes));
        return size > 0
            && position + size <= lengthBytes
            && LogRecord.TryParse(Bytes(position, size), seed, position, out record);
    }

    /// <summary>True when a write ended cleanly here: the zeros that end every write, or the end of the file.</summary>
    public bool IsCleanEnd(long position)
    {
        int bytes = (int)Math.Min(LogRecord.HeadBytes, lengthBytes - position);
        return bytes <= 0 || !Bytes(position, bytes).ContainsAnyExcept((byte)0);
    }

    /// <summary>Looks at every place behind a bad record for valid ones.</summary>
    /// <returns>
    /// Where the first is that vouches for more than <paramref name="bad"/> (-1: nowhere), and where the last one ends
    /// (<paramref name="bad"/> itself: there is none).
    /// </returns>
    public (long FirstProof, long LastValidEnd) ScanAfter(long bad)
    {
        long firstProof = -1;
        long lastValidEnd = bad;
        long position = bad + LogRecord.AlignmentBytes;
        while (position + LogRecord.HeadBytes <= lengthBytes)
        {
            if (!TryRead(position, out LogRecord record))
            {
                position += DistanceToCandidate(position + LogRecord.AlignmentBytes) + LogRecord.AlignmentBytes;
                continue;
            }

            if (firstProof < 0 && record.SyncedBelow > bad)
            {
                firstProof = position;
            }

            position += record.SizeBytes;
            lastValidEnd = position;
        }

        return (firstProof, lastValidEnd);
    }

    /// <summary>How far a scan may jump because what follows is zero: preallocated space is mostly that.</summary>
    private int DistanceToCandidate(long position)
    {
        int count = (int)Math.Min(ZeroSkipBytes, lengthBytes - position);
        if (count < LogRecord.HeadBytes)
        {
            return 0;
        }

        // The type byte of a record's head is never zero, and it is the head's thirteenth.
        int first = Bytes(position, count).IndexOfAnyExcept((byte)0);
        int skip = (first < 0 ? count : first) - LogRecord.HeadBytes;
        return Math.Max(0, skip) & -LogRecord.AlignmentBytes;
    }

    private ReadOnlySpan<byte> Bytes(long position, int count)
    {
        if (position < _windowStart || position + count > _windowStart + _windowLength)
        {
            long wanted = Math.Min(Math.Max(count, WindowBytes), lengthBytes - position);
            if (_window.Length < wanted)
            {
                _window = new byte[wanted];
            }

            _windowStart = position;
            _windowLength = file.Read(position, _window.AsSpan(0, (int)wanted));
            if (_windowLength < count)
            {
                throw new IOException("a log file became shorter while it was read");
            }
        }

        return _window.AsSpan((int)(position - _windowStart), count);
    }
}
