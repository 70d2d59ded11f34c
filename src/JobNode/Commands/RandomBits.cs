namespace JobNode.Commands;

/// <summary>
/// Random numbers for identities, from the kernel's generator. Not RandomNumberGenerator: on Linux that is OpenSSL's,
/// and a node must run where no OpenSSL is installed.
/// </summary>
internal static class RandomBits
{
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
        UInt128 bits = UInt128.Zero;
        while (bits == UInt128.Zero)
        {
            // A GUID of version 4 has 122 random bits and 6 fixed ones (RFC 9562 section 5.4); turned by 32, one GUID's
            // fixed bits fall on random ones of the other.
            bits = NextGuid() ^ UInt128.RotateLeft(NextGuid(), 32);
        }

        return bits;
    }

    private static UInt128 NextGuid()
    {
        Span<byte> bytes = stackalloc byte[16];
        Invariant.That(Guid.NewGuid().TryWriteBytes(bytes), "a GUID has 16 bytes");
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }
}
