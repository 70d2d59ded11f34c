using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace JobNode.Fuzz;

/// <summary>
/// Makes a new input of known ones: flips, counts and lengths near their bounds, pieces left out, doubled, moved
/// or taken
/// from another input, and words of the format.
/// </summary>
internal sealed class Mutator(Random random, IReadOnlyList<string> words)
{
    private const int StepsMax = 6;
    private const int PieceMax = 64;

    /// <summary>Inputs grow no further.</summary>
    private const int LengthMax = 64 << 10;

    private static readonly ulong[] Numbers =
    [
        0, 1, 2, 7, 8, 15, 16, 63, 64, 127, 128, 255, 256, 4095, 4096, 4097, 32767, 32768, 65535, 65536,
        1 << 20, 8 << 20,
        int.MaxValue, 1UL << 31, uint.MaxValue, 1UL << 32, long.MaxValue, 1UL << 63, ulong.MaxValue - 1, ulong.MaxValue,
    ];

    private static readonly SearchValues<byte> Separators = SearchValues.Create("[]{},:?&= \n"u8);

    /// <summary>A mutation of one input; another one may lend pieces.</summary>
    public byte[] Mutate(byte[] input, byte[] other)
    {
        byte[] bytes = input;
        for (int steps = random.Next(1, StepsMax); steps > 0; steps--)
        {
            bytes = Step(bytes, other);
        }

        return bytes.Length <= LengthMax ? bytes : bytes[..LengthMax];
    }

    private byte[] Step(byte[] bytes, byte[] other)
    {
        int at = random.Next(bytes.Length + 1);
        int length = Math.Min(random.Next(1, PieceMax), bytes.Length - at);
        switch (random.Next(words.Count > 0 ? 10 : 8))
        {
            case 0 when at < bytes.Length:
                return Change(bytes, copy => copy[at] ^= (byte)(1 << random.Next(8)));
            case 1 when at < bytes.Length:
                return Change(bytes, copy => copy[at] = (byte)random.Next(256));
            case 2 or 3 when at < bytes.Length:
                return Change(bytes, copy => Overwrite(copy.AsSpan(at)));
            case 4:
                return [.. bytes.AsSpan(0, at), .. bytes.AsSpan(at + length)];
            case 5:
                return [.. bytes.AsSpan(0, at + length), .. bytes.AsSpan(at)];
            case 6:
                return [.. bytes.AsSpan(0, at), .. Piece(other), .. bytes.AsSpan(at)];
            case 7:
                return random.Next(4) == 0 ? bytes[..at] : [.. bytes.AsSpan(0, at), .. Tail(other)];
            case > 7:
                byte[] word = Encoding.UTF8.GetBytes(words[random.Next(words.Count)]);
                return random.Next(2) == 0
                    ? ReplaceToken(bytes, at, word)
                    : [.. bytes.AsSpan(0, at), .. word, .. bytes.AsSpan(random.Next(2) == 0 ? at : at + length)];
            default:
                return bytes;
        }
    }

    /// <summary>A word in place of what stands between two separators of JSON, queries or headers.</summary>
    private static byte[] ReplaceToken(byte[] bytes, int at, byte[] word)
    {
        int begin = bytes.AsSpan(0, at).LastIndexOfAny(Separators) + 1;
        int length = bytes.AsSpan(at).IndexOfAny(Separators);
        return [.. bytes.AsSpan(0, begin), .. word, .. length < 0 ? [] : bytes.AsSpan(at + length)];
    }

    private static byte[] Change(byte[] bytes, Action<byte[]> change)
    {
        byte[] copy = [.. bytes];
        change(copy);
        return copy;
    }

    private void Overwrite(Span<byte> place)
    {
        ulong number = Numbers[random.Next(Numbers.Length)];
        Span<byte> little = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(little, number);
        int size = Math.Min(1 << random.Next(4), place.Length);
        if (random.Next(4) == 0)
        {
            // A little more or less than what is there.
            place[0] = (byte)(place[0] + random.Next(-2, 3));
            return;
        }

        little[..size].CopyTo(place);
    }

    private byte[] Piece(byte[] other)
    {
        int at = random.Next(other.Length + 1);
        return other[at..Math.Min(other.Length, at + random.Next(PieceMax))];
    }

    private byte[] Tail(byte[] other) => other[random.Next(other.Length + 1)..];
}
