using System.Buffers.Binary;
using JobNode.Commands;
using JobNode.Transport;

namespace JobNode.Tests.Transport;

/// <summary>Frames come out as they went in, however the stream below cuts them.</summary>
public sealed class FrameStreamTests
{
    private const int BufferBytes = 64 << 10;

    private static readonly int[] Lengths =
        [0, 1, 0, 100, BufferBytes - 5, BufferBytes - 4, BufferBytes - 3, BufferBytes, 3, Limits.FrameBytesMax, 7, 0];

    [Theory]
    [InlineData(1000)]
    [InlineData(4099)]
    [InlineData(int.MaxValue)]
    public async Task Frames_of_all_sizes_arrive_whole_and_in_order(int pieceBytes)
    {
        using var line = new MemoryStream();
        var writer = new FrameStream(Stream.Null, line);
        foreach (int length in Lengths)
        {
            await writer.WriteAsync(FrameOf(length), CancellationToken.None);
        }

        await writer.FlushAsync(CancellationToken.None);
        Assert.Equal(Lengths.Sum(static length => 4L + length), line.Length);
        var reader = new FrameStream(new InPieces(line.ToArray(), pieceBytes), Stream.Null);
        foreach (int length in Lengths)
        {
            byte[]? frame = await reader.ReadAsync(CancellationToken.None);
            Assert.Equal(FrameOf(length), frame);
        }

        Assert.Null(await reader.ReadAsync(CancellationToken.None));
    }

    [Fact]
    public async Task What_was_handed_over_may_be_written_to_at_once()
    {
        using var line = new MemoryStream();
        var writer = new FrameStream(Stream.Null, line);
        byte[] frame = [1, 2, 3];
        await writer.WriteAsync(frame, CancellationToken.None);
        frame[0] = 9;
        await writer.FlushAsync(CancellationToken.None);
        Assert.Equal([3, 0, 0, 0, 1, 2, 3], line.ToArray());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(50)]
    public async Task An_end_inside_a_frame_is_no_clean_end(int bytes)
    {
        byte[] line = new byte[104];
        BinaryPrimitives.WriteInt32LittleEndian(line, 100);
        var reader = new FrameStream(new InPieces(line[..bytes], 10), Stream.Null);
        await Assert.ThrowsAsync<EndOfStreamException>(
            async () => await reader.ReadAsync(CancellationToken.None));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(Limits.FrameBytesMax + 1)]
    public async Task A_length_out_of_bounds_is_refused(int length)
    {
        byte[] line = new byte[8];
        BinaryPrimitives.WriteInt32LittleEndian(line, length);
        var reader = new FrameStream(new InPieces(line, 8), Stream.Null);
        await Assert.ThrowsAsync<InvalidDataException>(
            async () => await reader.ReadAsync(CancellationToken.None));
    }

    private static byte[] FrameOf(int length)
    {
        byte[] frame = new byte[length];
        new Random(length).NextBytes(frame);
        return frame;
    }

    /// <summary>A stream that gives at most so many bytes at once.</summary>
    private sealed class InPieces(byte[] bytes, int pieceBytes) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, pieceBytes)], cancellationToken);
    }
}
