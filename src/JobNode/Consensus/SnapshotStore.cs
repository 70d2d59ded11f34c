using System.Globalization;
using JobNode.Commands;
using JobNode.Consensus.Log;

namespace JobNode.Consensus;

/// <summary>
/// The snapshots of one data directory: the latest, and the one before it for transfers that have begun. Thread-safe: a
/// snapshot is written beside the running node. A deleted file stays readable for those who have it open.
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
    private long _temporaries;

    private SnapshotStore(IStorageDirectory directory) => _directory = directory;

    /// <summary>The latest durable snapshot, or null.</summary>
    public SnapshotMetadata? Latest => _latest;

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
        }

        return store;
    }

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
        try
        {
            using IStorageFile file = _directory.Create(temporary, 0);
            using var writer = new SnapshotFileWriter(file, metadata);
            state?.Write(writer);
            writer.Finish();
        }
        catch
        {
            _directory.Delete(temporary);
            throw;
        }

        Adopt(temporary, metadata);
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
    public IncomingSnapshot BeginReceive() => new(_directory, NextTemporary("receive"));

    /// <summary>A received and verified file becomes the latest snapshot, durably.</summary>
    /// <exception cref="SnapshotDamagedException">It was damaged since it was received.</exception>
    public void Install(string fileName)
    {
        Invariant.That(fileName.EndsWith(TemporarySuffix, StringComparison.Ordinal), "what is installed was received");
        Adopt(fileName, SnapshotFileReader.Verify(_directory, fileName));
    }

    /// <summary>A received file that nobody wants is deleted; the next start would do it otherwise.</summary>
    /// <exception cref="IOException">It cannot be deleted.</exception>
    public void Discard(string fileName)
    {
        Invariant.That(fileName.EndsWith(TemporarySuffix, StringComparison.Ordinal), "what is discarded was received");
        _directory.Delete(fileName);
    }

    /// <summary>Deletes snapshots below <paramref name="index"/>, never the latest. Open readers go on.</summary>
    public void DeleteOlderThan(ulong index)
    {
        lock (_lock)
        {
            foreach (ulong old in _indexes.Where(saved => saved < index && saved != _latest?.Index).ToArray())
            {
                _directory.Delete(NameOf(old));
                _indexes.Remove(old);
            }
        }
    }

    /// <summary>A complete, synced file gets its name. Keeps the latest and the one before it.</summary>
    private void Adopt(string temporary, SnapshotMetadata metadata)
    {
        lock (_lock)
        {
            ulong latest = _latest?.Index ?? 0;
            if (metadata.Index < latest)
            {
                _directory.Delete(temporary);
                return;
            }

            _directory.Rename(temporary, NameOf(metadata.Index));
            _directory.Sync();
            _indexes.Add(metadata.Index);
            _latest = metadata;
            Invariant.That(_indexes.Max == metadata.Index, "the latest snapshot is the newest");
            DeleteOlderThan(latest);
        }
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
