using System.Buffers.Binary;
using JobNode.Consensus;

namespace JobNode.Transport;

/// <summary>
/// Says which file a transfer is about: its index, its length, and its trailer, whose checksum covers all of it. Two
/// files with the same of these are the same file, whoever sends it.
/// </summary>
/// <param name="Index">Index of the snapshot.</param>
/// <param name="LengthBytes">Bytes of the whole file.</param>
/// <param name="Trailer">Its last bytes.</param>
internal readonly record struct SnapshotOpening(ulong Index, long LengthBytes, UInt128 Trailer)
{
    private const int SizeBytes = 2 * sizeof(ulong) + SnapshotFileFormat.TrailerBytes;

    /// <summary>Of a file that can seek.</summary>
    /// <exception cref="InvalidDataException">It is too short for a snapshot.</exception>
    public static SnapshotOpening Of(ulong index, Stream file)
    {
        Span<byte> trailer = stackalloc byte[SnapshotFileFormat.TrailerBytes];
        long length = file.Length;
        if (length < trailer.Length)
        {
            throw new InvalidDataException($"the snapshot at {index} has {length} bytes only");
        }

        file.Position = length - trailer.Length;
        file.ReadExactly(trailer);
        return new SnapshotOpening(index, length, BinaryPrimitives.ReadUInt128LittleEndian(trailer));
    }

    /// <summary>As sent.</summary>
    public byte[] Encode()
    {
        var bytes = new byte[SizeBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, Index);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), LengthBytes);
        BinaryPrimitives.WriteUInt128LittleEndian(bytes.AsSpan(16), Trailer);
        return bytes;
    }

    /// <summary>As received.</summary>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public static SnapshotOpening Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != SizeBytes || BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]) <= 0)
        {
            throw new InvalidDataException("this does not say which snapshot comes");
        }

        return new SnapshotOpening(
            BinaryPrimitives.ReadUInt64LittleEndian(bytes),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]),
            BinaryPrimitives.ReadUInt128LittleEndian(bytes[16..]));
    }

    /// <summary>The receiver's answer: so much is there already.</summary>
    public static byte[] EncodeOffset(long offset)
    {
        var bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, offset);
        return bytes;
    }

    /// <summary>Where to go on.</summary>
    /// <exception cref="InvalidDataException">That is outside the file.</exception>
    public long DecodeOffset(ReadOnlySpan<byte> bytes)
    {
        long offset = bytes.Length == sizeof(long) ? BinaryPrimitives.ReadInt64LittleEndian(bytes) : -1;
        return offset >= 0 && offset <= LengthBytes
            ? offset
            : throw new InvalidDataException($"the receiver wants to go on at byte {offset} of {LengthBytes}");
    }
}
