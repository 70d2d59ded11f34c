using Microsoft.Win32.SafeHandles;

namespace JobNode.Consensus.Log;

/// <summary>The data directory on the real file system. Thread-safe: snapshots are written beside the log.</summary>
internal sealed class PhysicalStorageDirectory : IStorageDirectory, IDisposable
{
    private readonly string _path;
    private readonly SafeFileHandle _handle;

    /// <summary>Opens an existing directory.</summary>
    /// <exception cref="StorageException">It cannot be opened.</exception>
    public PhysicalStorageDirectory(string path)
    {
        _path = Path.GetFullPath(path);
        _handle = PosixFile.OpenDirectory(_path);
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> List()
    {
        var names = new List<string>();
        foreach (string file in Directory.EnumerateFiles(_path))
        {
            names.Add(Path.GetFileName(file));
        }

        names.Sort(StringComparer.Ordinal);
        return names;
    }

    /// <inheritdoc/>
    public IStorageFile Create(string name, long preallocateBytes)
    {
        string path = PathOf(name);
        SafeFileHandle handle = OpenHandle("create", path, FileMode.CreateNew);
        try
        {
            if (preallocateBytes > 0)
            {
                PosixFile.Preallocate(handle, path, preallocateBytes);
            }
        }
        catch
        {
            handle.Dispose();
            File.Delete(path);
            throw;
        }

        return new PhysicalStorageFile(handle, path);
    }

    /// <inheritdoc/>
    public IStorageFile Open(string name)
    {
        string path = PathOf(name);
        return new PhysicalStorageFile(OpenHandle("open", path, FileMode.Open), path);
    }

    /// <inheritdoc/>
    public void Rename(string from, string to)
    {
        try
        {
            File.Move(PathOf(from), PathOf(to), overwrite: true);
        }
        catch (IOException error)
        {
            throw StorageException.Of("rename to " + to, PathOf(from), error);
        }
    }

    /// <inheritdoc/>
    public void Delete(string name)
    {
        try
        {
            File.Delete(PathOf(name));
        }
        catch (IOException error)
        {
            throw StorageException.Of("delete", PathOf(name), error);
        }
    }

    /// <inheritdoc/>
    public void Sync() => PosixFile.SyncDirectory(_handle, _path);

    /// <summary>Closes the directory; open files stay open.</summary>
    public void Dispose() => _handle.Dispose();

    private static SafeFileHandle OpenHandle(string operation, string path, FileMode mode)
    {
        try
        {
            // Sharing everything: .NET would otherwise take an flock for each file; the directory has one of its own.
            return File.OpenHandle(path, mode, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (FileNotFoundException)
        {
            throw;
        }
        catch (IOException error)
        {
            throw StorageException.Of(operation, path, error);
        }
        catch (UnauthorizedAccessException error)
        {
            throw StorageException.Of(operation, path, error);
        }
    }

    private string PathOf(string name)
    {
        Commands.Invariant.That(Path.GetFileName(name) == name && name.Length > 0, "a data directory is flat");
        return Path.Join(_path, name);
    }
}
