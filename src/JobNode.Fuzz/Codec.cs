using System.Buffers;

namespace JobNode.Fuzz;

/// <summary>What every pair of reader and writer promises.</summary>
internal static class Codec
{
    /// <summary>
    /// Reading refuses with <see cref="InvalidDataException"/>, or writing gives the same bytes again.
    /// </summary>
    public static void Exact<T>(byte[] input, Func<byte[], T> decode, Func<T, byte[]> encode)
    {
        if (TryDecode(input, decode, out T value))
        {
            byte[] again = encode(value);
            FuzzFindingException.ThrowUnless(
                again.AsSpan().SequenceEqual(input),
                $"not the same bytes again: {Convert.ToHexStringLower(again)}");
        }
    }

    /// <summary>
    /// Reading refuses with <see cref="InvalidDataException"/>, or what is written after it reads and writes the same
    /// for ever: for texts, of which there are several for one value.
    /// </summary>
    public static void Settled<T>(byte[] input, Func<byte[], T> decode, Func<T, byte[]> encode)
    {
        if (!TryDecode(input, decode, out T value))
        {
            return;
        }

        byte[] first = encode(value);
        FuzzFindingException.ThrowUnless(
            TryDecode(first, decode, out T back), $"cannot be read again: {Convert.ToHexStringLower(first)}");
        byte[] second = encode(back);
        FuzzFindingException.ThrowUnless(
            second.AsSpan().SequenceEqual(first), $"changes when written again: {Convert.ToHexStringLower(second)}");
    }

    /// <summary>The bytes that something writes.</summary>
    public static byte[] Bytes(Action<IBufferWriter<byte>> write)
    {
        ArrayBufferWriter<byte> bytes = new();
        write(bytes);
        return bytes.WrittenSpan.ToArray();
    }

    private static bool TryDecode<T>(byte[] input, Func<byte[], T> decode, out T value)
    {
        try
        {
            value = decode(input);
            return true;
        }
        catch (InvalidDataException)
        {
            value = default!;
            return false;
        }
    }
}
