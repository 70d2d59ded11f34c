using System.Collections.Concurrent;
using JobNode.Commands;

namespace JobNode.Consensus.Log;

/// <summary>Opening, rolling, recycling.</summary>
internal sealed partial class WriteAheadLog
{
    /// <summary>
    /// A fresh cluster starts from a synthetic snapshot at this index, saved before the log exists. With a later
    /// snapshot and no log the hard state is lost.
    /// </summary>
    public const ulong BootstrapIndex = 1;

    private readonly IStorageDirectory _directory;
    private readonly WriteAheadLogOptions _options;
    private readonly Queue<LogSegmentInfo> _sealed = new();
    private readonly Queue<string> _spares = new();
    private readonly ConcurrentQueue<string> _undeleted = new();
    private string _name = "";
    private IStorageFile _file = null!; // set before Open returns
    private ulong _sequence;
    private uint _seed;
    private long _lengthBytes;
    private long _end;
    private long _syncedBelow;
    private bool _isMarked;
    private ulong _maxIndex;
    private ulong _compactedThrough;

    private WriteAheadLog(IStorageDirectory directory, WriteAheadLogOptions options)
    {
        _directory = directory;
        _options = options;
    }

    private enum SegmentStart
    {
        Following,
        Reset,
    }

    /// <summary>Opens or creates the log. When it returns, all that was recovered is durable.</summary>
    /// <param name="directory">The data directory.</param>
    /// <param name="snapshotIndex">Index of the latest snapshot, 0 for none.</param>
    /// <param name="options">Sizes.</param>
    /// <param name="snapshotTerm"> Term of the latest snapshot, 0 when not known. Entries that follow another term at
    /// the snapshot's index are dropped: they belong to a history that the snapshot replaced just before a crash.
    /// </param>
    /// <exception cref="LogDamagedException">Something durable is lost.</exception>
    /// <exception cref="IOException">The directory cannot be read or written.</exception>
    public static WriteAheadLog Open(
        IStorageDirectory directory, ulong snapshotIndex, WriteAheadLogOptions options, ulong snapshotTerm = 0)
    {
        options.Check();
        LogRecovery recovery = LogRecovery.Run(directory, snapshotIndex);
        var log = new WriteAheadLog(directory, options)
        {
            RepairNote = recovery.RepairNote,
            HardState = recovery.Replay.HardState,
            LastIndex = recovery.Replay.LastIndex,
            _recovered = recovery.Replay.Entries,
            _compactedThrough = snapshotIndex,
        };
        log.FindSpares();
        if (recovery.LastName is null)
        {
            log.Begin(snapshotIndex);
            return log;
        }

        log.Resume(recovery, recovery.LastName);
        ulong termAtSnapshot = recovery.Replay.TermAtSnapshot;
        bool replaced = snapshotTerm != 0 && termAtSnapshot != 0 && termAtSnapshot != snapshotTerm;
        if (replaced || log.LastIndex < snapshotIndex)
        {
            log.Reset(snapshotIndex);
        }

        return log;
    }

    /// <summary>
    /// Recycles segments whose entries are all at or below <paramref name="throughIndex"/>, which a durable snapshot
    /// holds. What a full or read-only disk keeps from being recycled stays until the next call.
    /// </summary>
    /// <exception cref="IOException">A file operation failed, now or earlier.</exception>
    public void Compact(ulong throughIndex)
    {
        ThrowIfUnusable();
        Invariant.That(throughIndex <= LastIndex, "a snapshot holds nothing that the log never held");
        _compactedThrough = Math.Max(_compactedThrough, throughIndex);
        Guarded(RecycleCompacted);
    }

    /// <summary>
    /// Starts again after a snapshot newer than the log was installed: durably forgets every entry, keeps the hard
    /// state and raises its commit to the snapshot.
    /// </summary>
    /// <exception cref="StorageException"><see cref="StorageException.CanRetry"/>: nothing changed.</exception>
    /// <exception cref="IOException">A file operation failed, now or earlier.</exception>
    public void Reset(ulong snapshotIndex)
    {
        ThrowIfUnusable();
        Invariant.That(snapshotIndex >= _compactedThrough, "snapshots go forward");
        Invariant.That(snapshotIndex >= HardState.Commit, "a reset forgets nothing committed");
        Guarded(() =>
        {
            HardState kept = HardState with { Commit = snapshotIndex };
            CreateSegment(SegmentStart.Reset, snapshotIndex, kept, LogSegmentHeader.SizeBytes);
            HardState = kept;
            LastIndex = snapshotIndex;
            _compactedThrough = snapshotIndex;
            _recovered = [];
            _buffer.Clear();

            // The new segment's header voids them all, also those whose entries are above the snapshot.
            for (int i = _sealed.Count; i > 0; i--)
            {
                _sealed.Enqueue(_sealed.Dequeue() with { MaxIndex = snapshotIndex });
            }

            RecycleCompacted();
        });
    }

