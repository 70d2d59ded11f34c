namespace JobNode.Consensus.Log;

/// <summary>
/// A flat data directory. Two implementations: the real file system, and a simulated disk that loses or tears what was
/// not synced. Every method may throw <see cref="IOException"/>; a failed sync is fatal to its caller.
/// </summary>
internal interface IStorageDirectory
{
    /// <summary>Names of all files, sorted.</summary>
    IReadOnlyList<string> List();

    /// <summary>
    /// Creates a file (it must not exist) with room for <paramref name="preallocateBytes"/> zero bytes.
    /// </summary>
    IStorageFile Create(string name, long preallocateBytes);

    /// <summary>Opens an existing file for reading and writing.</summary>
    IStorageFile Open(string name);

    /// <summary>Renames, replacing the target. Durable only after <see cref="Sync"/>.</summary>
    void Rename(string from, string to);

    /// <summary>Deletes a file. Durable only after <see cref="Sync"/>.</summary>
    void Delete(string name);

    /// <summary>Makes creations, renames and deletions durable (fsync of the directory).</summary>
    void Sync();
}

/// <summary>One file, addressed by offset.</summary>
internal interface IStorageFile : IDisposable
{
    /// <summary>Bytes in the file.</summary>
    long LengthBytes { get; }

    /// <summary>Reads up to the span's length; fewer bytes only at the end of the file.</summary>
    int Read(long offset, Span<byte> destination);

    /// <summary>Writes all bytes; durable only after <see cref="Sync"/>.</summary>
    void Write(long offset, ReadOnlySpan<byte> source);

    /// <summary>Sets the length.</summary>
    void SetLength(long bytes);

    /// <summary>fdatasync.</summary>
    void Sync();
}
