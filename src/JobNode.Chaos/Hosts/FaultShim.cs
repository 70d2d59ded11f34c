using System.IO.MemoryMappedFiles;

namespace JobNode.Chaos.Hosts;

/// <summary>
/// The switchboard of the library that is preloaded into a node (Shim/shim.c): a small file that both have in memory.
/// It outlives the process, so a setting holds over a restart.
/// </summary>
internal sealed class FaultShim : IDisposable
{
    private const int ClockOffsetNs = 0;
    private const int SyncFailures = 8;
    private const int WriteErrno = 12;
    private const int ReadErrno = 16;
    private const int SyncDelayMs = 20;
    private const int ClockHits = 24;
    private const int SyncHits = 32;
    private const int WriteHits = 40;
    private const int ReadHits = 48;
    private const int DelayHits = 56;
    private const int Unrecorded = 64;
    private const int JournalUsed = 72;
    private const int JournalOffset = 4096;
    private const int JournalBytes = 16 << 20;
    private const int UndoBytes = 48;
    private const int Alignment = 8;
    private const long NanosecondsPerMillisecond = 1_000_000;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;

    /// <summary>Makes the file.</summary>
    public FaultShim(string path)
    {
        Path = path;
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.Create, null, JournalOffset + JournalBytes);
        _view = _file.CreateViewAccessor();
    }

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>What the node's wall clock shows more than the true one, in milliseconds.</summary>
    public long ClockOffsetMs
    {
        get => _view.ReadInt64(ClockOffsetNs) / NanosecondsPerMillisecond;
        set => _view.Write(ClockOffsetNs, value * NanosecondsPerMillisecond);
    }

    /// <summary>So many syncs from now on fail with "I/O error".</summary>
    public int FailingSyncs
    {
        set => _view.Write(SyncFailures, value);
    }

    /// <summary>Every write fails with this errno after half of its bytes; 0: none fails.</summary>
    public int WriteError
    {
        set => _view.Write(WriteErrno, value);
    }

    /// <summary>Every read of a file of the data directory fails with this errno; 0: none fails.</summary>
    public int ReadError
    {
        set => _view.Write(ReadErrno, value);
    }

    /// <summary>Every sync takes so much longer, in milliseconds.</summary>
    public int SlowSyncMs
    {
        set => _view.Write(SyncDelayMs, value);
    }

    /// <summary>How often each kind took effect since the start of the run.</summary>
    public ShimHits Hits => new(
        _view.ReadInt64(ClockHits),
        _view.ReadInt64(SyncHits),
        _view.ReadInt64(WriteHits),
        _view.ReadInt64(ReadHits),
        _view.ReadInt64(DelayHits),
        _view.ReadInt64(Unrecorded));

    /// <summary>No fault any more.</summary>
    public void Heal()
    {
        ClockOffsetMs = 0;
        FailingSyncs = 0;
        WriteError = 0;
        ReadError = 0;
        SlowSyncMs = 0;
    }

    /// <summary>
    /// The writes that no sync has covered, oldest first. Only while the node does not run.
    /// </summary>
    public IReadOnlyList<UnsyncedWrite> UnsyncedWrites()
    {
        List<UnsyncedWrite> writes = [];
        long used = _view.ReadInt64(JournalUsed);
        for (long at = 0; at < used;)
        {
            long start = JournalOffset + at;
            long length = _view.ReadInt64(start + 16);
            byte[] before = new byte[_view.ReadInt64(start + 24)];
            _view.ReadArray(start + UndoBytes, before, 0, before.Length);
            if (_view.ReadInt64(start + 40) != 0)
            {
                writes.Add(new UnsyncedWrite(
                    _view.ReadUInt64(start), _view.ReadInt64(start + 8), length, before, _view.ReadInt64(start + 32)));
            }

            at += UndoBytes + ((length + Alignment - 1) & ~(Alignment - 1));
        }

        return writes;
    }

    /// <summary>What is in the files now counts as being on disk. Only while the node does not run.</summary>
    public void ForgetUnsyncedWrites() => _view.Write(JournalUsed, 0L);

    /// <inheritdoc/>
    public void Dispose()
    {
        _view.Dispose();
        _file.Dispose();
    }
}

/// <summary>One write that no sync has covered.</summary>
/// <param name="Inode">Of the file, whatever its name is by now.</param>
/// <param name="Offset">First byte.</param>
/// <param name="Length">Bytes written.</param>
/// <param name="Before">What was there; shorter than <paramref name="Length"/> where the file ended.</param>
/// <param name="SizeBefore">Length of the file before the write.</param>
internal sealed record UnsyncedWrite(ulong Inode, long Offset, long Length, byte[] Before, long SizeBefore);

/// <summary>How often each fault below the C library took effect.</summary>
/// <param name="Clock">Readings of a false clock.</param>
/// <param name="Syncs">Failed syncs.</param>
/// <param name="Writes">Failed writes.</param>
/// <param name="Reads">Failed reads.</param>
/// <param name="Delays">Slow syncs.</param>
/// <param name="Unrecorded">Writes too large for the record of what a power cut would take.</param>
internal readonly record struct ShimHits(
    long Clock, long Syncs, long Writes, long Reads, long Delays, long Unrecorded);
