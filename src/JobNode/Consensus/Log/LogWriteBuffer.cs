using System.Buffers.Binary;
using JobNode.Commands;

namespace JobNode.Consensus.Log;

/// <summary>Records that wait for the next write, one behind the other, in one reusable array.</summary>
internal sealed class LogWriteBuffer
{
    private const int InitialBytes = 16 << 10;

    // A batch larger than this happens while catching up; its memory is given back afterwards.
    private const int KeptBytesMax = 4 << 20;

    private byte[] _bytes = new byte[InitialBytes];

    /// <summary>Bytes of complete records.</summary>
    public int LengthBytes { get; private set; }

    /// <summary>The records, followed by the zeros that end every write as far as there is room.</summary>
    public ReadOnlySpan<byte> WithTerminator(long roomBytes)
    {
        Span<byte> terminator = _bytes.AsSpan(LengthBytes, LogRecord.HeadBytes);
        terminator.Clear();
        return _bytes.AsSpan(0, (int)Math.Min(roomBytes, LengthBytes + LogRecord.HeadBytes));
    }

    /// <summary>Appends an entry that will stand at <paramref name="position"/> of the segment.</summary>
    public void AddEntry(in RaftEntry entry, long syncedBelow, uint seed, long position)
    {
        int payloadBytes = LogRecord.EntryPrefixBytes + entry.Data.Length;
        Span<byte> record = Reserve(payloadBytes);
        Span<byte> payload = record[LogRecord.HeadBytes..];
        BinaryPrimitives.WriteUInt64LittleEndian(payload, entry.Index);
        BinaryPrimitives.WriteUInt64LittleEndian(payload[8..], entry.Term);
        entry.Data.Span.CopyTo(payload[LogRecord.EntryPrefixBytes..]);
        LogRecord.Seal(record, payloadBytes, LogRecordType.Entry, entry.Kind, syncedBelow, seed, position);
    }

    /// <summary>Appends a hard state.</summary>
    public void AddHardState(HardState state, long syncedBelow, uint seed, long position)
    {
        Span<byte> record = Reserve(LogRecord.HardStateBytes);
        Span<byte> payload = record[LogRecord.HeadBytes..];
        BinaryPrimitives.WriteUInt64LittleEndian(payload, state.Term);
        BinaryPrimitives.WriteUInt64LittleEndian(payload[8..], state.Vote);
        BinaryPrimitives.WriteUInt64LittleEndian(payload[16..], state.Commit);
        const LogRecordType Type = LogRecordType.HardState;
        LogRecord.Seal(record, LogRecord.HardStateBytes, Type, RaftEntryKind.Normal, syncedBelow, seed, position);
    }

    /// <summary>Appends a mark.</summary>
    public void AddMark(long syncedBelow, uint seed, long position) =>
        LogRecord.Seal(Reserve(0), 0, LogRecordType.Mark, RaftEntryKind.Normal, syncedBelow, seed, position);

    /// <summary>Forgets the records.</summary>
    public void Clear()
    {
        LengthBytes = 0;
        if (_bytes.Length > KeptBytesMax)
        {
            _bytes = new byte[InitialBytes];
        }
    }

    private Span<byte> Reserve(int payloadBytes)
    {
        Invariant.That(payloadBytes <= LogRecord.PayloadBytesMax, "a log record is bounded");
        int size = LogRecord.SizeOf(payloadBytes);
        int needed = checked(LengthBytes + size + LogRecord.HeadBytes);
        if (needed > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(needed, _bytes.Length * 2));
        }

        Span<byte> record = _bytes.AsSpan(LengthBytes, size);
        LengthBytes += size;
        return record;
    }
}
