using JobNode.Consensus.Log;
using Microsoft.Win32.SafeHandles;

namespace JobNode.Consensus;

/// <summary>
/// The files of a data directory, read slowly and from the disk: what memory holds of them says nothing about the disk.
/// </summary>
/// <param name="path">The data directory.</param>
/// <param name="bytesPerSecond">At most so fast.</param>
/// <param name="cancellation">Ends the reading, by an <see cref="OperationCanceledException"/>.</param>
internal sealed class ScrubbedDirectory(string path, long bytesPerSecond, CancellationToken cancellation)
    : IStorageDirectory
{
    private const long PageBytes = 4096;

    /// <inheritdoc/>
    public IReadOnlyList<string> List() => throw ReadOnly();

    /// <inheritdoc/>
    public IStorageFile Open(string name)
    {
        string file = Path.Join(path, name);
        if (!File.Exists(file))
        {
            throw new FileNotFoundException("it is gone", file);
        }

        SafeFileHandle handle = PosixFile.OpenForReading(file);
        var opened = new PhysicalStorageFile(handle, file);
        PosixFile.ForgetCached(handle, opened.LengthBytes & -PageBytes);
        return new SlowFile(opened, bytesPerSecond, cancellation);
    }

    /// <inheritdoc/>
    public IStorageFile Create(string name, long preallocateBytes) => throw ReadOnly();

    /// <inheritdoc/>
    public void Rename(string from, string to) => throw ReadOnly();

    /// <inheritdoc/>
    public void Delete(string name) => throw ReadOnly();

    /// <inheritdoc/>
    public void Sync() => throw ReadOnly();

    private static NotSupportedException ReadOnly() => new("this directory is looked at, not changed");

    private sealed class SlowFile(PhysicalStorageFile file, long bytesPerSecond, CancellationToken cancellation)
        : IStorageFile
    {
        public long LengthBytes => file.LengthBytes;

        public int Read(long offset, Span<byte> destination)
        {
            cancellation.ThrowIfCancellationRequested();
            int read = file.Read(offset, destination);
            cancellation.WaitHandle.WaitOne((int)(read * 1000L / bytesPerSecond));
            return read;
        }

        public void Write(long offset, ReadOnlySpan<byte> source) => throw ReadOnly();

        public void SetLength(long bytes) => throw ReadOnly();

        public void Sync() => throw ReadOnly();

        public void Dispose() => file.Dispose();
    }
}
