using JobNode.Commands;

namespace JobNode.Consensus;

/// <summary>
/// The bytes of a log entry that changes the configuration: etcd's raftpb.ConfChange, a protobuf message. Only its
/// fourth field concerns us, the context: what raft itself is told is worked out again when the entry is applied.
/// </summary>
internal static class ChangeEntry
{
    private const int ContextField = 4;
    private const int VarintType = 0;
    private const int BytesType = 2;
    private const int VarintBytesMax = 10;

    /// <summary>Reads the context and what it says.</summary>
    /// <exception cref="InvalidDataException">These are not the bytes of a change.</exception>
    public static MemberChange Decode(ReadOnlySpan<byte> entry)
    {
        while (!entry.IsEmpty)
        {
            ulong key = ReadVarint(ref entry);
            int type = (int)(key & 7);
            if (type == VarintType)
            {
                ReadVarint(ref entry);
                continue;
            }

            ulong length = type == BytesType
                ? ReadVarint(ref entry)
                : throw new InvalidDataException($"configuration change: wire type {type} is unknown");
            if (length > (ulong)entry.Length)
            {
                throw new InvalidDataException("configuration change: ends inside a field");
            }

            if (key >> 3 == ContextField)
            {
                return MemberChangeCodec.Decode(entry[..(int)length]);
            }

            entry = entry[(int)length..];
        }

        throw new InvalidDataException("configuration change: says nothing of what changes");
    }

    private static ulong ReadVarint(ref ReadOnlySpan<byte> source)
    {
        ulong value = 0;
        for (int i = 0; i < Math.Min(source.Length, VarintBytesMax); i++)
        {
            value |= (ulong)(source[i] & 0x7F) << (7 * i);
            if (source[i] < 0x80)
            {
                source = source[(i + 1)..];
                return value;
            }
        }

        throw new InvalidDataException("configuration change: ends inside a number");
    }
}
