using System.Text;

namespace JobNode.Commands;

/// <summary>
/// Bytes of a <see cref="MemberChange"/> in the log: version, kind, and the fields little-endian; texts are a length
/// (two bytes) and UTF-8.
/// </summary>
internal static class MemberChangeCodec
{
    /// <summary>The first byte.</summary>
    /// <remarks>
    /// To change the layout: give the new one the next number and a feature level, write it only when the cluster has
    /// that level, and keep reading this one, since logs keep it.
    /// </remarks>
    public const byte Version = 1;

    private const byte KindPut = 1;
    private const byte KindRemove = 2;
    private const byte KindRaise = 3;
    private const int HeadBytes = 2;

    // Id, role, feature level, and the lengths of two texts.
    private const int MemberBytes = 8 + 1 + 4 + 2 + 2;

    private static readonly UTF8Encoding _text = new(false, throwOnInvalidBytes: true);

    /// <summary>Makes the bytes; what a member says of itself must be within its bounds.</summary>
    public static byte[] Encode(MemberChange change) => change switch
    {
        MemberChange.Put put => EncodePut(put.Member),
        MemberChange.Remove remove => EncodeRemove(remove.Id),
        MemberChange.RaiseFeatureLevel raise => EncodeRaise(raise.Level),
        _ => throw new InvariantException("every change is known"),
    };

    /// <summary>Reads a change.</summary>
    /// <exception cref="InvalidDataException">These are not the bytes of one; the message says why.</exception>
    public static MemberChange Decode(ReadOnlySpan<byte> source)
    {
        var reader = new WireReader(source, "member change");
        byte version = reader.ReadByte("version");
        reader.Require(version == Version, "version", $"{version} is unknown");
        byte kind = reader.ReadByte("kind");
        reader.Require(kind is >= KindPut and <= KindRaise, "kind", $"{kind} is unknown");
        MemberChange change = kind switch
        {
            KindPut => new MemberChange.Put(ReadMember(ref reader)),
            KindRemove => new MemberChange.Remove(ReadId(ref reader)),
            _ => new MemberChange.RaiseFeatureLevel(ReadLevel(ref reader)),
        };
        reader.RequireEnd();
        return change;
    }

    private static byte[] EncodePut(Member member)
    {
        int addressBytes = _text.GetByteCount(member.Address);
        int zoneBytes = _text.GetByteCount(member.Zone);
        Invariant.That(addressBytes <= Limits.AddressBytesMax, "an address is bounded");
        Invariant.That(zoneBytes <= Limits.ZoneBytesMax, "a zone is bounded");
        byte[] bytes = new byte[HeadBytes + MemberBytes + addressBytes + zoneBytes];
        WireWriter writer = Begin(bytes, KindPut);
        writer.Write(member.Id.Value);
        writer.Write((byte)member.Role);
        writer.Write((uint)member.FeatureLevel);
        writer.Write((ushort)addressBytes);
        writer.Write(_text.GetBytes(member.Address));
        writer.Write((ushort)zoneBytes);
        writer.Write(_text.GetBytes(member.Zone));
        Invariant.That(writer.Position == bytes.Length, "an encoding has the size that was computed for it");
        return bytes;
    }

    private static byte[] EncodeRemove(NodeId id)
    {
        byte[] bytes = new byte[HeadBytes + sizeof(ulong)];
        Begin(bytes, KindRemove).Write(id.Value);
        return bytes;
    }

    private static byte[] EncodeRaise(int level)
    {
        byte[] bytes = new byte[HeadBytes + sizeof(uint)];
        Begin(bytes, KindRaise).Write((uint)level);
        return bytes;
    }

    private static WireWriter Begin(byte[] bytes, byte kind)
    {
        var writer = new WireWriter(bytes);
        writer.Write(Version);
        writer.Write(kind);
        return writer;
    }

    private static Member ReadMember(ref WireReader reader)
    {
        NodeId id = ReadId(ref reader);
        byte role = reader.ReadByte("role");
        reader.Require(role <= (byte)MemberRole.Voter, "role", $"{role} is unknown");
        int level = ReadLevel(ref reader);
        string address = ReadText(ref reader, "address", Limits.AddressBytesMax);
        string zone = ReadText(ref reader, "zone", Limits.ZoneBytesMax);
        return new Member(id, address) { Role = (MemberRole)role, FeatureLevel = level, Zone = zone };
    }

    private static NodeId ReadId(ref WireReader reader)
    {
        var id = new NodeId(reader.ReadUInt64("node"));
        reader.Require(id != NodeId.None, "node", $"is zero");
        return id;
    }

    private static int ReadLevel(ref WireReader reader)
    {
        uint level = reader.ReadUInt32("feature level");
        reader.Require(level is >= FeatureLevels.First and <= int.MaxValue, "feature level", $"{level} is impossible");
        return (int)level;
    }

    private static string ReadText(ref WireReader reader, string field, int bytesMax)
    {
        int length = reader.ReadUInt16(field);
        reader.Require(length <= bytesMax, field, $"has {length} bytes, more than {bytesMax}");
        ReadOnlySpan<byte> bytes = reader.Take(length, field);
        try
        {
            return _text.GetString(bytes);
        }
        catch (DecoderFallbackException exception)
        {
            throw new InvalidDataException($"member change: {field} is not UTF-8", exception);
        }
    }
}
