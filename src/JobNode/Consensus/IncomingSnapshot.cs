using JobNode.Commands;
using JobNode.Consensus.Log;

namespace JobNode.Consensus;

/// <summary>
/// A snapshot file that arrives in pieces. It counts for nothing until <see cref="Complete"/> verified it.
/// </summary>
internal sealed class IncomingSnapshot : IDisposable
{
    private readonly IStorageDirectory _directory;
    private readonly string _name;
    private readonly IStorageFile _file;
    private bool _completed;
    private bool _disposed;

    /// <summary>Creates the file under a temporary name.</summary>
    public IncomingSnapshot(IStorageDirectory directory, string name)
    {
        _directory = directory;
        _name = name;
        _file = directory.Create(name, 0);
    }

    /// <summary>Bytes received so far.</summary>
    public long ReceivedBytes { get; private set; }

    /// <summary>Takes the next bytes of the file.</summary>
    /// <exception cref="IOException">They cannot be written.</exception>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        Invariant.That(!_completed && !_disposed, "bytes come before the end");
        _file.Write(ReceivedBytes, bytes);
        ReceivedBytes += bytes.Length;
    }

    /// <summary>
    /// Verifies the whole file and makes its bytes durable. It stays under a temporary name, which the next start
    /// deletes, until <see cref="SnapshotStore.Install"/>.
    /// </summary>
    /// <exception cref="SnapshotDamagedException">The bytes are not those of a whole snapshot.</exception>
    public (SnapshotMetadata Metadata, string FileName) Complete()
    {
        Invariant.That(!_completed && !_disposed, "a transfer ends once");
        _file.Sync();
        SnapshotMetadata metadata = SnapshotFileReader.Verify(_directory, _name);
        _completed = true;
        return (metadata, _name);
    }

    /// <summary>Closes the file, and deletes it unless <see cref="Complete"/> succeeded.</summary>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        _file.Dispose();
        if (!_completed)
        {
            try
            {
                _directory.Delete(_name);
            }
            catch (IOException)
            {
                // The next start deletes what is temporary.
            }
        }
    }
}
