using JobNode.Commands;
using JobNode.Consensus.Log;

namespace JobNode.Consensus;

/// <summary>A file that goes into a stream as it is written, from its first byte to its last: a snapshot on its way to
/// somebody who asked for one.</summary>
internal sealed class ForwardFile(Stream destination) : IStorageFile
{
    /// <inheritdoc/>
    public long LengthBytes { get; private set; }

    /// <inheritdoc/>
    public int Read(long offset, Span<byte> destination) => throw new NotSupportedException("it is gone already");

    /// <inheritdoc/>
    public void Write(long offset, ReadOnlySpan<byte> source)
    {
        Invariant.That(offset == LengthBytes, "what goes into a stream is written forward, without gaps");
        destination.Write(source);
        LengthBytes += source.Length;
    }

    /// <inheritdoc/>
    public void SetLength(long bytes) => throw new NotSupportedException("a stream has no length");

    /// <summary>Durability is the receiver's business.</summary>
    public void Sync()
    {
        // The receiver checks every byte, and syncs its own file.
    }

    /// <summary>The stream stays its owner's.</summary>
    public void Dispose()
    {
        // Nothing is held.
    }
}
