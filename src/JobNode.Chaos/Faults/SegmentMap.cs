using System.Buffers.Binary;

namespace JobNode.Chaos.Faults;

/// <summary>
/// Where the records of a log segment end, and up to where later records say that all was on disk before them
/// (src/JobNode/Consensus/Log/DESIGN.md). Damage below that is told from a torn write, damage above it cannot be.
/// </summary>
/// <param name="EndBytes">End of the last record.</param>
/// <param name="VouchedBytes">What is below was synced before something else was written.</param>
internal sealed record SegmentMap(int EndBytes, int VouchedBytes)
{
    private const int HeaderBytes = 512;
    private const int RecordHeadBytes = 16;
    private const int LengthAt = 4;
    private const int SyncedBelowAt = 8;
    private const int TypeAt = 12;
    private const int Alignment = 8;

    /// <summary>Walks through a segment from record to record; checksums are not looked at.</summary>
    public static SegmentMap Read(ReadOnlySpan<byte> segment)
    {
        int at = HeaderBytes;
        int vouched = HeaderBytes;
        while (at + RecordHeadBytes <= segment.Length && segment[at + TypeAt] != 0)
        {
            long length = BinaryPrimitives.ReadUInt32LittleEndian(segment[(at + LengthAt)..]);
            vouched = (int)Math.Max(vouched, BinaryPrimitives.ReadUInt32LittleEndian(segment[(at + SyncedBelowAt)..]));
            long next = at + RecordHeadBytes + ((length + Alignment - 1) & ~(long)(Alignment - 1));
            if (next > segment.Length)
            {
                break;
            }

            at = (int)next;
        }

        return new SegmentMap(at, Math.Min(vouched, at));
    }
}
