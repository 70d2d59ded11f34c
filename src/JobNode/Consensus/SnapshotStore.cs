using System.Globalization;
using JobNode.Commands;
using JobNode.Consensus.Log;

namespace JobNode.Consensus;

/// <summary>
/// The snapshots of one data directory: the latest, and older ones until they are deleted. Thread-safe: a snapshot is
/// written beside the running node. A deleted file stays readable for those who have it open.
/// </summary>
internal sealed class SnapshotStore
{
    private const string Suffix = ".snapshot";
    private const string TemporarySuffix = ".snapshot.tmp";
    private const int IndexDigits = 20;

    private readonly IStorageDirectory _directory;
    private readonly Lock _lock = new();
    private readonly SortedSet<ulong> _indexes = [];
    private volatile SnapshotMetadata? _latest;
    private long _latestBytes;
    private long _temporaries;

    private SnapshotStore(IStorageDirectory directory) => _directory = directory;

    /// <summary>The latest durable snapshot, or null.</summary>
    public SnapshotMetadata? Latest => _latest;

    /// <summary>Bytes of the latest snapshot's file; 0 for none.</summary>
    public long LatestBytes => Interlocked.Read(ref _latestBytes);

    /// <summary>
    /// Opens the snapshots of a data directory, verifies the latest and removes what a crash left half done.
    /// </summary>
    /// <exception cref="SnapshotDamagedException">The latest is damaged. An older one is never taken in its place: the
    /// log between the two is gone.</exception>
    public static SnapshotStore Open(IStorageDirectory directory)
    {
        var store = new SnapshotStore(directory);
        foreach (string name in directory.List())
        {
            if (name.EndsWith(TemporarySuffix, StringComparison.Ordinal))
            {
                directory.Delete(name);
            }
            else if (TryParseName(name, out ulong index))
            {
                store._indexes.Add(index);
            }
        }

        if (store._indexes.Count > 0)
        {
            string name = NameOf(store._indexes.Max);
            SnapshotMetadata metadata = SnapshotFileReader.Verify(directory, name);
            store._latest = metadata.Index == store._indexes.Max
                ? metadata
                : throw new SnapshotDamagedException(name, 0, $"it holds the snapshot at entry {metadata.Index}");
            store._latestBytes = store.LengthOf(name);
        }

        return store;
    }

    /// <summary>For a directory whose snapshots do not count: none is read, and none is there.</summary>
    public static SnapshotStore OpenEmpty(IStorageDirectory directory) => new(directory);

    /// <summary>
    /// Writes a snapshot durably; any thread. It becomes the latest unless a newer one was installed meanwhile. A null
    /// state is an empty body, as at bootstrap.
    /// </summary>
    /// <exception cref="IOException">It cannot be written; nothing changed.</exception>
    public SnapshotMetadata Save(ulong index, ulong term, ClusterConfiguration configuration, IFrozenState? state)
    {
        Invariant.That(state is null || state.AppliedIndex == index, "a snapshot's index is that of its state");
        var metadata = new SnapshotMetadata(index, term, configuration);
        string temporary = NextTemporary("save");
        ulong previous = _latest?.Index ?? 0;
        try
        {
            using (IStorageFile file = _directory.Create(temporary, 0))
            {
                using var writer = new SnapshotFileWriter(file, metadata);
                state?.Write(writer);
                writer.Finish();
            }

            Adopt(temporary, metadata);
        }
        catch
        {
            Discard(temporary);
            throw;
        }

        DeleteOlderThan(previous);
        return metadata;
    }

    /// <summary>The state as <see cref="IFrozenState.Write"/> wrote it; every block is checked while reading.</summary>
    /// <exception cref="FileNotFoundException">There is no such snapshot (any more).</exception>
    /// <exception cref="SnapshotDamagedException">Thrown by reading, too.</exception>
    public Stream OpenBody(ulong index) => new SnapshotFileReader(_directory, NameOf(index));

    /// <summary>The file's raw bytes, for transfer.</summary>
    /// <exception cref="FileNotFoundException">There is no such snapshot (any more).</exception>
    public Stream OpenFile(ulong index) => new StorageFileStream(_directory.Open(NameOf(index)));

    /// <summary>Starts to receive a file.</summary>
    /// <exception cref="IOException">There is no room for it.</exception>
    public IncomingSnapshot BeginReceive() => new(_directory, NextTemporary("receive"));

    /// <summary>
    /// A file that <see cref="IncomingSnapshot.Complete"/> verified becomes the latest snapshot, durably: quick,
    /// however large it is. Its blocks are checked once more when it is read.
    /// </summary>
    /// <exception cref="SnapshotDamagedException">Its head was damaged since.</exception>
    /// <exception cref="StorageException"><see cref="StorageException.CanRetry"/>: nothing changed.</exception>
    public void Install(string fileName)
    {
        Invariant.That(fileName.EndsWith(TemporarySuffix, StringComparison.Ordinal), "what is installed was received");
        using var head = new SnapshotFileReader(_directory, fileName);
        Adopt(fileName, head.Metadata);
    }

    /// <summary>A file that nobody wants is deleted; the next start does it when that is not possible now.</summary>
    public void Discard(string fileName)
    {
        Invariant.That(fileName.EndsWith(TemporarySuffix, StringComparison.Ordinal), "what is discarded was received");
        TryDelete(fileName);
    }

    /// <summary>
    /// Deletes snapshots below <paramref name="index"/>, never the latest. Open readers go on. What cannot be deleted
    /// now is tried again by the next call.
    /// </summary>
    public void DeleteOlderThan(ulong index)
    {
        ulong[] old;
        lock (_lock)
        {
            old = [.. _indexes.Where(saved => saved < index && saved != _latest?.Index)];
        }

        foreach (ulong gone in old)
        {
            // Outside the lock: freeing a large file's blocks can take long.
            if (TryDelete(NameOf(gone)))
            {
                lock (_lock)
                {
                    _indexes.Remove(gone);
                }
            }
        }
    }

    /// <summary>A complete, synced file gets its name.</summary>
    private void Adopt(string temporary, SnapshotMetadata metadata)
    {
        long bytes = LengthOf(temporary);
        lock (_lock)
        {
            ulong latest = _latest?.Index ?? 0;
            if (metadata.Index >= latest)
            {
                _directory.Rename(temporary, NameOf(metadata.Index));
                _indexes.Add(metadata.Index);
                _directory.Sync();
                _latest = metadata;
                _latestBytes = bytes;
                return;
            }
        }

        Discard(temporary);
    }

    private bool TryDelete(string name)
    {
        try
        {
            _directory.Delete(name);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private long LengthOf(string name)
    {
        using IStorageFile file = _directory.Open(name);
        return file.LengthBytes;
    }

    /// <summary>The file of the snapshot at an index.</summary>
    internal static string NameOf(ulong index) => string.Create(CultureInfo.InvariantCulture, $"{index:D20}{Suffix}");

    /// <summary>True for the name of a snapshot.</summary>
    internal static bool TryParseName(string name, out ulong index)
    {
        index = 0;
        return name.Length == IndexDigits + Suffix.Length
            && name.EndsWith(Suffix, StringComparison.Ordinal)
            && ulong.TryParse(name.AsSpan(0, IndexDigits), NumberStyles.None, CultureInfo.InvariantCulture, out index);
    }

    private string NextTemporary(string purpose) =>
        $"{purpose}-{Interlocked.Increment(ref _temporaries)}{TemporarySuffix}";
}