    /// <summary>What is durable now, file by file: for those who read it again while the log goes on.</summary>
    public IReadOnlyList<LogExtent> Extents() =>
    [
        .. _sealed.Where(static segment => segment.End > 0).Select(
            static segment => new LogExtent(segment.Name, segment.End)),
        new LogExtent(_name, _syncedBelow),
    ];

    /// <summary>True while this file is part of the log.</summary>
    public bool Holds(string name) => name == _name || _sealed.Any(segment => segment.Name == name);

    /// <summary>Begins a new segment when this one is the active one, so that a snapshot can take its place.</summary>
    /// <exception cref="StorageException"><see cref="StorageException.CanRetry"/>: nothing changed.</exception>
    /// <exception cref="IOException">A file operation failed, now or earlier.</exception>
    public void Seal(string name)
    {
        ThrowIfUnusable();
        if (name == _name)
        {
            BeginNext(LogSegmentHeader.SizeBytes);
        }
    }

    private void RecycleCompacted()
    {
        bool any = false;
        try
        {
            while (_sealed.TryPeek(out LogSegmentInfo oldest) && oldest.MaxIndex <= _compactedThrough)
            {
                Recycle(oldest.Name);
                _sealed.Dequeue();
                any = true;
            }
        }
        catch (StorageException error) when (error.CanRetry)
        {
            // The oldest is still there, and nothing is wrong with that: the next call tries again, in order.
        }

        if (any)
        {
            _directory.Sync();
        }

        DeleteSurplus();
    }

    private void FindSpares()
    {
        foreach (string name in _directory.List())
        {
            if (!LogFileName.IsSpare(name))
            {
                continue;
            }

            _spares.Enqueue(name);
        }

        DeleteSurplus();
    }

    private void Begin(ulong snapshotIndex)
    {
        if (snapshotIndex > BootstrapIndex)
        {
            throw new LogDamagedException(LogFileName.Live(1, 1), 0,
                $"there is no log at all, though there is a snapshot at entry {snapshotIndex}");
        }

        LastIndex = snapshotIndex;
        CreateSegment(SegmentStart.Following, LastIndex, HardState, LogSegmentHeader.SizeBytes);
    }

    private void Resume(LogRecovery recovery, string name)
    {
        foreach (string obsolete in recovery.Obsolete)
        {
            _sealed.Enqueue(new LogSegmentInfo(obsolete, 0, 0, 0));
        }

        foreach (LogSegmentInfo segment in recovery.Sealed)
        {
            _sealed.Enqueue(segment);
        }

        _name = name;
        _file = _directory.Open(name);
        _sequence = recovery.LastHeader.Sequence;
        _seed = LogRecord.SeedOf(_sequence, recovery.LastHeader.FirstIndex);
        _lengthBytes = recovery.LastHeader.LengthBytes;
        _maxIndex = recovery.LastMaxIndex;
        _end = recovery.EndOffset;
        Guarded(() =>
        {
            // Records of the torn write must not come back behind a shorter record that is written over their
            // beginning.
            if (recovery.DirtyEnd > _end)
            {
                _file.Write(_end, new byte[recovery.DirtyEnd - _end]);
            }

            // A killed process leaves records in the page cache only; what is acted upon from here on must be durable.
            // They are written again, since after a sync that failed the cache has them and claims to be clean.
            if (!recovery.IsMarked)
            {
                var unsure = new byte[_end - recovery.VouchedBelow];
                int read = _file.Read(recovery.VouchedBelow, unsure);
                _file.Write(recovery.VouchedBelow, unsure.AsSpan(0, read));
            }

            _file.Sync();
            _directory.Sync();
            RecycleCompacted();
        });
        _syncedBelow = _end;
        _isMarked = recovery.IsMarked;
        if (!_isMarked)
        {
            WriteMark();
            SyncMark();
        }
    }

