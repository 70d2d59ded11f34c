using System.Buffers.Binary;

namespace JobNode.Consensus.Log;

/// <summary>The first sector of a segment, alone in it so that no later write can tear it.</summary>
/// <param name="Sequence">Number of the segment; grows by one, never used twice for records.</param>
/// <param name="FirstIndex">Index that the next new entry had when the segment was begun.</param>
/// <param name="LengthBytes">Length of the file; it never changes while the segment lives.</param>
/// <param name="PreviousEnd">Where the records of the segment before this one end; 0 when nothing before it
/// counts.</param>
/// <param name="HardState">The hard state when the segment was begun.</param>
/// <param name="IsReset">True when all segments before are void: a snapshot took their place.</param>
internal readonly record struct LogSegmentHeader(
    ulong Sequence, ulong FirstIndex, long LengthBytes, long PreviousEnd, HardState HardState, bool IsReset)
{
    /// <summary>Bytes of a header: one sector.</summary>
    public const int SizeBytes = 512;

    // To change the format: raise this, keep reading the old one, and write the new one from the next segment on.
    private const uint Version = 1;
    private const uint ResetFlag = 1;
    private const int ChecksumOffset = SizeBytes - sizeof(uint);

    private static ReadOnlySpan<byte> Magic => "JOBNLOG\n"u8;

    /// <summary>Writes the sector.</summary>
    public void WriteTo(Span<byte> sector)
    {
        sector = sector[..SizeBytes];
        sector.Clear();
        Magic.CopyTo(sector);
        BinaryPrimitives.WriteUInt32LittleEndian(sector[8..], Version);
        BinaryPrimitives.WriteUInt32LittleEndian(sector[12..], IsReset ? ResetFlag : 0);
        BinaryPrimitives.WriteUInt64LittleEndian(sector[16..], Sequence);
        BinaryPrimitives.WriteUInt64LittleEndian(sector[24..], FirstIndex);
        BinaryPrimitives.WriteInt64LittleEndian(sector[32..], LengthBytes);
        BinaryPrimitives.WriteInt64LittleEndian(sector[40..], PreviousEnd);
        BinaryPrimitives.WriteUInt64LittleEndian(sector[48..], HardState.Term);
        BinaryPrimitives.WriteUInt64LittleEndian(sector[56..], HardState.Vote);
        BinaryPrimitives.WriteUInt64LittleEndian(sector[64..], HardState.Commit);
        BinaryPrimitives.WriteUInt32LittleEndian(sector[ChecksumOffset..], Crc32C.Compute(sector[..ChecksumOffset]));
    }

    /// <summary>Reads a sector; gives the reason when it is not a header.</summary>
    public static string? TryRead(ReadOnlySpan<byte> sector, out LogSegmentHeader header)
    {
        header = default;
        if (sector.Length < SizeBytes)
        {
            return "the file is shorter than a segment header";
        }

        if (!sector[..Magic.Length].SequenceEqual(Magic))
        {
            return "the segment header does not begin with its magic bytes";
        }

        uint checksum = BinaryPrimitives.ReadUInt32LittleEndian(sector[ChecksumOffset..]);
        if (Crc32C.Compute(sector[..ChecksumOffset]) != checksum)
        {
            return "the checksum of the segment header does not fit";
        }

        uint version = BinaryPrimitives.ReadUInt32LittleEndian(sector[8..]);
        if (version != Version)
        {
            return $"the segment has format {version}, this program reads format {Version}";
        }

        header = new LogSegmentHeader(
            BinaryPrimitives.ReadUInt64LittleEndian(sector[16..]),
            BinaryPrimitives.ReadUInt64LittleEndian(sector[24..]),
            BinaryPrimitives.ReadInt64LittleEndian(sector[32..]),
            BinaryPrimitives.ReadInt64LittleEndian(sector[40..]),
            new HardState(
                BinaryPrimitives.ReadUInt64LittleEndian(sector[48..]),
                BinaryPrimitives.ReadUInt64LittleEndian(sector[56..]),
                BinaryPrimitives.ReadUInt64LittleEndian(sector[64..])),
            (BinaryPrimitives.ReadUInt32LittleEndian(sector[12..]) & ResetFlag) != 0);
        return null;
    }
}
