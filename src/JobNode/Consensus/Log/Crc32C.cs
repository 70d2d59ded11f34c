using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace JobNode.Consensus.Log;

/// <summary>
/// CRC-32C (Castagnoli polynomial, RFC 3720 appendix B.4). <see cref="BitOperations"/> compiles to the SSE 4.2
/// instruction, so that the check costs less than the copy. It finds every error of up to 32 adjacent bits.
/// </summary>
internal static class Crc32C
{
    /// <summary>The register before any byte.</summary>
    public const uint Initial = uint.MaxValue;

    /// <summary>The finished checksum of one span.</summary>
    public static uint Compute(ReadOnlySpan<byte> data) => ~Update(Initial, data);

    /// <summary>Feeds bytes to the register. Updates can be chained; the final inversion is the caller's.</summary>
    public static uint Update(uint register, ReadOnlySpan<byte> data)
    {
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(data);
        foreach (ulong word in words)
        {
            register = BitOperations.Crc32C(
                register, BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word));
        }

        foreach (byte last in data[(words.Length * sizeof(ulong))..])
        {
            register = BitOperations.Crc32C(register, last);
        }

        return register;
    }

    /// <summary>Feeds a number as eight little-endian bytes.</summary>
    public static uint Update(uint register, ulong value) => BitOperations.Crc32C(register, value);
}
