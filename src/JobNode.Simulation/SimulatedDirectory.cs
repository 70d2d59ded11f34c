using JobNode.Commands;
using JobNode.Consensus.Log;

namespace JobNode.Simulation;

/// <summary>What a simulated disk is asked to do; a hook may refuse.</summary>
internal enum StorageOperation
{
    /// <summary>Creating a file.</summary>
    Create,

    /// <summary>Writing to one.</summary>
    Write,

    /// <summary>Its fdatasync.</summary>
    Sync,

    /// <summary>Renaming or deleting.</summary>
    Rename,

    /// <summary>The sync of the directory.</summary>
    DirectorySync,
}

/// <summary>
/// A disk that remembers what was synced. A crash keeps all of that; of the rest, each 512-byte sector of each file
/// gets any of the states it went through, independently of the others, and directory changes keep their order but lose
/// their tail (journalled file systems). Deterministic for a given random source. Not thread-safe.
/// </summary>
internal sealed class SimulatedDirectory : IStorageDirectory
{
    private readonly SortedDictionary<string, SimulatedFile> _files = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, SimulatedFile> _durableFiles = new(StringComparer.Ordinal);
    private readonly List<Action<SortedDictionary<string, SimulatedFile>>> _unsynced = [];

    /// <summary>Grows with every crash; handles of an older life are dead.</summary>
    public int Life { get; private set; }

    /// <summary>
    /// When it answers true the operation on that file fails; a failed sync loses what it should have kept (fsyncgate).
    /// It may throw instead, to stop the node at this point: a crash afterwards then finds the writes in flight.
    /// </summary>
    public Func<StorageOperation, string, bool>? ShouldFail { get; set; }

    /// <summary>A disk that lies: syncs of files answer at once and do nothing.</summary>
    public bool IgnoresSyncs { get; set; }

    /// <summary>Syncs of files done so far.</summary>
    public long SyncCount { get; private set; }

    /// <inheritdoc/>
    public IReadOnlyList<string> List() => [.. _files.Keys];

    /// <inheritdoc/>
    public IStorageFile Create(string name, long preallocateBytes)
    {
        Check(StorageOperation.Create, name);
        if (_files.ContainsKey(name))
        {
            throw new IOException($"simulated: {name} exists");
        }

        var file = new SimulatedFile();
        file.SetLength(preallocateBytes);
        Change(files => files[name] = file);
        return new Handle(this, name, file);
    }

    /// <inheritdoc/>
    public IStorageFile Open(string name) => new Handle(this, name, Find(name));

    /// <inheritdoc/>
    public void Rename(string from, string to)
    {
        Check(StorageOperation.Rename, from);
        SimulatedFile file = Find(from);
        Change(files =>
        {
            files.Remove(from);
            files[to] = file;
        });
    }

    /// <inheritdoc/>
    public void Delete(string name)
    {
        Check(StorageOperation.Rename, name);
        Change(files => files.Remove(name));
    }

    /// <inheritdoc/>
    public void Sync()
    {
        Check(StorageOperation.DirectorySync, "");
        foreach (Action<SortedDictionary<string, SimulatedFile>> change in _unsynced)
        {
            change(_durableFiles);
        }

        _unsynced.Clear();
        Invariant.That(_durableFiles.Count == _files.Count, "a synced directory is the one that is seen");
    }

    /// <summary>The power fails. What is left is what a reader sees from now on.</summary>
    public void Crash(Random random)
    {
        Life++;
        int kept = random.Next(_unsynced.Count + 1);
        for (int i = 0; i < kept; i++)
        {
            _unsynced[i](_durableFiles);
        }

        _unsynced.Clear();
        _files.Clear();
        foreach ((string name, SimulatedFile file) in _durableFiles)
        {
            file.Crash(random);
            _files[name] = file;
        }
    }

    /// <summary>The process dies, the machine goes on: nothing is lost, but its handles are dead.</summary>
    public void KillProcess() => Life++;

    /// <summary>Turns one bit over, on the disk and in memory.</summary>
    public void FlipBit(string name, long bit) => Find(name).FlipBit(bit);

    /// <summary>Zeroes a part of a file, durably: a write that did not get that far.</summary>
    public void Zero(string name, long offset, int count)
    {
        SimulatedFile file = Find(name);
        file.Write(offset, new byte[count]);
        file.Sync();
    }

    /// <summary>Cuts a file, durably.</summary>
    public void Truncate(string name, long lengthBytes)
    {
        SimulatedFile file = Find(name);
        file.SetLength(lengthBytes);
        file.Sync();
    }

    /// <summary>Takes a file away, durably.</summary>
    public void Remove(string name)
    {
        Change(files => files.Remove(name));
        Sync();
    }

    /// <summary>What a reader sees of a file now.</summary>
    public byte[] Contents(string name) => Find(name).Contents();

    /// <summary>A copy of what is seen now, as if all were synced.</summary>
    public SimulatedDirectory Clone()
    {
        var copy = new SimulatedDirectory();
        foreach ((string name, SimulatedFile file) in _files)
        {
            copy._files[name] = copy._durableFiles[name] = SimulatedFile.Of(file.Contents());
        }

        return copy;
    }

    private void Change(Action<SortedDictionary<string, SimulatedFile>> change)
    {
        change(_files);
        _unsynced.Add(change);
    }

    private SimulatedFile Find(string name) =>
        _files.TryGetValue(name, out SimulatedFile? file) ? file : throw new FileNotFoundException("simulated", name);

    private void Check(StorageOperation operation, string name)
    {
        if (ShouldFail?.Invoke(operation, name) == true)
        {
            throw new IOException($"simulated failure of {operation} on {name}");
        }
    }

