using System.Buffers;

namespace JobNode.Commands;

/// <summary>
/// One raft entry: who proposed it, when, and the commands that waited together. Little-endian:
/// <code>version:1 node:8 sequence:8 time:8 count:2 { length:4 command }</code>
/// </summary>
internal static class EntryCodec
{
    /// <summary>
    /// The version that this build writes. The upgrade procedure is at <see cref="CommandCodec.Version"/>.
    /// </summary>
    public const byte Version = 1;

    /// <summary>Bytes before the first command.</summary>
    public const int HeaderBytes = 1 + (3 * sizeof(ulong)) + sizeof(ushort);

    /// <summary>Bytes before each command.</summary>
    public const int PrefixBytes = sizeof(uint);

    /// <summary>Most commands in one entry.</summary>
    public const int CommandsMax = ushort.MaxValue;

    /// <summary>
    /// Writes an entry; the whole must stay within <see cref="Limits.EntryBytesMax"/>: close a batch before
    /// <see cref="HeaderBytes"/> + the sum of (<see cref="PrefixBytes"/> + command) passes it.
    /// </summary>
    /// <param name="id">The proposal.</param>
    /// <param name="timeMs">The leader's stamp, Unix ms.</param>
    /// <param name="encodedCommands">1 to <see cref="CommandsMax"/> outputs of <see
    /// cref="CommandCodec.Encode"/>.</param>
    /// <param name="destination">Where to.</param>
    public static void Encode(
        ProposalId id,
        ulong timeMs,
        ReadOnlySpan<ReadOnlyMemory<byte>> encodedCommands,
        IBufferWriter<byte> destination)
    {
        Invariant.That(encodedCommands.Length is >= 1 and <= CommandsMax, "an entry holds at least one command");
        long size = HeaderBytes;
        foreach (ReadOnlyMemory<byte> command in encodedCommands)
        {
            Invariant.That(!command.IsEmpty, "a command has bytes");
            size += PrefixBytes + command.Length;
        }

        Invariant.That(size <= Limits.EntryBytesMax, "an entry is within its bound");
        var writer = new WireWriter(destination.GetSpan((int)size)[..(int)size]);
        writer.Write(Version);
        writer.Write(id.Node.Value);
        writer.Write(id.Sequence);
        writer.Write(timeMs);
        writer.Write((ushort)encodedCommands.Length);
        foreach (ReadOnlyMemory<byte> command in encodedCommands)
        {
            writer.Write((uint)command.Length);
            writer.Write(command.Span);
        }

        writer.Commit(destination);
    }

    /// <summary>Reads an entry that fills <paramref name="entry"/> exactly, commands included.</summary>
    /// <exception cref="InvalidDataException">Not an entry of a known version; the message says where and
    /// why.</exception>
    public static DecodedEntry Decode(ReadOnlyMemory<byte> entry)
    {
        var reader = new WireReader(entry.Span, "entry");
        byte version = reader.ReadByte("version");
        reader.Require(version == Version, "version", $"{version} is unknown, this build reads {Version}");
        reader.Require(
            entry.Length <= Limits.EntryBytesMax, "length", $"{entry.Length} is over {Limits.EntryBytesMax}");
        var node = new NodeId(reader.ReadUInt64("node"));
        ulong sequence = reader.ReadUInt64("sequence");
        ulong timeMs = reader.ReadUInt64("time");
        int count = reader.ReadUInt16("count");
        reader.Require(count >= 1, "count", $"is zero");
        reader.Require(
            (long)count * PrefixBytes <= reader.Remaining, "count", $"{count} does not fit {reader.Remaining} bytes");
        var commands = new Command[count];
        for (int i = 0; i < commands.Length; i++)
        {
            uint length = reader.ReadUInt32("length");
            reader.Require(length <= reader.Remaining, "length", $"{length} is over the {reader.Remaining} bytes left");
            commands[i] = CommandCodec.Decode(reader.Take((int)length, "command"));
        }

        reader.RequireEnd();
        return new DecodedEntry(new ProposalId(node, sequence), timeMs, commands);
    }
}

/// <summary>What an entry holds.</summary>
/// <param name="Id">The proposal, by which its proposer finds it again.</param>
/// <param name="TimeMs">The leader's stamp, Unix ms.</param>
/// <param name="Commands">1 or more, in the order to apply.</param>
internal sealed record DecodedEntry(ProposalId Id, ulong TimeMs, IReadOnlyList<Command> Commands);
