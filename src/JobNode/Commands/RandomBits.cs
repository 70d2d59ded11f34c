using System.Runtime.InteropServices;

namespace JobNode.Commands;

/// <summary>
/// Random numbers for identities, from the kernel's generator. Not RandomNumberGenerator: on Linux that is OpenSSL's,
/// and a node must run where no OpenSSL is installed.
/// </summary>
internal static partial class RandomBits
{
    // The most that one getentropy(3) gives: an id takes ten bytes of it, so a system call is made for one in 25.
    private const int StockBytes = 256;

    [ThreadStatic]
    private static byte[]? _stock;

    [ThreadStatic]
    private static int _left;

    /// <summary>64 bits, never all zero.</summary>
    public static ulong Next64()
    {
        ulong bits = 0;
        while (bits == 0)
        {
            bits = (ulong)Next128();
        }

        return bits;
    }

    /// <summary>128 bits, never all zero.</summary>
    public static UInt128 Next128()
    {
        Span<byte> bytes = stackalloc byte[16];
        UInt128 bits = UInt128.Zero;
        while (bits == UInt128.Zero)
        {
            Fill(bytes);
            bits = System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes);
        }

        return bits;
    }

    /// <summary>Random bytes, at most <see cref="StockBytes"/>; none is ever given out twice.</summary>
    public static void Fill(Span<byte> bytes)
    {
        Invariant.That(bytes.Length <= StockBytes, "what is asked for is in stock");
        _stock ??= new byte[StockBytes];
        if (_left < bytes.Length)
        {
            Refill(_stock);
            _left = StockBytes;
        }

        Span<byte> taken = _stock.AsSpan(_left - bytes.Length, bytes.Length);
        taken.CopyTo(bytes);
        taken.Clear();
        _left -= bytes.Length;
    }

    private static unsafe void Refill(Span<byte> bytes)
    {
        fixed (byte* pointer = bytes)
        {
            if (getentropy(pointer, (nuint)bytes.Length) != 0)
            {
                throw new IOException("the kernel gives no random numbers (getentropy failed)");
            }
        }
    }

    [LibraryImport("libc.so.6")]
    private static unsafe partial int getentropy(byte* buffer, nuint bytes);
}