    private sealed class Handle(SimulatedDirectory directory, string name, SimulatedFile file) : IStorageFile
    {
        private readonly int _life = directory.Life;

        public long LengthBytes => Alive().LengthBytes;

        public int Read(long offset, Span<byte> destination) => Alive().Read(offset, destination);

        public void Write(long offset, ReadOnlySpan<byte> source)
        {
            Alive();
            directory.Check(StorageOperation.Write, name);
            file.Write(offset, source);
        }

        public void SetLength(long bytes) => Alive().SetLength(bytes);

        public void Sync()
        {
            Alive();
            if (directory.ShouldFail?.Invoke(StorageOperation.Sync, name) == true)
            {
                file.ForgetUnsynced();
                throw new IOException($"simulated failure of {StorageOperation.Sync} on {name}");
            }

            directory.SyncCount++;
            if (!directory.IgnoresSyncs)
            {
                file.Sync();
            }
        }

        public void Dispose()
        {
            // Nothing to give back: the simulated file lives as long as something refers to it.
        }

        private SimulatedFile Alive() => _life == directory.Life
            ? file
            : throw new IOException($"simulated: the handle of {name} is from before a crash");
    }
}

/// <summary>A file's bytes as seen, as durable, and the writes between.</summary>
internal sealed class SimulatedFile
{
    private const int SectorBytes = 512;

    private readonly List<(long Offset, byte[] Bytes)> _writes = [];
    private byte[] _seen = [];
    private byte[] _durable = [];
    private long _length;
    private long _durableLength;

    /// <summary>Bytes in the file.</summary>
    public long LengthBytes => _length;

    /// <summary>A durable file with these bytes.</summary>
    public static SimulatedFile Of(byte[] bytes) =>
        new() { _seen = bytes, _durable = [.. bytes], _length = bytes.Length, _durableLength = bytes.Length };

    /// <summary>Reads what was last written.</summary>
    public int Read(long offset, Span<byte> destination)
    {
        int count = (int)Math.Clamp(_length - offset, 0, destination.Length);
        Slice(ref _seen, offset, count).CopyTo(destination);
        return count;
    }

    /// <summary>Writes; a crash may undo it, sector by sector.</summary>
    public void Write(long offset, ReadOnlySpan<byte> source)
    {
        _length = Math.Max(_length, offset + source.Length);
        source.CopyTo(Slice(ref _seen, offset, source.Length));
        _writes.Add((offset, source.ToArray()));
    }

    /// <summary>Sets the length; a crash may undo it.</summary>
    public void SetLength(long bytes)
    {
        if (bytes < _length)
        {
            int cut = (int)Math.Min(_seen.Length, bytes);
            _seen.AsSpan(cut).Clear();
        }

        _length = bytes;
    }

    /// <summary>All becomes durable.</summary>
    public void Sync()
    {
        foreach ((long offset, byte[] bytes) in _writes)
        {
            bytes.CopyTo(Slice(ref _durable, offset, bytes.Length));
        }

        _writes.Clear();
        CutDurable(_length);
    }

    /// <summary>A failed sync: the pages count as clean, and the disk never gets them.</summary>
    public void ForgetUnsynced() => _writes.Clear();

    /// <summary>Each sector gets the first few of the writes that touched it, a number of its own.</summary>
    public void Crash(Random random)
    {
        // A quarter of all crashes keeps everything and a quarter nothing: both happen often and both find mistakes.
        int mode = random.Next(4);
        var kept = new Dictionary<long, int>();
        var touched = new Dictionary<long, int>();
        if (random.Next(2) == 0)
        {
            CutDurable(_length);
        }

        foreach ((long offset, byte[] bytes) in _writes)
        {
            for (long at = offset; at < offset + bytes.Length;)
            {
                long sector = at / SectorBytes;
                long end = Math.Min((sector + 1) * SectorBytes, offset + bytes.Length);
                int before = touched.GetValueOrDefault(sector);
                touched[sector] = before + 1;
                bool keep = mode == 0 || (mode >= 2 && random.Next(2) == 0 && kept.GetValueOrDefault(sector) == before);
                if (keep && end <= _durableLength)
                {
                    kept[sector] = before + 1;
                    bytes.AsSpan((int)(at - offset), (int)(end - at)).CopyTo(Slice(ref _durable, at, (int)(end - at)));
                }

                at = end;
            }
        }

        _writes.Clear();
        _seen = [.. _durable];
        _length = _durableLength;
    }

    /// <summary>Turns one bit over.</summary>
    public void FlipBit(long bit)
    {
        Slice(ref _seen, bit / 8, 1)[0] ^= (byte)(1 << (int)(bit % 8));
        Slice(ref _durable, bit / 8, 1)[0] ^= (byte)(1 << (int)(bit % 8));
    }

    /// <summary>A copy of what is seen.</summary>
    public byte[] Contents()
    {
        var copy = new byte[_length];
        Read(0, copy);
        return copy;
    }

    private void CutDurable(long length)
    {
        // Also what was written behind a length that was cut later.
        _durable.AsSpan((int)Math.Min(_durable.Length, length)).Clear();
        _durableLength = length;
    }

    /// <summary>Room is made only for what was written: preallocated zeros cost nothing.</summary>
    private static Span<byte> Slice(ref byte[] bytes, long offset, int count)
    {
        int needed = checked((int)(offset + count));
        if (bytes.Length < needed)
        {
            Array.Resize(ref bytes, Math.Max(needed, bytes.Length * 2));
        }

        return bytes.AsSpan((int)offset, count);
    }
}
