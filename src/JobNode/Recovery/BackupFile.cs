using JobNode.Consensus;
using JobNode.Queue;

namespace JobNode.Recovery;

/// <summary>
/// A backup: one snapshot file. Opening it restores it, so every checksum and the digest were checked.
/// </summary>
internal sealed class BackupFile
{
    private BackupFile(SnapshotMetadata metadata, JobStateMachine machine, long bytes)
    {
        Metadata = metadata;
        Machine = machine;
        Bytes = bytes;
    }

    /// <summary>Index, term and members.</summary>
    public SnapshotMetadata Metadata { get; }

    /// <summary>The state.</summary>
    public JobStateMachine Machine { get; }

    /// <summary>Length of the file.</summary>
    public long Bytes { get; }

    /// <summary>Index of the last entry contained.</summary>
    public ulong Index => Metadata.Index;

    /// <summary>Digest of the state, as text.</summary>
    public string Digest => Machine.Digest.ToString("x32");

    /// <summary>Jobs contained.</summary>
    public long Jobs => Machine.View.Counts.Held;

    /// <summary>Reads all of a backup.</summary>
    /// <exception cref="IOException">It is damaged, cut short, no backup, or not there; the message says
    /// which.</exception>
    public static BackupFile Open(string path)
    {
        string full = Path.GetFullPath(path);
        string folder = Path.GetDirectoryName(full) ?? "/";
        string name = Path.GetFileName(full);
        if (!File.Exists(full))
        {
            throw new IOException($"there is no file {full}.");
        }

        var machine = new JobStateMachine(StateLimits.Default);
        try
        {
            SnapshotMetadata metadata = OfflineState.Restore(new ReadOnlyDirectory(folder), name, machine);
            return new BackupFile(metadata, machine, new FileInfo(full).Length);
        }
        catch (SnapshotDamagedException error)
        {
            throw new IOException(
                $"{full} is no whole backup: at byte {error.Offset}: {error.Reason}. Take another copy of it, or "
                + "another backup.",
                error);
        }
    }

    /// <summary>Gives a complete file its final name, durably; a file of that name is replaced.</summary>
    /// <exception cref="IOException">It cannot be made durable.</exception>
    public static void Adopt(string temporary, string path)
    {
        string full = Path.GetFullPath(path);
        using var folder = new Consensus.Log.PhysicalStorageDirectory(Path.GetDirectoryName(full) ?? "/");
        folder.Rename(Path.GetFileName(temporary), Path.GetFileName(full));
        folder.Sync();
    }
}
