using Microsoft.Win32.SafeHandles;

namespace JobNode.Consensus.Log;

/// <summary>A file of the data directory, read and written by offset (pread, pwrite).</summary>
internal sealed class PhysicalStorageFile(SafeFileHandle handle, string path) : IStorageFile
{
    /// <inheritdoc/>
    public long LengthBytes => RandomAccess.GetLength(handle);

    /// <inheritdoc/>
    public int Read(long offset, Span<byte> destination)
    {
        int total = 0;
        try
        {
            while (total < destination.Length)
            {
                int read = RandomAccess.Read(handle, destination[total..], offset + total);
                if (read == 0)
                {
                    break;
                }

                total += read;
            }
        }
        catch (IOException error)
        {
            throw StorageException.Of("read", path, error);
        }

        return total;
    }

    /// <inheritdoc/>
    public void Write(long offset, ReadOnlySpan<byte> source)
    {
        try
        {
            RandomAccess.Write(handle, source, offset);
        }
        catch (IOException error)
        {
            throw StorageException.Of("write", path, error);
        }
    }

    /// <inheritdoc/>
    public void SetLength(long bytes)
    {
        try
        {
            if (bytes < LengthBytes)
            {
                RandomAccess.SetLength(handle, bytes);
            }
            else if (bytes > 0)
            {
                PosixFile.Preallocate(handle, path, bytes);
            }
        }
        catch (IOException error) when (error is not StorageException)
        {
            throw StorageException.Of("resize", path, error);
        }
    }

    /// <inheritdoc/>
    public void Sync() => PosixFile.SyncData(handle, path);

    /// <inheritdoc/>
    public void Dispose() => handle.Dispose();
}
