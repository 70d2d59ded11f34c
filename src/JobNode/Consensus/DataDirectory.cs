using System.Globalization;
using System.Text;
using JobNode.Commands;
using JobNode.Consensus.Log;
using Microsoft.Win32.SafeHandles;

namespace JobNode.Consensus;

/// <summary>
/// A node's directory: who it is, and the lock that keeps a second process out. Everything else in it belongs to the
/// log and to the snapshots.
/// </summary>
internal sealed class DataDirectory : IDisposable
{
    private const string LockName = "lock";
    private const string NodeIdName = "node-id";
    private const string NodeIdTemporaryName = "node-id.tmp";

    /// <summary>Files of this name say that <c>jobnode recover</c> was cut short while it exchanged files.</summary>
    internal const string RecoveryMarkPrefix = "recovery-";

    private const int NodeIdDigits = 16;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly SafeFileHandle _lock;
    private readonly PhysicalStorageDirectory _storage;

    private DataDirectory(SafeFileHandle lockHandle, PhysicalStorageDirectory storage, string path)
    {
        _lock = lockHandle;
        _storage = storage;
        FullPath = path;
    }

    /// <summary>This node's identity, made once per directory; none until it was read.</summary>
    public NodeId NodeId { get; private set; }

    /// <summary>Where it is.</summary>
    public string FullPath { get; }

    /// <summary>The files.</summary>
    public IStorageDirectory Storage => _storage;

    /// <summary>Creates or opens the directory, locks it, and reads or makes the identity.</summary>
    /// <exception cref="DataDamagedException">The identity is damaged, or gone though there is a log.</exception>
    /// <exception cref="IOException">It cannot be used: the message says why and what to do.</exception>
    public static DataDirectory Open(string path)
    {
        DataDirectory directory = OpenUnread(path);
        try
        {
            directory.ReadIdentity();
            return directory;
        }
        catch
        {
            directory.Dispose();
            throw;
        }
    }

    /// <summary>Creates or opens the directory (0700) and locks it until the process ends.</summary>
    /// <exception cref="IOException">It cannot be used: the message says why and what to do.</exception>
    public static DataDirectory OpenUnread(string path)
    {
        string full = Path.GetFullPath(path);
        CreateDurably(full);
        SafeFileHandle lockHandle = Lock(full);
        try
        {
            return new DataDirectory(lockHandle, new PhysicalStorageDirectory(full), full);
        }
        catch
        {
            lockHandle.Dispose();
            throw;
        }
    }

    /// <summary>Reads the identity, or makes it when the directory is new.</summary>
    /// <exception cref="DataDamagedException">The identity is damaged, or gone though there is a log.</exception>
    /// <exception cref="IOException">It cannot be used: the message says why and what to do.</exception>
    public void ReadIdentity() => NodeId = ReadOrMakeNodeId(_storage, FullPath);

    /// <summary>From here on another node: who it was must never come back. Durable once it is written.</summary>
    public void BecomeNew() => NodeId = NodeId.Create();

    /// <summary>The identity in a directory; made durable first when the directory is new.</summary>
    /// <exception cref="DataDamagedException">The identity is damaged, or gone though there is a log.</exception>
    /// <exception cref="IOException">A recovery was cut short.</exception>
    internal static NodeId ReadOrMakeNodeId(IStorageDirectory storage, string path)
    {
        IReadOnlyList<string> names = storage.List();
        if (names.Any(static name => name.StartsWith(RecoveryMarkPrefix, StringComparison.Ordinal)))
        {
            throw new IOException($"'jobnode recover' was cut short in {path}: its files are half exchanged. "
                + $"Run 'jobnode recover --data-dir {path} --yes' again; it goes on where it stopped.");
        }

        if (names.Contains(NodeIdName))
        {
            return ReadNodeId(storage);
        }

        if (names.Any(name => LogFileName.TryParseLive(name, out _, out _) || SnapshotStore.TryParseName(name, out _)))
        {
            throw new IdentityDamagedException(NodeIdName, $"there is no {NodeIdName} file beside the log");
        }

        NodeId made = NodeId.Create();
        WriteNodeId(storage, made);
        return made;
    }

    /// <summary>Gives a directory that has none its identity, durably.</summary>
    internal static void WriteNodeId(IStorageDirectory storage, NodeId made)
    {
        if (storage.List().Contains(NodeIdTemporaryName))
        {
            storage.Delete(NodeIdTemporaryName);
        }

        using (IStorageFile file = storage.Create(NodeIdTemporaryName, 0))
        {
            file.Write(0, Encoding.ASCII.GetBytes(Text(made)));
            file.Sync();
        }

        storage.Rename(NodeIdTemporaryName, NodeIdName);
        storage.Sync();
    }

