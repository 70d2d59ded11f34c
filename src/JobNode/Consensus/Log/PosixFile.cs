using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace JobNode.Consensus.Log;

/// <summary>
/// The few calls of the C library that .NET does not offer: real preallocation, fdatasync, locks that die with the
/// process, and the sync of a directory. Every failure becomes a <see cref="StorageException"/>.
/// </summary>
internal static partial class PosixFile
{
    // The exact name: "libc.so" is a linker script where a compiler is installed.
    private const string CLibrary = "libc.so.6";
    private const int Interrupted = 4;
    private const int WouldBlock = 11;
    private const int NotSupported = 95;
    private const int InvalidArgument = 22;
    private const int OpenReadOnlyDirectoryCloseOnExec = 0x90000 | 0x0; // O_DIRECTORY 0x10000, O_CLOEXEC 0x80000
    private const int OpenReadWriteCreateCloseOnExec = 0x2 | 0x40 | 0x80000;
    private const int OpenReadOnlyCloseOnExec = 0x80000;
    private const int AdviceDoNotNeed = 4;
    private const int OwnerReadWrite = 0x180; // 0600
    private const int LockExclusiveNonBlocking = 2 | 4;

    /// <summary>
    /// Gives the file real blocks up to <paramref name="bytes"/>, and that length when it was shorter.
    /// </summary>
    public static void Preallocate(SafeFileHandle handle, string path, long bytes)
    {
        int error = Interrupted;
        while (error == Interrupted)
        {
            error = posix_fallocate(handle, 0, bytes);
        }

        if (error is NotSupported or InvalidArgument)
        {
            // A file system without preallocation: the length alone, blocks come with the writes.
            RandomAccess.SetLength(handle, Math.Max(bytes, RandomAccess.GetLength(handle)));
        }
        else if (error != 0)
        {
            throw StorageException.Of("preallocate", path, error);
        }
    }

    /// <summary>Makes the file's bytes durable; its times may stay behind (unlike fsync).</summary>
    public static void SyncData(SafeFileHandle handle, string path)
    {
        // Not repeated on failure, not even on EINTR: the kernel may have dropped the dirty pages (fsyncgate, 2018).
        if (fdatasync(handle) != 0)
        {
            throw StorageException.Of("sync", path, Marshal.GetLastPInvokeError());
        }
    }

    /// <summary>Opens a directory in order to sync it.</summary>
    public static SafeFileHandle OpenDirectory(string path) => Open(path, OpenReadOnlyDirectoryCloseOnExec);

    /// <summary>
    /// Opens or creates a file in order to lock it: .NET's own open would take a lock of another kind.
    /// </summary>
    public static SafeFileHandle OpenLockFile(string path) => Open(path, OpenReadWriteCreateCloseOnExec);

    /// <summary>Opens a file for reading, in order to lock it and change nothing.</summary>
    public static SafeFileHandle OpenForReading(string path) => Open(path, OpenReadOnlyCloseOnExec);

    /// <summary>Makes creations, renames and deletions in a directory durable.</summary>
    public static void SyncDirectory(SafeFileHandle directory, string path)
    {
        if (fsync(directory) != 0)
        {
            throw StorageException.Of("sync directory", path, Marshal.GetLastPInvokeError());
        }
    }

    /// <summary>Lets go of what memory has of a file, so that the next read comes from the disk; a wish, no
    /// more.</summary>
    public static void ForgetCached(SafeFileHandle handle, long bytes) =>
        _ = posix_fadvise(handle, 0, bytes, AdviceDoNotNeed);

    /// <summary>Takes the exclusive flock(2) of a file; false when another open file holds it.</summary>
    public static bool TryLock(SafeFileHandle handle, string path)
    {
        if (flock(handle, LockExclusiveNonBlocking) == 0)
        {
            return true;
        }

        int error = Marshal.GetLastPInvokeError();
        return error == WouldBlock ? false : throw StorageException.Of("lock", path, error);
    }

    private static SafeFileHandle Open(string path, int flags)
    {
        SafeFileHandle handle = open(path, flags, OwnerReadWrite);
        if (handle.IsInvalid)
        {
            int error = Marshal.GetLastPInvokeError();
            handle.Dispose();
            throw StorageException.Of("open", path, error);
        }

        return handle;
    }

    [LibraryImport(CLibrary, SetLastError = true)]
    private static partial int fdatasync(SafeFileHandle descriptor);

    [LibraryImport(CLibrary, SetLastError = true)]
    private static partial int fsync(SafeFileHandle descriptor);

    [LibraryImport(CLibrary)]
    private static partial int posix_fallocate(SafeFileHandle descriptor, long offset, long length);

    [LibraryImport(CLibrary)]
    private static partial int posix_fadvise(SafeFileHandle descriptor, long offset, long length, int advice);

    [LibraryImport(CLibrary, SetLastError = true)]
    private static partial int flock(SafeFileHandle descriptor, int operation);

    [LibraryImport(CLibrary, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle open(string path, int flags, int mode);
}
