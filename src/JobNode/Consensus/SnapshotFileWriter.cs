using System.Buffers.Binary;
using JobNode.Commands;
using JobNode.Consensus.Log;

namespace JobNode.Consensus;

/// <summary>Writes the body of a snapshot as checksummed blocks, and the head and trailer around it.</summary>
internal sealed class SnapshotFileWriter : Stream
{
    // Synced now and then, so that the log's own syncs do not wait behind a gigabyte of dirty pages.
    private const int SyncEveryBytes = 8 << 20;

    private readonly IStorageFile _file;
    private readonly byte[] _block = new byte[SnapshotFileFormat.BlockHeadBytes + SnapshotFileFormat.BlockBytes];
    private long _offset;
    private long _syncedBelow;
    private long _bodyBytes;
    private int _filled;
    private uint _checksum;
    private bool _finished;

    /// <summary>Writes the head. The file stays the caller's.</summary>
    public SnapshotFileWriter(IStorageFile file, SnapshotMetadata metadata)
    {
        _file = file;
        byte[] head = SnapshotFileFormat.EncodeHead(metadata);
        _file.Write(0, head);
        _offset = head.Length;
        _checksum = SnapshotFileFormat.HeadChecksum(head);
    }

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => _bodyBytes + _filled;

    /// <inheritdoc/>
    public override long Position
    {
        get => Length;
        set => throw new NotSupportedException("a snapshot is written forward");
    }

    /// <summary>Writes the last block and the trailer, and makes the file durable under the name it has.</summary>
    public void Finish()
    {
        Invariant.That(!_finished, "a snapshot is finished once");
        WriteBlock();
        Span<byte> trailer = stackalloc byte[SnapshotFileFormat.TrailerBytes];
        SnapshotFileFormat.EncodeTrailer(trailer, _checksum, _bodyBytes);
        _file.Write(_offset, trailer);
        _file.Sync();
        _finished = true;
    }

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        Invariant.That(!_finished, "nothing is written after the trailer");
        while (buffer.Length > 0)
        {
            int room = SnapshotFileFormat.BlockBytes - _filled;
            int count = Math.Min(room, buffer.Length);
            buffer[..count].CopyTo(_block.AsSpan(SnapshotFileFormat.BlockHeadBytes + _filled));
            _filled += count;
            buffer = buffer[count..];
            if (_filled == SnapshotFileFormat.BlockBytes)
            {
                WriteBlock();
            }
        }
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush()
    {
        // Blocks are written when they are full; Finish makes all of it durable.
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("write only");

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("write only");

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException("write only");

    private void WriteBlock()
    {
        if (_filled == 0)
        {
            return;
        }

        Span<byte> block = _block.AsSpan(0, SnapshotFileFormat.BlockHeadBytes + _filled);
        _checksum = SnapshotFileFormat.Checksum(_checksum, block[SnapshotFileFormat.BlockHeadBytes..]);
        BinaryPrimitives.WriteInt32LittleEndian(block, _filled);
        BinaryPrimitives.WriteUInt32LittleEndian(block[4..], _checksum);
        _file.Write(_offset, block);
        _offset += block.Length;
        _bodyBytes += _filled;
        _filled = 0;
        if (_offset - _syncedBelow >= SyncEveryBytes)
        {
            _file.Sync();
            _syncedBelow = _offset;
        }
    }
}