    /// <summary>
    /// Keeps nodes out of an existing directory without changing anything in it; null when it has no lock file,
    /// because no node ever ran there.
    /// </summary>
    /// <exception cref="IOException">A running node has it.</exception>
    internal static IDisposable? LockUnchanged(string path)
    {
        string file = Path.Join(Path.GetFullPath(path), LockName);
        if (!File.Exists(file))
        {
            return null;
        }

        SafeFileHandle handle = PosixFile.OpenForReading(file);
        return LockOrExplain(handle, path, file);
    }

    /// <summary>Creates the directory when it is missing and locks it, without giving it an identity.</summary>
    /// <exception cref="IOException">It cannot be used, or a running node has it.</exception>
    internal static IDisposable LockFor(string path)
    {
        string full = Path.GetFullPath(path);
        CreateDurably(full);
        return Lock(full);
    }

    /// <summary>The identity in a directory, or null when it has none.</summary>
    /// <exception cref="DataDamagedException">The identity is damaged.</exception>
    internal static NodeId? FindNodeId(IStorageDirectory storage) =>
        storage.List().Contains(NodeIdName) ? ReadNodeId(storage) : null;

    /// <summary>Gives the lock back.</summary>
    public void Dispose()
    {
        _storage.Dispose();
        _lock.Dispose();
    }

    private static NodeId ReadNodeId(IStorageDirectory storage)
    {
        using IStorageFile file = storage.Open(NodeIdName);
        Span<byte> bytes = stackalloc byte[64];
        string text = Encoding.Latin1.GetString(bytes[..file.Read(0, bytes)]);
        if (text.Length < NodeIdDigits
            || !NodeId.TryParse(text.AsSpan(0, NodeIdDigits), out NodeId id)
            || Text(id) != text)
        {
            throw new IdentityDamagedException(NodeIdName, "its checksum does not fit");
        }

        return id;
    }

    /// <summary>Sixteen hex digits, a space, the CRC-32C of those digits, a line end.</summary>
    private static string Text(NodeId id)
    {
        string digits = id.ToString();
        uint checksum = Crc32C.Compute(Encoding.ASCII.GetBytes(digits));
        return string.Create(CultureInfo.InvariantCulture, $"{digits} {checksum:x8}\n");
    }

    private static void CreateDurably(string full)
    {
        if (OperatingSystem.IsWindows())
        {
            throw new PlatformNotSupportedException(
                "The data directory needs Linux: flock, fdatasync, rename over a file.");
        }

        if (Directory.Exists(full))
        {
            return;
        }

        try
        {
            Directory.CreateDirectory(full, OwnerOnly);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw StorageException.Of("create the data directory", full, error);
        }

        if (Path.GetDirectoryName(full) is { } parent)
        {
            using SafeFileHandle handle = PosixFile.OpenDirectory(parent);
            PosixFile.SyncDirectory(handle, parent);
        }
    }

    private static SafeFileHandle Lock(string full)
    {
        string path = Path.Join(full, LockName);
        SafeFileHandle handle = LockOrExplain(PosixFile.OpenLockFile(path), full, path);
        try
        {
            NoteHolder(handle);
            return handle;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    private static SafeFileHandle LockOrExplain(SafeFileHandle handle, string directory, string path)
    {
        try
        {
            Span<byte> holder = stackalloc byte[16];
            if (PosixFile.TryLock(handle, path))
            {
                return handle;
            }

            string other = Encoding.ASCII.GetString(holder[..RandomAccess.Read(handle, holder, 0)]).Trim();
            throw new IOException($"{directory} is in use by another jobnode process"
                + (other.Length > 0 ? $" (pid {other})" : "") + ". Stop it, or choose another --data-dir.");
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>
    /// For the message that a second process prints; a full disk need not keep this one from starting.
    /// </summary>
    private static void NoteHolder(SafeFileHandle handle)
    {
        string self = Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n";
        try
        {
            RandomAccess.SetLength(handle, 0);
            RandomAccess.Write(handle, Encoding.ASCII.GetBytes(self), 0);
        }
        catch (IOException)
        {
            // The lock holds without it.
        }
    }
}

/// <summary>Whose votes the log holds is not known.</summary>
/// <param name="fileName">The file in the data directory.</param>
/// <param name="reason">What is wrong with it, as a clause.</param>
internal sealed class IdentityDamagedException(string fileName, string reason) : DataDamagedException(
    "The identity of this node is damaged",
    fileName,
    0,
    reason,
    "Whose votes these are is not known, so this node must not vote with them.");