    /// <summary>Makes sure that the next record fits into the segment, and gives its position.</summary>
    private long MakeRoom(int payloadBytes)
    {
        int size = LogRecord.SizeOf(payloadBytes);
        if (_end + _buffer.LengthBytes + size + LogRecord.HeadBytes > _lengthBytes)
        {
            // All of the old segment is durable before the new one exists: only the last can have a torn tail.
            BeginNext(LogSegmentHeader.SizeBytes + size + LogRecord.HeadBytes);
        }

        return _end + _buffer.LengthBytes;
    }

    private void BeginNext(long minimumBytes)
    {
        FlushAndSync();
        SyncMark();
        Guarded(() => CreateSegment(SegmentStart.Following, LastIndex, HardState, minimumBytes));
    }

    /// <summary>
    /// Makes the next segment the active one and seals the one before. It gets its live name only when its header is
    /// durable, and takes records only when its name is. Until the name is, a failure changes nothing here.
    /// </summary>
    private void CreateSegment(SegmentStart start, ulong lastIndex, HardState hardState, long minimumBytes)
    {
        Invariant.That(start == SegmentStart.Reset || _buffer.LengthBytes == 0, "records stay in their segment");
        bool isFirst = _sequence == 0;
        bool follows = start == SegmentStart.Following && !isFirst;
        long wanted = Math.Max(isFirst ? _options.FirstSegmentBytes : _options.SegmentBytes, minimumBytes);
        var header = new LogSegmentHeader(
            _sequence + 1,
            lastIndex + 1,
            (wanted + LogSegmentHeader.SizeBytes - 1) & -LogSegmentHeader.SizeBytes,
            follows ? _end : 0,
            hardState,
            start == SegmentStart.Reset);
        (IStorageFile file, string name) = WriteNewSegment(header);
        _directory.Sync();
        if (!isFirst)
        {
            _file.Dispose();
            _sealed.Enqueue(new LogSegmentInfo(_name, _sequence, _maxIndex, _end));
        }

        _file = file;
        _name = name;
        _sequence = header.Sequence;
        _lengthBytes = header.LengthBytes;
        _seed = LogRecord.SeedOf(_sequence, header.FirstIndex);
        _end = LogSegmentHeader.SizeBytes;
        _syncedBelow = _end;
        _isMarked = true;
        _maxIndex = lastIndex;
    }

    /// <summary>A file with a durable header under its live name; after a failure at most a spare is left.</summary>
    private (IStorageFile File, string Name) WriteNewSegment(in LogSegmentHeader header)
    {
        if (!_spares.TryPeek(out string? spare))
        {
            spare = LogFileName.Spare(header.Sequence);
            _directory.Create(spare, header.LengthBytes).Dispose();
            _spares.Enqueue(spare);
        }

        IStorageFile file = _directory.Open(spare);
        try
        {
            file.SetLength(header.LengthBytes);
            var sector = new byte[LogSegmentHeader.SizeBytes + LogRecord.HeadBytes];
            header.WriteTo(sector);
            file.Write(0, sector);
            file.Sync();
            string name = LogFileName.Live(header.Sequence, header.FirstIndex);
            _directory.Rename(spare, name);
            _spares.Dequeue();
            return (file, name);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>
    /// A name is taken away at once, in order; the blocks of what is too much go later, since that can take long.
    /// </summary>
    private void Recycle(string name)
    {
        Invariant.That(LogFileName.TryParseLive(name, out ulong sequence, out _), "what is recycled was a segment");
        string spare = LogFileName.Spare(sequence);
        _directory.Rename(name, spare);
        _spares.Enqueue(spare);
    }

    private void DeleteSurplus()
    {
        var surplus = new List<string>();
        while (_undeleted.TryDequeue(out string? name))
        {
            surplus.Add(name);
        }

        while (_spares.Count > _options.SpareSegmentsMax)
        {
            surplus.Add(_spares.Dequeue());
        }

        if (surplus.Count == 0)
        {
            return;
        }

        _options.RunInBackground(() =>
        {
            foreach (string name in surplus)
            {
                try
                {
                    _directory.Delete(name);
                }
                catch (IOException)
                {
                    _undeleted.Enqueue(name);
                }
            }
        });
    }
}
