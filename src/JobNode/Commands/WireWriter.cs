using System.Buffers;
using System.Buffers.Binary;

namespace JobNode.Commands;

/// <summary>Writes little-endian fields into a span of exactly the size the caller computed beforehand.</summary>
internal ref struct WireWriter(Span<byte> destination)
{
    private readonly Span<byte> _destination = destination;
    private int _position;

    /// <summary>Bytes written.</summary>
    public readonly int Position => _position;

    /// <summary>One byte.</summary>
    public void Write(byte value) => Take(1)[0] = value;

    /// <summary>Two bytes.</summary>
    public void Write(ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(Take(sizeof(ushort)), value);

    /// <summary>Four bytes.</summary>
    public void Write(uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Take(sizeof(uint)), value);

    /// <summary>Eight bytes.</summary>
    public void Write(ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Take(sizeof(ulong)), value);

    /// <summary>Sixteen bytes.</summary>
    public void Write(UInt128 value) => BinaryPrimitives.WriteUInt128LittleEndian(Take(16), value);

    /// <summary>A job id: sixteen bytes, little-endian like every other number.</summary>
    public void Write(JobId id) => Write(id.Value);

    /// <summary>The 64 digest bytes as they are.</summary>
    public void Write(Digest512 digest) => digest.Bytes.CopyTo(Take(Digest512.SizeBytes));

    /// <summary>Bytes as they are.</summary>
    public void Write(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Take(bytes.Length));

    /// <summary>Hands the bytes to the buffer they came from; the size must have been computed right.</summary>
    public readonly void Commit(IBufferWriter<byte> owner)
    {
        Invariant.That(_position == _destination.Length, "an encoding has the size that was computed for it");
        owner.Advance(_position);
    }

    private Span<byte> Take(int count)
    {
        Span<byte> taken = _destination.Slice(_position, count);
        _position += count;
        return taken;
    }
}
