using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace JobNode.Commands;

/// <summary>The 64 bytes of a SHA-512 digest (FIPS 180-4), which are also the whole state of a hash chain.</summary>
/// <remarks>
/// Held as eight machine words of raw digest bytes; only equality and the bytes matter, never the words.
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
internal struct Digest512 : IEquatable<Digest512>
{
    /// <summary>Bytes of a digest.</summary>
    public const int SizeBytes = 64;

    private ulong _w0, _w1, _w2, _w3, _w4, _w5, _w6, _w7;

    /// <summary>Copies 64 bytes.</summary>
    public static Digest512 From(ReadOnlySpan<byte> bytes)
    {
        Invariant.That(bytes.Length == SizeBytes, "a digest has 64 bytes");
        return MemoryMarshal.Read<Digest512>(bytes);
    }

    /// <summary>Reads 128 hex digits.</summary>
    public static bool TryParse(ReadOnlySpan<char> hex, out Digest512 digest)
    {
        digest = default;
        return hex.Length == 2 * SizeBytes
            && Convert.FromHexString(hex, digest.Bytes, out _, out _) == System.Buffers.OperationStatus.Done;
    }

    /// <summary>The 64 bytes, in place.</summary>
    [UnscopedRef]
    public Span<byte> Bytes => MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref this, 1));

    /// <inheritdoc/>
    public readonly bool Equals(Digest512 other) =>
        _w0 == other._w0 && _w1 == other._w1 && _w2 == other._w2 && _w3 == other._w3
        && _w4 == other._w4 && _w5 == other._w5 && _w6 == other._w6 && _w7 == other._w7;

    /// <inheritdoc/>
    public override readonly bool Equals(object? obj) => obj is Digest512 other && Equals(other);

    /// <inheritdoc/>
    public override readonly int GetHashCode() => _w0.GetHashCode();

    /// <summary>128 lowercase hex digits.</summary>
    public override readonly string ToString()
    {
        Digest512 copy = this;
        return Convert.ToHexStringLower(copy.Bytes);
    }

    public static bool operator ==(Digest512 left, Digest512 right) => left.Equals(right);

    public static bool operator !=(Digest512 left, Digest512 right) => !left.Equals(right);
}
