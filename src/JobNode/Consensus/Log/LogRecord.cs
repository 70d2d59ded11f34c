using System.Buffers.Binary;

namespace JobNode.Consensus.Log;

/// <summary>What a record holds. Stored values.</summary>
internal enum LogRecordType : byte
{
    /// <summary>A raft entry: index, term, data. An index already present replaces it and all after it.</summary>
    Entry = 1,

    /// <summary>Term, vote, commit.</summary>
    HardState = 2,

    /// <summary>Nothing; it vouches for what was synced before it.</summary>
    Mark = 3,
}

/// <summary>
/// One record: a head of 16 bytes (checksum, payload length, synced-below, type, entry kind, two zero bytes), the
/// payload, zeros up to a multiple of 8. The checksum also covers the segment's sequence and the record's place in it,
/// so that stale bytes of a recycled segment never pass for a record.
/// </summary>
internal readonly ref struct LogRecord
{
    /// <summary>Bytes of the head.</summary>
    public const int HeadBytes = 16;

    /// <summary>Records begin at multiples of this.</summary>
    public const int AlignmentBytes = 8;

    /// <summary>Largest payload.</summary>
    public const int PayloadBytesMax = 64 << 20;

    /// <summary>Index and term in front of an entry's data.</summary>
    public const int EntryPrefixBytes = 16;

    /// <summary>Payload of a hard state.</summary>
    public const int HardStateBytes = 24;

    private LogRecord(LogRecordType type, RaftEntryKind kind, uint syncedBelow, ReadOnlySpan<byte> payload)
    {
        Type = type;
        Kind = kind;
        SyncedBelow = syncedBelow;
        Payload = payload;
    }

    /// <summary>What the payload is.</summary>
    public LogRecordType Type { get; }

    /// <summary>Kind of an entry.</summary>
    public RaftEntryKind Kind { get; }

    /// <summary>
    /// All bytes of the segment below this offset were durable before this record was written. So a valid record whose
    /// value lies above a bad one proves that the bad one is damage and not a write cut short by a crash.
    /// </summary>
    public uint SyncedBelow { get; }

    /// <summary>The payload, in the buffer that was parsed.</summary>
    public ReadOnlySpan<byte> Payload { get; }

    /// <summary>The whole record with its padding.</summary>
    public int SizeBytes => SizeOf(Payload.Length);

    /// <summary>Bytes that a record with this payload takes.</summary>
    public static int SizeOf(int payloadBytes) =>
        (HeadBytes + payloadBytes + AlignmentBytes - 1) & ~(AlignmentBytes - 1);

    /// <summary>The part of the checksum that belongs to the segment.</summary>
    public static uint SeedOf(ulong sequence, ulong firstIndex) =>
        Crc32C.Update(Crc32C.Update(Crc32C.Initial, sequence), firstIndex);

    /// <summary>
    /// Completes a record whose payload is already in place behind the head: head, padding, checksum.
    /// </summary>
    public static void Seal(
        Span<byte> record,
        int payloadBytes,
        LogRecordType type,
        RaftEntryKind kind,
        long syncedBelow,
        uint seed,
        long position)
    {
        BinaryPrimitives.WriteInt32LittleEndian(record[4..], payloadBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(record[8..], checked((uint)syncedBelow));
        record[12] = (byte)type;
        record[13] = (byte)kind;
        record[14] = 0;
        record[15] = 0;
        record[(HeadBytes + payloadBytes)..].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(record, Checksum(record, seed, position));
    }

    /// <summary>
    /// The size of the record that these 16 bytes would begin, or 0 when they begin none. The checksum is not looked
    /// at.
    /// </summary>
    public static int PlausibleSize(ReadOnlySpan<byte> head)
    {
        uint payloadBytes = BinaryPrimitives.ReadUInt32LittleEndian(head[4..]);
        bool plausible = (LogRecordType)head[12] switch
        {
            LogRecordType.Entry => payloadBytes is >= EntryPrefixBytes and <= PayloadBytesMax && head[13] <= 1,
            LogRecordType.HardState => payloadBytes == HardStateBytes && head[13] == 0,
            LogRecordType.Mark => payloadBytes == 0 && head[13] == 0,
            _ => false,
        };
        return plausible && head[14] == 0 && head[15] == 0 ? SizeOf((int)payloadBytes) : 0;
    }

    /// <summary>Parses a record of plausible size; false when the checksum does not fit.</summary>
    public static bool TryParse(ReadOnlySpan<byte> record, uint seed, long position, out LogRecord parsed)
    {
        parsed = default;
        if (Checksum(record, seed, position) != BinaryPrimitives.ReadUInt32LittleEndian(record))
        {
            return false;
        }

        int payloadBytes = BinaryPrimitives.ReadInt32LittleEndian(record[4..]);
        parsed = new LogRecord(
            (LogRecordType)record[12],
            (RaftEntryKind)record[13],
            BinaryPrimitives.ReadUInt32LittleEndian(record[8..]),
            record.Slice(HeadBytes, payloadBytes));
        return true;
    }

    private static uint Checksum(ReadOnlySpan<byte> record, uint seed, long position) =>
        ~Crc32C.Update(Crc32C.Update(seed, (ulong)position), record[sizeof(uint)..]);
}
