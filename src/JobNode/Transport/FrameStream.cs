using System.Buffers.Binary;
using JobNode.Commands;

namespace JobNode.Transport;

/// <summary>
/// Frames over a stream: four bytes of length (little-endian), then that many bytes. One reader and one writer at a
/// time.
/// </summary>
/// <remarks>
/// It reads ahead and writes in pieces of <see cref="BufferBytes"/>, so that small frames that wait together cost one
/// call of the stream below. Who reads that stream itself afterwards must know that the other side was still silent.
/// </remarks>
internal sealed class FrameStream(Stream input, Stream output)
{
    private const int BufferBytes = 64 << 10;
    private const int HeaderBytes = sizeof(int);

    private byte[] _read = [];
    private int _readFrom;
    private int _readTo;
    private byte[] _written = [];
    private int _writtenBytes;

    /// <summary>Reads one frame; null at a clean end of the stream.</summary>
    /// <exception cref="InvalidDataException">The length is negative or above <see
    /// cref="Limits.FrameBytesMax"/>.</exception>
    /// <exception cref="EndOfStreamException">The stream ended inside a frame.</exception>
    public ValueTask<byte[]?> ReadAsync(CancellationToken cancellation) =>
        TryTake() is { } frame ? ValueTask.FromResult<byte[]?>(frame) : ReadMoreAsync(cancellation);

    /// <summary>Writes one frame without flushing, so that several can share a packet. The bytes are copied or
    /// written when this completes.</summary>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellation)
    {
        Invariant.That(frame.Length <= Limits.FrameBytesMax, "a frame fits its limit");
        if (_written.Length == 0)
        {
            _written = GC.AllocateUninitializedArray<byte>(BufferBytes);
        }

        if (HeaderBytes + frame.Length > BufferBytes - _writtenBytes)
        {
            return WriteThroughAsync(frame, cancellation);
        }

        Keep(frame.Span);
        return ValueTask.CompletedTask;
    }

    /// <summary>Pushes written frames out.</summary>
    public async Task FlushAsync(CancellationToken cancellation)
    {
        await WriteBufferedAsync(cancellation);
        await output.FlushAsync(cancellation);
    }

    private async ValueTask<byte[]?> ReadMoreAsync(CancellationToken cancellation)
    {
        if (_read.Length == 0)
        {
            _read = GC.AllocateUninitializedArray<byte>(BufferBytes);
        }

        if (!await FillAsync(HeaderBytes, cancellation))
        {
            return null;
        }

        if (TryTake() is { } whole)
        {
            return whole;
        }

        byte[] frame = new byte[PeekLength()];
        int here = _readTo - _readFrom - HeaderBytes;
        _read.AsSpan(_readFrom + HeaderBytes, here).CopyTo(frame);
        _readFrom = _readTo = 0;
        await input.ReadExactlyAsync(frame.AsMemory(here), cancellation);
        return frame;
    }

    /// <summary>Reads until so many bytes are there, and what comes with them; false at a clean end.</summary>
    private async ValueTask<bool> FillAsync(int bytes, CancellationToken cancellation)
    {
        _read.AsSpan(_readFrom, _readTo - _readFrom).CopyTo(_read);
        _readTo -= _readFrom;
        _readFrom = 0;
        while (_readTo < bytes)
        {
            int got = await input.ReadAsync(_read.AsMemory(_readTo), cancellation);
            if (got == 0)
            {
                return _readTo == 0
                    ? false
                    : throw new EndOfStreamException("the stream ended inside a frame's header");
            }

            _readTo += got;
        }

        return true;
    }

    /// <summary>The next frame, if all of it was read already.</summary>
    private byte[]? TryTake()
    {
        if (_readTo - _readFrom < HeaderBytes)
        {
            return null;
        }

        int length = PeekLength();
        if (_readTo - _readFrom - HeaderBytes < length)
        {
            return null;
        }

        byte[] frame = _read.AsSpan(_readFrom + HeaderBytes, length).ToArray();
        _readFrom += HeaderBytes + length;
        return frame;
    }

    private int PeekLength()
    {
        int length = BinaryPrimitives.ReadInt32LittleEndian(_read.AsSpan(_readFrom));
        return length is >= 0 and <= Limits.FrameBytesMax
            ? length
            : throw new InvalidDataException($"a frame of {length} bytes is not within 0 to {Limits.FrameBytesMax}");
    }

    private async ValueTask WriteThroughAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellation)
    {
        await WriteBufferedAsync(cancellation);
        if (HeaderBytes + frame.Length <= BufferBytes)
        {
            Keep(frame.Span);
            return;
        }

        BinaryPrimitives.WriteInt32LittleEndian(_written, frame.Length);
        await output.WriteAsync(_written.AsMemory(0, HeaderBytes), cancellation);
        await output.WriteAsync(frame, cancellation);
    }

    private async ValueTask WriteBufferedAsync(CancellationToken cancellation)
    {
        if (_writtenBytes > 0)
        {
            await output.WriteAsync(_written.AsMemory(0, _writtenBytes), cancellation);
            _writtenBytes = 0;
        }
    }

    private void Keep(ReadOnlySpan<byte> frame)
    {
        BinaryPrimitives.WriteInt32LittleEndian(_written.AsSpan(_writtenBytes), frame.Length);
        frame.CopyTo(_written.AsSpan(_writtenBytes + HeaderBytes));
        _writtenBytes += HeaderBytes + frame.Length;
    }
}
