using System.Buffers.Binary;
using JobNode.Commands;

namespace JobNode.Transport;

/// <summary>
/// Frames over a stream: four bytes of length (little-endian), then that many bytes. One reader and one writer at a
/// time.
/// </summary>
internal sealed class FrameStream(Stream input, Stream output)
{
    private readonly byte[] _readHeader = new byte[sizeof(int)];
    private readonly byte[] _writeHeader = new byte[sizeof(int)];

    /// <summary>Reads one frame; null at a clean end of the stream.</summary>
    /// <exception cref="InvalidDataException">The length is negative or above <see
    /// cref="Limits.FrameBytesMax"/>.</exception>
    /// <exception cref="EndOfStreamException">The stream ended inside a frame.</exception>
    public async ValueTask<byte[]?> ReadAsync(CancellationToken cancellation)
    {
        int got =
            await input.ReadAtLeastAsync(_readHeader, _readHeader.Length, throwOnEndOfStream: false, cancellation);
        if (got == 0)
        {
            return null;
        }

        if (got < _readHeader.Length)
        {
            throw new EndOfStreamException("the stream ended inside a frame's header");
        }

        int length = BinaryPrimitives.ReadInt32LittleEndian(_readHeader);
        if (length is < 0 or > Limits.FrameBytesMax)
        {
            throw new InvalidDataException($"a frame of {length} bytes is not within 0 to {Limits.FrameBytesMax}");
        }

        byte[] frame = new byte[length];
        await input.ReadExactlyAsync(frame, cancellation);
        return frame;
    }

    /// <summary>Writes one frame without flushing, so that several can share a packet.</summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellation)
    {
        Invariant.That(frame.Length <= Limits.FrameBytesMax, "a frame fits its limit");
        BinaryPrimitives.WriteInt32LittleEndian(_writeHeader, frame.Length);
        await output.WriteAsync(_writeHeader, cancellation);
        await output.WriteAsync(frame, cancellation);
    }

    /// <summary>Pushes written frames out.</summary>
    public Task FlushAsync(CancellationToken cancellation) => output.FlushAsync(cancellation);
}
