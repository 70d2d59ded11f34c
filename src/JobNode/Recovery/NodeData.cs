using System.Globalization;
using JobNode.Commands;
using JobNode.Consensus;
using JobNode.Consensus.Log;

namespace JobNode.Recovery;

/// <summary>
/// What a node finds in its data directory when it starts: identity, snapshots and log, all of them sound; or damage,
/// and then nothing of it counts. A node with damage is another node from that moment on: its old self may have voted
/// for what is lost here, so it must never be heard again.
/// </summary>
internal sealed class NodeData : IDisposable
{
    private const string AsidePrefix = "damaged-";

    private readonly DataDirectory _directory;
    private WriteAheadLog? _log;

    private NodeData(DataDirectory directory, SnapshotStore snapshots)
    {
        _directory = directory;
        Snapshots = snapshots;
    }

    /// <summary>Who this node is; with damage a new one.</summary>
    public NodeId NodeId => _directory.NodeId;

    /// <summary>The files.</summary>
    public IStorageDirectory Storage => _directory.Storage;

    /// <summary>The snapshots; with damage none.</summary>
    public SnapshotStore Snapshots { get; private set; }

    /// <summary>What is damaged, or null.</summary>
    public DataDamagedException? Damage { get; private set; }

    /// <summary>With damage: what is known of the cluster all the same.</summary>
    public KnownCluster Known { get; private set; } = KnownCluster.Nothing;

    /// <summary>Opens or makes the directory, locks it, and reads everything.</summary>
    /// <exception cref="IOException">It cannot be used or read: the message says why and what to do.</exception>
    public static NodeData Open(string path, WriteAheadLogOptions logOptions)
    {
        DataDirectory directory = DataDirectory.OpenUnread(path);
        var data = new NodeData(directory, SnapshotStore.OpenEmpty(directory.Storage));
        try
        {
            data.Read(logOptions);
            return data;
        }
        catch (DataDamagedException damage)
        {
            try
            {
                data.Distrust(damage);
                return data;
            }
            catch
            {
                data.Dispose();
                throw;
            }
        }
        catch
        {
            data.Dispose();
            throw;
        }
    }

    /// <summary>Hands over the log as it was found; null when there was none to read yet.</summary>
    public WriteAheadLog? TakeLog()
    {
        WriteAheadLog? log = _log;
        _log = null;
        return log;
    }

    /// <summary>
    /// Moves the damaged files into a subdirectory, of which the newest is kept, and makes the new identity durable.
    /// Until <see cref="EndRebuild"/> a crash leaves a directory that is damaged still.
    /// </summary>
    /// <returns>The subdirectory.</returns>
    /// <exception cref="IOException">A file cannot be moved.</exception>
    public string SetAside(DateTimeOffset now)
    {
        Invariant.That(Damage is not null, "what is sound stays where it is");
        string aside = DamageMark.Find(Storage) is { Aside.Length: > 0 } mark
            ? mark.Aside
            : AsidePrefix + now.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        DamageMark.Write(Storage, Known, Damage!.Reason, aside);
        string path = Path.Join(_directory.FullPath, aside);
        Directory.CreateDirectory(path);
        foreach (string name in Storage.List().Where(static name =>
            name != DamageMark.Name && (name == DataFiles.NodeId || DataFiles.IsState(name))))
        {
            // What a rebuild that was cut short had made before this one bears the same names.
            string kept = Path.Join(path, name);
            File.Move(
                Path.Join(_directory.FullPath, name), File.Exists(kept) ? $"{kept}.{NodeId}" : kept, overwrite: false);
        }

        using (var kept = new PhysicalStorageDirectory(path))
        {
            kept.Sync();
        }

        Storage.Sync();
        foreach (string older in Directory.EnumerateDirectories(_directory.FullPath, AsidePrefix + "*")
            .Where(folder => folder != path).ToArray())
        {
            Directory.Delete(older, recursive: true);
        }

        DataDirectory.WriteNodeId(Storage, NodeId);
        return path;
    }

    /// <summary>The new self is a member, durably.</summary>
    /// <exception cref="IOException">The mark cannot be deleted.</exception>
    public void EndRebuild()
    {
        DamageMark.Remove(Storage);
        Damage = null;
    }

    /// <summary>A running node learned that its log has lost what it had acknowledged: the next start knows.</summary>
    /// <exception cref="IOException">It cannot be written down.</exception>
    public void NoteLoss(string reason) =>
        DamageMark.Write(Storage, KnownCluster.Of(Storage, NodeId), reason, aside: "");

    /// <inheritdoc/>
    public void Dispose()
    {
        _log?.Dispose();
        _directory.Dispose();
    }

    private void Read(WriteAheadLogOptions logOptions)
    {
        if (DamageMark.Find(Storage) is { } mark)
        {
            throw new MarkedDamagedException(mark.Reason);
        }

        _directory.ReadIdentity();
        Snapshots = SnapshotStore.Open(Storage);
        if (Snapshots.Latest is { } latest)
        {
            FeatureLevels.RequireKnown(latest.Configuration.FeatureLevel);
            _log = WriteAheadLog.Open(Storage, latest.Index, logOptions, latest.Term);
        }
        else if (Storage.List().FirstOrDefault(static name => LogFileName.TryParseLive(name, out _, out _)) is { } log)
        {
            throw new LogDamagedException(log, 0, "there is a log, but the snapshot that it follows is missing");
        }
    }

    private void Distrust(DataDamagedException damage)
    {
        Damage = damage;
        Known = DamageMark.Find(Storage) is { } mark && mark.Known != KnownCluster.Nothing
            ? mark.Known
            : KnownCluster.Of(Storage, FindFormerSelf());
        Snapshots = SnapshotStore.OpenEmpty(Storage);
        _directory.BecomeNew();
    }

    private NodeId? FindFormerSelf()
    {
        try
        {
            return DataDirectory.FindNodeId(Storage);
        }
        catch (DataDamagedException)
        {
            return null;
        }
    }
}
