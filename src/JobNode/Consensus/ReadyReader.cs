using System.Buffers.Binary;
using JobNode.Commands;
using JobNode.Consensus.Log;

namespace JobNode.Consensus;

/// <summary>
/// Reads what the bridge's etcdraft_ready writes (the layout stands there). Entry data stay where they are; messages
/// are copied once, because the transport keeps them.
/// </summary>
internal static class ReadyReader
{
    /// <summary>Bytes before an entry's data: index, term, kind, length.</summary>
    public const int EntryHeaderBytes = 24;

    private const uint FlagHardState = 1;
    private const uint FlagMustSync = 2;
    private const uint FlagSnapshot = 4;
    private const uint FlagSnapshotWanted = 8;

    /// <summary>
    /// Fills <paramref name="ready"/> from <paramref name="source"/>, whose bytes it goes on pointing to.
    /// </summary>
    public static void Read(ReadOnlyMemory<byte> source, Ready ready)
    {
        ready.Clear();
        var cursor = new Cursor(source);
        uint flags = cursor.UInt32();
        ready.Role = (RaftRole)cursor.UInt32();
        ready.Leader = new NodeId(cursor.UInt64());
        ready.HardState = new HardState(cursor.UInt64(), cursor.UInt64(), cursor.UInt64());
        var snapshot = new ReadySnapshot(cursor.UInt64(), cursor.UInt64());
        uint entries = cursor.UInt32();
        uint committed = cursor.UInt32();
        uint messages = cursor.UInt32();
        uint readStates = cursor.UInt32();
        ready.HardStateChanged = (flags & FlagHardState) != 0;
        ready.MustSync = (flags & FlagMustSync) != 0;
        ready.SnapshotWanted = (flags & FlagSnapshotWanted) != 0;
        ready.Snapshot = (flags & FlagSnapshot) != 0 ? snapshot : null;
        ReadEntries(ref cursor, entries, ready.Entries);
        ReadEntries(ref cursor, committed, ready.Committed);
        for (uint i = 0; i < messages; i++)
        {
            var to = new NodeId(cursor.UInt64());
            ulong snapshotIndex = cursor.UInt64();
            var kind = (RaftMessageKind)cursor.UInt32();
            ready.Messages.Add(new OutgoingMessage(to, kind, snapshotIndex, cursor.Bytes().ToArray()));
        }

        for (uint i = 0; i < readStates; i++)
        {
            ulong index = cursor.UInt64();
            ReadOnlySpan<byte> context = cursor.Bytes().Span;
            Invariant.That(context.Length == ReadContext.SizeBytes, "a read context comes back as it was sent");
            ready.ReadStates.Add(new ReadState(index, new ReadContext(
                BinaryPrimitives.ReadUInt64LittleEndian(context),
                BinaryPrimitives.ReadUInt64LittleEndian(context[sizeof(ulong)..]))));
        }

        Invariant.That(cursor.IsAtEnd, "a ready is read to its end");
    }

    /// <summary>Writes the header of an entry as the bridge reads it.</summary>
    public static void WriteEntryHeader(Span<byte> header, RaftEntry entry)
    {
        Invariant.That(header.Length == EntryHeaderBytes, "an entry's header has a fixed size");
        BinaryPrimitives.WriteUInt64LittleEndian(header, entry.Index);
        BinaryPrimitives.WriteUInt64LittleEndian(header[8..], entry.Term);
        BinaryPrimitives.WriteUInt32LittleEndian(header[16..], (uint)entry.Kind);
        BinaryPrimitives.WriteInt32LittleEndian(header[20..], entry.Data.Length);
    }

    private static void ReadEntries(ref Cursor cursor, uint count, List<RaftEntry> into)
    {
        into.EnsureCapacity((int)count);
        for (uint i = 0; i < count; i++)
        {
            ulong index = cursor.UInt64();
            ulong term = cursor.UInt64();
            var kind = (RaftEntryKind)cursor.UInt32();
            into.Add(new RaftEntry(index, term, kind, cursor.Bytes()));
        }
    }

    private ref struct Cursor(ReadOnlyMemory<byte> source)
    {
        private int _offset;

        public readonly bool IsAtEnd => _offset == source.Length;

        public uint UInt32()
        {
            uint value = BinaryPrimitives.ReadUInt32LittleEndian(source.Span[_offset..]);
            _offset += sizeof(uint);
            return value;
        }

        public ulong UInt64()
        {
            ulong value = BinaryPrimitives.ReadUInt64LittleEndian(source.Span[_offset..]);
            _offset += sizeof(ulong);
            return value;
        }

        public ReadOnlyMemory<byte> Bytes()
        {
            int length = (int)UInt32();
            ReadOnlyMemory<byte> bytes = source.Slice(_offset, length);
            _offset += length;
            return bytes;
        }
    }
}
