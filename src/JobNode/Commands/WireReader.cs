using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace JobNode.Commands;

/// <summary>
/// Reads little-endian fields in order and refuses what is too short, too long or out of bounds with an
/// <see cref="InvalidDataException"/> that names the thing and the field. Allocates nothing on the good path.
/// </summary>
internal ref struct WireReader(ReadOnlySpan<byte> source, string subject)
{
    private readonly ReadOnlySpan<byte> _source = source;
    private readonly string _subject = subject;
    private int _position;

    /// <summary>Bytes not read yet.</summary>
    public readonly int Remaining => _source.Length - _position;

    /// <summary>One byte.</summary>
    public byte ReadByte(string field) => Take(1, field)[0];

    /// <summary>Two bytes.</summary>
    public ushort ReadUInt16(string field) => BinaryPrimitives.ReadUInt16LittleEndian(Take(sizeof(ushort), field));

    /// <summary>Four bytes.</summary>
    public uint ReadUInt32(string field) => BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint), field));

    /// <summary>Eight bytes.</summary>
    public ulong ReadUInt64(string field) => BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong), field));

    /// <summary>Sixteen bytes.</summary>
    public UInt128 ReadUInt128(string field) => BinaryPrimitives.ReadUInt128LittleEndian(Take(16, field));

    /// <summary>A job id: sixteen bytes, little-endian like every other number.</summary>
    public JobId ReadJobId() => new(ReadUInt128("job id"));

    /// <summary>The 64 digest bytes as they are.</summary>
    public Digest512 ReadDigest(string field) => Digest512.From(Take(Digest512.SizeBytes, field));

    /// <summary>The next <paramref name="count"/> bytes, in place.</summary>
    public ReadOnlySpan<byte> Take(int count, string field)
    {
        if (count < 0 || count > Remaining)
        {
            throw new InvalidDataException(
                $"{_subject}: ends inside {field} (byte {_position} of {_source.Length}, {count} needed)");
        }

        ReadOnlySpan<byte> taken = _source.Slice(_position, count);
        _position += count;
        return taken;
    }

    /// <summary>Refuses a value that breaks a bound.</summary>
    public readonly void Require(
        bool holds,
        string field,
        [InterpolatedStringHandlerArgument(nameof(holds))] ref RefusalText reason)
    {
        if (!holds)
        {
            throw new InvalidDataException($"{_subject}: {field} {reason.ToStringAndClear()}");
        }
    }

    /// <summary>Refuses bytes after the last field.</summary>
    public readonly void RequireEnd()
    {
        if (Remaining != 0)
        {
            throw new InvalidDataException($"{_subject}: {Remaining} bytes too many (of {_source.Length})");
        }
    }
}

/// <summary>Formats a refusal's text only when there is a refusal.</summary>
[InterpolatedStringHandler]
internal ref struct RefusalText
{
    private DefaultInterpolatedStringHandler _text;
    private readonly bool _enabled;

    /// <summary>Called by the compiler; <paramref name="enabled"/> says whether the holes are filled at all.</summary>
    public RefusalText(int literalLength, int formattedCount, bool holds, out bool enabled)
    {
        enabled = _enabled = !holds;
        _text = enabled ? new DefaultInterpolatedStringHandler(literalLength, formattedCount) : default;
    }

    /// <summary>Text between holes.</summary>
    public void AppendLiteral(string text) => _text.AppendLiteral(text);

    /// <summary>A hole.</summary>
    public void AppendFormatted<T>(T value) => _text.AppendFormatted(value);

    /// <summary>A hole with a format.</summary>
    public void AppendFormatted<T>(T value, string? format) => _text.AppendFormatted(value, format);

    /// <summary>The whole text.</summary>
    public string ToStringAndClear() => _enabled ? _text.ToStringAndClear() : string.Empty;
}
