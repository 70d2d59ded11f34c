using System.Buffers.Binary;
using JobNode.Commands;
using JobNode.Consensus.Log;

namespace JobNode.Consensus;

/// <summary>
/// Reads the body of a snapshot. Every block is checked before a byte of it is given out, and the end is only reported
/// after the trailer was found right, so a reader that reached the end has read exactly what was written.
/// </summary>
internal sealed class SnapshotFileReader : Stream
{
    private readonly IStorageFile _file;
    private readonly string _name;
    private byte[] _block = [];
    private int _blockRead;
    private int _blockLength;
    private long _offset;
    private long _bodyBytes;
    private uint _checksum;
    private bool _ended;

    /// <summary>Opens the file of the directory and reads its head.</summary>
    /// <exception cref="SnapshotDamagedException">The head is damaged.</exception>
    public SnapshotFileReader(IStorageDirectory directory, string name)
    {
        _name = name;
        _file = directory.Open(name);
        try
        {
            Metadata = ReadHead();
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    /// <summary>What the snapshot stands for.</summary>
    public SnapshotMetadata Metadata { get; }

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException("known at the end");

    /// <inheritdoc/>
    public override long Position
    {
        get => _bodyBytes - (_blockLength - _blockRead);
        set => throw new NotSupportedException("a snapshot is read forward");
    }

    /// <summary>Reads a whole file and checks all of it.</summary>
    /// <exception cref="SnapshotDamagedException">Something in it is damaged.</exception>
    public static SnapshotMetadata Verify(IStorageDirectory directory, string name)
    {
        using var reader = new SnapshotFileReader(directory, name);
        while (!reader._ended)
        {
            reader.NextBlock();
        }

        return reader.Metadata;
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        if (buffer.Length == 0)
        {
            return 0;
        }

        if (_blockRead == _blockLength && !_ended)
        {
            NextBlock();
        }

        int count = Math.Min(buffer.Length, _blockLength - _blockRead);
        _block.AsSpan(_blockRead, count).CopyTo(buffer);
        _blockRead += count;
        return count;
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush() => throw new NotSupportedException("read only");

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("read forward only");

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException("read only");

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("read only");

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _file.Dispose();
        }

        base.Dispose(disposing);
    }

    private SnapshotMetadata ReadHead()
    {
        var prefix = new byte[SnapshotFileFormat.HeadPrefixBytes];
        int read = _file.Read(0, prefix);
        string? reason = SnapshotFileFormat.TryReadHeadLength(prefix.AsSpan(0, read), out int length);
        SnapshotMetadata? metadata = null;
        if (reason is null)
        {
            var head = new byte[length];
            reason = _file.Read(0, head) < length
                ? "it ends inside its head"
                : SnapshotFileFormat.TryDecodeHead(head, out metadata);
            _offset = length;
            _checksum = SnapshotFileFormat.HeadChecksum(head);
        }

        return reason is null && metadata is not null ? metadata : throw Damaged(reason ?? "it has no head");
    }

    private void NextBlock()
    {
        Span<byte> head = stackalloc byte[SnapshotFileFormat.TrailerBytes];
        int read = _file.Read(_offset, head);
        if (read < SnapshotFileFormat.BlockHeadBytes)
        {
            throw Damaged("it ends without its trailer");
        }

        uint length = BinaryPrimitives.ReadUInt32LittleEndian(head);
        if (length == SnapshotFileFormat.TrailerMarker)
        {
            ReadTrailer(head[..read]);
            return;
        }

        if (length is 0 or > SnapshotFileFormat.BlockBytes)
        {
            throw Damaged($"a block of {length} bytes is impossible");
        }

        if (_block.Length < length)
        {
            _block = new byte[length];
        }

        Span<byte> block = _block.AsSpan(0, (int)length);
        if (_file.Read(_offset + SnapshotFileFormat.BlockHeadBytes, block) < length)
        {
            throw Damaged("it ends inside a block");
        }

        _checksum = SnapshotFileFormat.Checksum(_checksum, block);
        if (_checksum != BinaryPrimitives.ReadUInt32LittleEndian(head[4..]))
        {
            throw Damaged("the checksum of a block does not fit");
        }

        _offset += SnapshotFileFormat.BlockHeadBytes + length;
        _bodyBytes += length;
        _blockRead = 0;
        _blockLength = (int)length;
    }

    private void ReadTrailer(ReadOnlySpan<byte> found)
    {
        Span<byte> expected = stackalloc byte[SnapshotFileFormat.TrailerBytes];
        SnapshotFileFormat.EncodeTrailer(expected, _checksum, _bodyBytes);
        if (!found.SequenceEqual(expected))
        {
            throw Damaged("its trailer does not fit");
        }

        if (_file.LengthBytes != _offset + SnapshotFileFormat.TrailerBytes)
        {
            throw Damaged("there are bytes after its trailer");
        }

        Invariant.That(_blockRead == _blockLength || !_ended, "the trailer comes after the last block");
        _ended = true;
        _blockRead = 0;
        _blockLength = 0;
    }

    private SnapshotDamagedException Damaged(string reason) => new(_name, _offset, reason);
}
