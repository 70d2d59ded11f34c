using JobNode.Consensus.Log;

namespace JobNode.Recovery;

/// <summary>
/// A data directory that nothing can be changed in: for looking at what may be evidence. Files are opened for reading
/// only, so that a disk mounted read-only will do.
/// </summary>
internal sealed class ReadOnlyDirectory(string path) : IStorageDirectory
{
    private readonly string _path = Path.GetFullPath(path);

    /// <inheritdoc/>
    public IReadOnlyList<string> List()
    {
        try
        {
            return [.. Directory.EnumerateFiles(_path).Select(Path.GetFileName).Order(StringComparer.Ordinal)!];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw StorageException.Of("list", _path, error);
        }
    }

    /// <inheritdoc/>
    public IStorageFile Open(string name)
    {
        string file = Path.Join(_path, name);
        return new ReadOnlyFile(new PhysicalStorageFile(PosixFile.OpenForReading(file), file));
    }

    /// <inheritdoc/>
    public IStorageFile Create(string name, long preallocateBytes) => throw ReadOnly();

    /// <inheritdoc/>
    public void Rename(string from, string to) => throw ReadOnly();

    /// <inheritdoc/>
    public void Delete(string name) => throw ReadOnly();

    /// <inheritdoc/>
    public void Sync() => throw ReadOnly();

    private static InvalidOperationException ReadOnly() => new("this directory is looked at, not changed");

    private sealed class ReadOnlyFile(PhysicalStorageFile file) : IStorageFile
    {
        public long LengthBytes => file.LengthBytes;

        public int Read(long offset, Span<byte> destination) => file.Read(offset, destination);

        public void Write(long offset, ReadOnlySpan<byte> source) => throw ReadOnly();

        public void SetLength(long bytes) => throw ReadOnly();

        public void Sync() => throw ReadOnly();

        public void Dispose() => file.Dispose();
    }
}
