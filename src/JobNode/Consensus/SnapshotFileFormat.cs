using System.Buffers.Binary;
using System.Text;
using JobNode.Commands;
using JobNode.Consensus.Log;

namespace JobNode.Consensus;

/// <summary>
/// A snapshot file: head (magic, version, length, index, term, configuration, checksum), blocks (length, checksum, at
/// most 1 MiB of body), trailer (marker, checksum, body bytes). All little-endian. Each checksum goes on from the one
/// before it, so that blocks cannot be lost, doubled or swapped, and the trailer's covers the whole file.
/// </summary>
internal static class SnapshotFileFormat
{
    /// <summary>Body bytes in a full block.</summary>
    public const int BlockBytes = 1 << 20;

    /// <summary>Length and checksum in front of a block.</summary>
    public const int BlockHeadBytes = 8;

    /// <summary>Marker, checksum, body bytes.</summary>
    public const int TrailerBytes = 16;

    /// <summary>Stands where a block's length would.</summary>
    public const uint TrailerMarker = uint.MaxValue;

    /// <summary>Magic, version and length of the head: enough to read the rest.</summary>
    public const int HeadPrefixBytes = 16;

    /// <summary>Bound of the head: a thousand members with long addresses, and all removed ids.</summary>
    public const int HeadBytesMax = 1 << 19;

    // To change the format: raise this, keep reading the old one; a snapshot received from an older node is
    // installed as is. Format 1 had ids and addresses only: every member voted.
    private const uint Version = 2;
    private const uint VersionOfVotersOnly = 1;

    private static ReadOnlySpan<byte> Magic => "JOBNSNAP"u8;

    /// <summary>Makes the head.</summary>
    public static byte[] EncodeHead(SnapshotMetadata metadata)
    {
        var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes, Encoding.UTF8);
        writer.Write(Magic);
        writer.Write(Version);
        writer.Write(0u);
        writer.Write(metadata.Index);
        writer.Write(metadata.Term);
        writer.Write((ulong)metadata.Configuration.ClusterId);
        writer.Write((ulong)(metadata.Configuration.ClusterId >> 64));
        writer.Write(metadata.Configuration.Members.Count);
        foreach (Member member in metadata.Configuration.Members)
        {
            writer.Write(member.Id.Value);
            writer.Write(member.Address);
            writer.Write((byte)member.Role);
            writer.Write(member.Zone);
            writer.Write(member.FeatureLevel);
        }

        writer.Write(metadata.Configuration.FeatureLevel);
        writer.Write(metadata.Configuration.Removed.Count);
        foreach (NodeId removed in metadata.Configuration.Removed)
        {
            writer.Write(removed.Value);
        }

        writer.Write(0u);
        byte[] head = bytes.ToArray();
        Invariant.That(head.Length <= HeadBytesMax, "a snapshot's head is bounded");
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(12), head.Length);
        uint checksum = Crc32C.Compute(head.AsSpan(0, head.Length - 4));
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(head.Length - 4), checksum);
        return head;
    }

    /// <summary>The head's length from its first bytes; gives a reason when they are none.</summary>
    public static string? TryReadHeadLength(ReadOnlySpan<byte> prefix, out int length)
    {
        length = 0;
        if (prefix.Length < HeadPrefixBytes || !prefix[..Magic.Length].SequenceEqual(Magic))
        {
            return "it does not begin like a snapshot";
        }

        uint version = BinaryPrimitives.ReadUInt32LittleEndian(prefix[8..]);
        if (version is not (Version or VersionOfVotersOnly))
        {
            return $"it has format {version}, this program reads formats {VersionOfVotersOnly} and {Version}";
        }

        length = BinaryPrimitives.ReadInt32LittleEndian(prefix[12..]);
        return length is > HeadPrefixBytes + sizeof(uint) and <= HeadBytesMax
            ? null
            : "the length of its head is impossible";
    }

    /// <summary>Reads a whole head; gives a reason when it is none.</summary>
    public static string? TryDecodeHead(byte[] head, out SnapshotMetadata? metadata)
    {
        metadata = null;
        if (Checksum(Crc32C.Initial, head.AsSpan(0, head.Length - 4)) != HeadChecksum(head))
        {
            return "the checksum of its head does not fit";
        }

        uint version = BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(8));
        int fieldBytes = head.Length - HeadPrefixBytes - sizeof(uint);
        using var reader = new BinaryReader(new MemoryStream(head, HeadPrefixBytes, fieldBytes));
        try
        {
            return TryReadFields(reader, version, out metadata);
        }
        catch (Exception error) when (error is IOException or FormatException)
        {
            return "the fields of its head do not fit into it";
        }
    }

    private static string? TryReadFields(BinaryReader reader, uint version, out SnapshotMetadata? metadata)
    {
        metadata = null;
        ulong index = reader.ReadUInt64();
        ulong term = reader.ReadUInt64();
        ulong low = reader.ReadUInt64();
        var clusterId = new UInt128(reader.ReadUInt64(), low);
        int count = reader.ReadInt32();
        if (count is < 0 or > HeadBytesMax / sizeof(ulong))
        {
            return "the number of members in its head is impossible";
        }

        var members = new Member[count];
        for (int i = 0; i < members.Length; i++)
        {
            var member = new Member(new NodeId(reader.ReadUInt64()), reader.ReadString());
            members[i] = version == VersionOfVotersOnly ? member : ReadRest(reader, member);
            if (members[i].Role > MemberRole.Voter)
            {
                return $"member {member.Id} has a role that this program does not know";
            }
        }

        var configuration = new ClusterConfiguration(clusterId, members);
        if (version != VersionOfVotersOnly)
        {
            configuration = configuration with { FeatureLevel = reader.ReadInt32() };
            var removed = new NodeId[Math.Clamp(reader.ReadInt32(), 0, HeadBytesMax / sizeof(ulong))];
            for (int i = 0; i < removed.Length; i++)
            {
                removed[i] = new NodeId(reader.ReadUInt64());
            }

            configuration = configuration with { Removed = removed };
        }

        metadata = new SnapshotMetadata(index, term, configuration);
        return null;
    }

    private static Member ReadRest(BinaryReader reader, Member member) => member with
    {
        Role = (MemberRole)reader.ReadByte(),
        Zone = reader.ReadString(),
        FeatureLevel = reader.ReadInt32(),
    };

    /// <summary>The head's own checksum, from which the blocks' go on.</summary>
    public static uint HeadChecksum(ReadOnlySpan<byte> head) => BinaryPrimitives.ReadUInt32LittleEndian(head[^4..]);

    /// <summary>The checksum of bytes that follow what <paramref name="previous"/> covers.</summary>
    public static uint Checksum(uint previous, ReadOnlySpan<byte> bytes) => ~Crc32C.Update(previous, bytes);

    /// <summary>Makes the trailer.</summary>
    public static void EncodeTrailer(Span<byte> trailer, uint previous, long bodyBytes)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(trailer, TrailerMarker);
        BinaryPrimitives.WriteInt64LittleEndian(trailer[8..], bodyBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(trailer[4..], Checksum(previous, trailer[8..]));
    }
}
