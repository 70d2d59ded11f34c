using JobNode.Commands;

namespace JobNode.Consensus.Log;

/// <summary>
/// The durable raft log and hard state of one node: segments of checksummed records, written in groups. One thread uses
/// it. DESIGN.md beside this file has the format and what it promises.
/// </summary>
/// <remarks>
/// A call that throws a <see cref="StorageException"/> with <see cref="StorageException.CanRetry"/> left nothing
/// half-known: the same call with the same arguments goes on where it stopped once the disk takes writes again. After
/// any other failure, a failed sync above all, every call throws, since nobody knows what is on disk then.
/// </remarks>
internal sealed partial class WriteAheadLog : IDisposable
{
    private readonly LogWriteBuffer _buffer = new();
    private IReadOnlyList<RaftEntry> _recovered = [];
    private bool _hasNewVote;
    private bool _failed;
    private bool _disposed;

    /// <summary>The hard state as recovered or last appended.</summary>
    public HardState HardState { get; private set; }

    /// <summary>What a torn tail lost, as a sentence for the log; null when nothing.</summary>
    public string? RepairNote { get; private init; }

    /// <summary>Bytes that the log takes on disk, without its spare segments.</summary>
    public long DiskBytes => (_sealed.Count * _options.SegmentBytes) + _lengthBytes;

    /// <summary>True when a snapshot would let segments go.</summary>
    public bool HasSealedSegments => _sealed.Count > 0;

    /// <summary>Index of the last entry, buffered ones included; the snapshot's when there is none after it.</summary>
    public ulong LastIndex { get; private set; }

    /// <summary>The entries after the snapshot; empty once they were taken.</summary>
    public IReadOnlyList<RaftEntry> RecoveredEntries => _recovered;

    /// <summary>Hands over the entries after the snapshot and forgets them.</summary>
    public IReadOnlyList<RaftEntry> TakeRecoveredEntries()
    {
        IReadOnlyList<RaftEntry> taken = _recovered;
        _recovered = [];
        return taken;
    }

    /// <summary>
    /// Buffers entries and then the hard state. An index at or below <see cref="LastIndex"/> replaces that entry and
    /// all after it; entries known to be committed cannot be replaced. The bytes are copied. May begin a new segment,
    /// and then writes and syncs.
    /// </summary>
    /// <exception cref="IOException">A write or sync failed, now or earlier.</exception>
    public void Append(ReadOnlySpan<RaftEntry> entries, HardState? hardState)
    {
        ThrowIfUnusable();
        CheckAppend(entries, hardState);
        foreach (ref readonly RaftEntry entry in entries)
        {
            long position = MakeRoom(LogRecord.EntryPrefixBytes + entry.Data.Length);
            _buffer.AddEntry(entry, _syncedBelow, _seed, position);
            LastIndex = entry.Index;
            _maxIndex = Math.Max(_maxIndex, entry.Index);
        }

        if (hardState is { } state && state != HardState)
        {
            long position = MakeRoom(LogRecord.HardStateBytes);
            _buffer.AddHardState(state, _syncedBelow, _seed, position);
            _hasNewVote |= state.Term != HardState.Term || state.Vote != HardState.Vote;
            HardState = state;
        }

        Invariant.That(HardState.Commit <= LastIndex, "nothing is committed that the log does not hold");
    }

    /// <summary>One write of all that was buffered. Durable only after <see cref="FlushAndSync"/>.</summary>
    /// <exception cref="IOException">The write failed, or an operation before it.</exception>
    public void Flush()
    {
        ThrowIfUnusable();
        if (_buffer.LengthBytes > 0)
        {
            Write();
            _isMarked = false;
        }
    }

    /// <summary>
    /// One write of all that was buffered, and one fdatasync of all that was written. A mark then vouches for it: bad
    /// bytes below it are damage from here on, never a torn write.
    /// </summary>
    /// <exception cref="IOException">The write or the sync failed, or an operation before it.</exception>
    public void FlushAndSync()
    {
        Flush();
        if (!_isMarked && _syncedBelow != _end)
        {
            Sync();
            WriteMark();
            if (_hasNewVote)
            {
                // What was promised to a candidate is never taken for torn, not even after a power failure.
                SyncMark();
                _hasNewVote = false;
            }
        }
    }

    /// <summary>Ends a healthy run: everything is synced, also the mark that vouches for it.</summary>
    /// <exception cref="IOException">The write or the sync failed, or an operation before it.</exception>
    public void Close()
    {
        FlushAndSync();
        SyncMark();
        Dispose();
    }

    /// <summary>Closes the file; what was not synced may be lost.</summary>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _file.Dispose();
        }
    }

    private void CheckAppend(ReadOnlySpan<RaftEntry> entries, HardState? hardState)
    {
        if (entries.Length > 0)
        {
            ulong first = entries[0].Index;
            Invariant.That(first <= LastIndex + 1, "entries follow the log without a gap");
            Invariant.That(first > HardState.Commit, "an entry known to be committed is never replaced");
            Invariant.That(first > _compactedThrough, "an entry in the snapshot is never replaced");
            for (int i = 0; i < entries.Length; i++)
            {
                Invariant.That(entries[i].Index == first + (ulong)i, "entries of one call have no gaps");
            }
        }

        string? reason = hardState is { } next ? LogReplay.WhyNotAfter(HardState, next) : null;
        Invariant.That(reason is null, $"the hard state only goes forward: {reason}");
    }

    private void ThrowIfUnusable()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_failed)
        {
            throw new IOException("The log cannot be used after a failed write or sync: what is on disk is unknown. "
                + "The process must end; the next one reads back what is there.");
        }
    }

    private void Write()
    {
        Invariant.That(_end + _buffer.LengthBytes <= _lengthBytes, "writes stay in a segment");
        Guarded(() => _file.Write(_end, _buffer.WithTerminator(_lengthBytes - _end)));
        _end += _buffer.LengthBytes;
        _buffer.Clear();
        Invariant.That(_end % LogRecord.AlignmentBytes == 0, "records are aligned");
    }

    private void Sync()
    {
        Guarded(_file.Sync);
        _syncedBelow = _end;
    }

    private void SyncMark()
    {
        if (_syncedBelow != _end)
        {
            Sync();
        }
    }

    /// <summary>
    /// Writes a mark for all that was just synced, when there is something. It needs no sync of its own: it matters as
    /// soon as the page cache has it, and the next sync takes it along.
    /// </summary>
    private void WriteMark()
    {
        Invariant.That(_buffer.LengthBytes == 0 && _syncedBelow == _end, "a mark vouches for what is synced");
        _isMarked = true;
        if (_end == LogSegmentHeader.SizeBytes)
        {
            return;
        }

        _buffer.AddMark(_syncedBelow, _seed, _end);
        try
        {
            Write();
        }
        catch (StorageException error) when (error.CanRetry)
        {
            // A disk that takes no writes: the batch is durable all the same, and the next one vouches for it.
            _buffer.Clear();
        }
    }

    /// <summary>Runs I/O whose failure makes the log unusable for good, unless the disk just takes no writes.</summary>
    private void Guarded(Action operation)
    {
        ThrowIfUnusable();
        try
        {
            operation();
        }
        catch (Exception error)
        {
            _failed = error is not StorageException { CanRetry: true };
            throw;
        }
    }
}
