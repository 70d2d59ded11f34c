using JobNode.Consensus.Log;

namespace JobNode.Fuzz;

/// <summary>A disk that never fails: files in memory.</summary>
internal sealed class MemoryDirectory : IStorageDirectory
{
    private readonly SortedDictionary<string, MemoryFile> _files = new(StringComparer.Ordinal);

    /// <summary>What a file holds.</summary>
    public byte[] Bytes(string name) => _files[name].Bytes;

    /// <summary>Puts a file there.</summary>
    public void Put(string name, byte[] bytes) => _files[name] = new MemoryFile { Bytes = bytes };

    /// <inheritdoc/>
    public IReadOnlyList<string> List() => [.. _files.Keys];

    /// <inheritdoc/>
    public IStorageFile Create(string name, long preallocateBytes)
    {
        MemoryFile file = new() { Bytes = new byte[preallocateBytes] };
        _files.Add(name, file);
        return file;
    }

    /// <inheritdoc/>
    public IStorageFile Open(string name) => _files.TryGetValue(name, out MemoryFile? file)
        ? file
        : throw new FileNotFoundException(name);

    /// <inheritdoc/>
    public void Rename(string from, string to)
    {
        _files[to] = _files[from];
        _files.Remove(from);
    }

    /// <inheritdoc/>
    public void Delete(string name) => _files.Remove(name);

    /// <inheritdoc/>
    public void Sync()
    {
        // Memory is as durable as it gets.
    }

    private sealed class MemoryFile : IStorageFile
    {
        /// <summary>What it holds.</summary>
        public byte[] Bytes { get; set; } = [];

        /// <inheritdoc/>
        public long LengthBytes => Bytes.Length;

        /// <inheritdoc/>
        public int Read(long offset, Span<byte> destination)
        {
            int count = (int)Math.Clamp(Bytes.Length - offset, 0, destination.Length);
            Bytes.AsSpan((int)Math.Min(offset, Bytes.Length), count).CopyTo(destination);
            return count;
        }

        /// <inheritdoc/>
        public void Write(long offset, ReadOnlySpan<byte> source)
        {
            if (offset + source.Length > Bytes.Length)
            {
                SetLength(offset + source.Length);
            }

            source.CopyTo(Bytes.AsSpan((int)offset));
        }

        /// <inheritdoc/>
        public void SetLength(long bytes)
        {
            byte[] resized = new byte[bytes];
            Bytes.AsSpan(0, (int)Math.Min(Bytes.Length, bytes)).CopyTo(resized);
            Bytes = resized;
        }

        /// <inheritdoc/>
        public void Sync()
        {
            // See the directory.
        }

        /// <inheritdoc/>
        public void Dispose()
        {
            // A file can be opened again.
        }
    }
}
