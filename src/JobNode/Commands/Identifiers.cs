using System.Buffers.Binary;
using System.Globalization;

namespace JobNode.Commands;

/// <summary>A job's identity: a UUIDv7 (RFC 9562) made by the node that accepted the upload.</summary>
/// <param name="Value">The 128 bits in big-endian reading order, so that ids sort by time.</param>
internal readonly record struct JobId(UInt128 Value) : IComparable<JobId>
{
    /// <summary>Bytes of an id on the wire.</summary>
    public const int SizeBytes = 16;

    /// <summary>Characters, and bytes of UTF-8, of the text form.</summary>
    public const int TextBytes = 36;

    /// <summary>Makes a new id: 48 bits of Unix milliseconds, version, variant, 74 random bits.</summary>
    public static JobId Create(DateTimeOffset now)
    {
        Span<byte> bytes = stackalloc byte[SizeBytes];
        RandomBits.Fill(bytes[6..]);
        long unixMs = now.ToUnixTimeMilliseconds();
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)(unixMs >> 32));
        BinaryPrimitives.WriteUInt32BigEndian(bytes[2..], (uint)unixMs);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x70);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new JobId(BinaryPrimitives.ReadUInt128BigEndian(bytes));
    }

    /// <summary>A name for work that is not a job, such as a check: a UUIDv8, so never equal to a job's id.</summary>
    /// <param name="high">Bits to tell it from others by; four of them give way to the version.</param>
    /// <param name="low">More of them; two give way to the variant.</param>
    public static JobId NameOf(ulong high, ulong low) =>
        new(new UInt128((high & ~0xF000UL) | 0x8000, (low >> 2) | (1UL << 63)));

    /// <summary>Reads the canonical text form, 8-4-4-4-12 hex digits.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out JobId id)
    {
        id = default;
        if (!Guid.TryParseExact(text, "D", out Guid guid))
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[SizeBytes];
        guid.TryWriteBytes(bytes, bigEndian: true, out _);
        id = new JobId(BinaryPrimitives.ReadUInt128BigEndian(bytes));
        return true;
    }

    /// <inheritdoc/>
    public int CompareTo(JobId other) => Value.CompareTo(other.Value);

    /// <summary>The canonical text form, 8-4-4-4-12 lowercase hex digits.</summary>
    public override string ToString() => ToGuid().ToString("D");

    /// <summary>Writes the text form as UTF-8, <see cref="TextBytes"/> bytes.</summary>
    public void WriteText(Span<byte> utf8)
    {
        bool fits = ToGuid().TryFormat(utf8, out int written, "D");
        Invariant.That(fits && written == TextBytes, "a UUID has 36 characters");
    }

    private Guid ToGuid()
    {
        Span<byte> bytes = stackalloc byte[SizeBytes];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, Value);
        return new Guid(bytes, bigEndian: true);
    }
}

/// <summary>A node's identity: 64 random bits, made once per data directory. A wiped node is a new node.</summary>
internal readonly record struct NodeId(ulong Value) : IComparable<NodeId>
{
    /// <summary>No node: raft's zero.</summary>
    public static readonly NodeId None;

    /// <summary>Makes a random id that is never <see cref="None"/>.</summary>
    public static NodeId Create() => new(RandomBits.Next64());

    /// <summary>Reads sixteen hex digits.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out NodeId id)
    {
        bool ok = text.Length == 16
            & ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong value);
        id = new NodeId(value);
        return ok;
    }

    /// <inheritdoc/>
    public int CompareTo(NodeId other) => Value.CompareTo(other.Value);

    /// <summary>Sixteen lowercase hex digits.</summary>
    public override string ToString() => Value.ToString("x16", CultureInfo.InvariantCulture);
}

/// <summary>Names one proposal: raft gives no index back, so the proposer finds its entry again by this.</summary>
internal readonly record struct ProposalId(NodeId Node, ulong Sequence);
