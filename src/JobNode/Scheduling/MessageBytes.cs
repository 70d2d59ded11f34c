using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using JobNode.Commands;

namespace JobNode.Scheduling;

/// <summary>Writes little-endian fields.</summary>
internal readonly ref struct MessageWriter(IBufferWriter<byte> destination)
{
    /// <summary>One byte.</summary>
    public void Byte(byte value)
    {
        destination.GetSpan(1)[0] = value;
        destination.Advance(1);
    }

    /// <summary>Four bytes.</summary>
    public void Int32(int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(destination.GetSpan(sizeof(int)), value);
        destination.Advance(sizeof(int));
    }

    /// <summary>Eight bytes.</summary>
    public void UInt64(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(destination.GetSpan(sizeof(ulong)), value);
        destination.Advance(sizeof(ulong));
    }

    /// <summary>Eight bytes, IEEE 754.</summary>
    public void Double(double value) => UInt64(BitConverter.DoubleToUInt64Bits(value));

    /// <summary>Sixteen bytes.</summary>
    public void Id(JobId id)
    {
        BinaryPrimitives.WriteUInt128LittleEndian(destination.GetSpan(JobId.SizeBytes), id.Value);
        destination.Advance(JobId.SizeBytes);
    }

    /// <summary>Sixty-four bytes.</summary>
    public void Digest(Digest512 digest) => destination.Write(digest.Bytes);

    /// <summary>A byte of length, then UTF-8.</summary>
    public void Text(string text)
    {
        int length = Encoding.UTF8.GetByteCount(text);
        Invariant.That(length <= SchedulingLimits.KernelPathCharactersMax, "a text on the wire is short");
        Byte((byte)length);
        Encoding.UTF8.GetBytes(text, destination.GetSpan(length));
        destination.Advance(length);
    }
}

/// <summary>Reads little-endian fields of bytes that nobody vouches for.</summary>
internal ref struct MessageReader(ReadOnlySpan<byte> source)
{
    private WireReader _wire = new(source, "work message");

    /// <summary>One byte.</summary>
    public byte Byte() => _wire.ReadByte("a byte");

    /// <summary>Eight bytes.</summary>
    public ulong UInt64() => _wire.ReadUInt64("a number");

    /// <summary>
    /// A number from 0 to <paramref name="max"/>, of elements that need <paramref name="bytesEach"/> of what is
    /// left.
    /// </summary>
    public int Count(int max, int bytesEach)
    {
        int count = (int)_wire.ReadUInt32("a count");
        return count >= 0 && count <= max && (long)count * bytesEach <= _wire.Remaining
            ? count
            : throw new InvalidDataException($"{count} is not within 0 to {max}, or the message is too short for it");
    }

    /// <summary>A finite number, not negative: a rate, or a time in seconds.</summary>
    public double Amount()
    {
        double amount = BitConverter.UInt64BitsToDouble(UInt64());
        return double.IsFinite(amount) && amount >= 0
            ? amount
            : throw new InvalidDataException($"{amount} is not a rate or a time");
    }

    /// <summary>Unix milliseconds, up to the year 9999.</summary>
    public DateTimeOffset Time()
    {
        ulong timeMs = UInt64();
        return timeMs <= (ulong)DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
            ? DateTimeOffset.FromUnixTimeMilliseconds((long)timeMs)
            : throw new InvalidDataException($"{timeMs} ms is not a time");
    }

    /// <summary>Sixteen bytes.</summary>
    public JobId Id() => _wire.ReadJobId();

    /// <summary>Sixty-four bytes.</summary>
    public Digest512 Digest() => _wire.ReadDigest("a chain value");

    /// <summary>A byte of length, then printable ASCII.</summary>
    public string Text(int charactersMax)
    {
        int length = Byte();
        ReadOnlySpan<byte> bytes = _wire.Take(length, "a text");
        return length <= charactersMax && !bytes.ContainsAnyExceptInRange((byte)' ', (byte)'~')
            ? Encoding.ASCII.GetString(bytes)
            : throw new InvalidDataException($"a text of {length} bytes is too long or not plain ASCII");
    }

    /// <summary>Everything was read.</summary>
    public readonly void End() => _wire.RequireEnd();
}
