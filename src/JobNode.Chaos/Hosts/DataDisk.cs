using System.Globalization;

namespace JobNode.Chaos.Hosts;

/// <summary>A host's own small file system in memory, with the node's data directory on it.</summary>
internal sealed class DataDisk : IDisposable
{
    private const int PageBytes = 4096;

    private readonly string _ballast;

    /// <summary>Mounts it.</summary>
    public DataDisk(string mountPoint, int mebibytes)
    {
        MountPoint = mountPoint;
        _ballast = Path.Join(mountPoint, "ballast");
        Directory.CreateDirectory(mountPoint);
        string options = string.Create(CultureInfo.InvariantCulture, $"size={mebibytes}m,mode=0700");
        Tool.Run("mount", "-t", "tmpfs", "-o", options, "tmpfs", mountPoint);
    }

    /// <summary>Where it is mounted.</summary>
    public string MountPoint { get; }

    /// <summary>What the node is given.</summary>
    public string DataDirectory => Path.Join(MountPoint, "data");

    /// <summary>Leaves only so many bytes.</summary>
    public void Fill(long freeBytes)
    {
        long size = new DriveInfo(MountPoint).AvailableFreeSpace - freeBytes;
        if (size <= 0)
        {
            return;
        }

        using FileStream ballast = new(_ballast, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        byte[] block = new byte[1 << 20];
        try
        {
            for (long written = 0; written < size; written += block.Length)
            {
                ballast.Write(block);
            }

            ballast.Flush();
        }
        catch (IOException)
        {
            // The node took the rest meanwhile: it is full, as wanted.
        }
    }

    /// <summary>Gives the space back.</summary>
    public void Empty() => File.Delete(_ballast);

    /// <summary>An empty disk, as after a replacement; the node must not run.</summary>
    public void Wipe()
    {
        if (Directory.Exists(DataDirectory))
        {
            Directory.Delete(DataDirectory, recursive: true);
        }
    }

    /// <summary>Files of the data directory whose names end so, by name.</summary>
    public IReadOnlyList<string> Files(string ending) => Directory.Exists(DataDirectory)
        ? [.. Directory.GetFiles(DataDirectory, "*" + ending).OrderBy(path => path, StringComparer.Ordinal)]
        : [];

    /// <summary>Bytes up to the last that is not zero: where the records of a preallocated file end.</summary>
    public static long UsedBytes(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        return bytes.AsSpan().LastIndexOfAnyExcept((byte)0) + 1;
    }

    /// <summary>
    /// A power cut: of what no sync has covered, each page is lost or not, as the dice fall. Directory changes are
    /// taken to be on disk in their order. Gives how many pages were lost.
    /// </summary>
    public int LoseUnsynced(FaultShim shim, Random random)
    {
        Dictionary<ulong, string> paths = Inodes();
        int lost = 0;
        foreach (UnsyncedWrite write in shim.UnsyncedWrites().Reverse())
        {
            if (!paths.TryGetValue(write.Inode, out string? path))
            {
                continue;
            }

            using FileStream file = new(path, FileMode.Open, FileAccess.Write, FileShare.None, bufferSize: 0);
            for (long at = 0; at < write.Length; at += PageBytes)
            {
                if (random.Next(2) == 0)
                {
                    continue;
                }

                lost++;
                int length = (int)Math.Min(PageBytes, write.Length - at);
                byte[] before = new byte[length];
                if (at < write.Before.Length)
                {
                    int known = (int)Math.Min(length, write.Before.Length - at);
                    write.Before.AsSpan((int)at, known).CopyTo(before);
                }

                file.Position = write.Offset + at;
                file.Write(before);
            }
        }

        shim.ForgetUnsyncedWrites();
        return lost;
    }

    /// <inheritdoc/>
    public void Dispose() => Tool.Run("umount", "--lazy", MountPoint);

    private Dictionary<ulong, string> Inodes()
    {
        Dictionary<ulong, string> paths = [];
        foreach (string path in Directory.EnumerateFiles(MountPoint, "*", SearchOption.AllDirectories))
        {
            paths[Posix.InodeOf(path)] = path;
        }

        return paths;
    }
}
