using System.Buffers.Binary;
using static JobNode.Hashing.Sha512Constants;

namespace JobNode.Hashing;

/// <summary>
/// SHA-512 of a body that arrives in pieces of any size; holds one block of it at most. For one thread and one message.
/// </summary>
/// <remarks>Our own compression, so that the binary needs no OpenSSL on the machine that it runs on.</remarks>
internal sealed class BodyHasher
{
    private const int LengthBytes = 16;

    private readonly ulong[] _state = InitialState.ToArray();
    private readonly byte[] _partial = new byte[BlockBytes];
    private int _partialBytes;
    private ulong _totalBytes;
    private bool _finished;

    /// <summary>Absorbs the next bytes of the body.</summary>
    /// <exception cref="InvalidOperationException">The digest was already taken.</exception>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        ThrowIfFinished();
        _totalBytes += (ulong)bytes.Length;
        if (_partialBytes > 0)
        {
            int taken = Math.Min(bytes.Length, BlockBytes - _partialBytes);
            bytes[..taken].CopyTo(_partial.AsSpan(_partialBytes));
            _partialBytes += taken;
            bytes = bytes[taken..];
            if (_partialBytes < BlockBytes)
            {
                return;
            }

            StreamKernel.AbsorbBlocks(_state, _partial);
            _partialBytes = 0;
        }

        int whole = bytes.Length - (bytes.Length % BlockBytes);
        StreamKernel.AbsorbBlocks(_state, bytes[..whole]);
        bytes[whole..].CopyTo(_partial);
        _partialBytes = bytes.Length - whole;
    }

    /// <summary>Pads as FIPS 180-4 section 5.1.2 says and writes the 64 bytes of the digest.</summary>
    /// <exception cref="InvalidOperationException">The digest was already taken.</exception>
    public void Finish(Span<byte> digest64)
    {
        RequireDigest(digest64);
        ThrowIfFinished();
        _finished = true;

        Span<byte> tail = stackalloc byte[2 * BlockBytes];
        tail.Clear();
        _partial.AsSpan(0, _partialBytes).CopyTo(tail);
        tail[_partialBytes] = 0x80;
        tail = tail[..(_partialBytes < BlockBytes - LengthBytes ? BlockBytes : 2 * BlockBytes)];
        BinaryPrimitives.WriteUInt128BigEndian(tail[^LengthBytes..], (UInt128)_totalBytes * 8);
        StreamKernel.AbsorbBlocks(_state, tail);
        for (int word = 0; word < DigestWords; word++)
        {
            BinaryPrimitives.WriteUInt64BigEndian(digest64[(word * sizeof(ulong))..], _state[word]);
        }
    }

    private void ThrowIfFinished()
    {
        if (_finished)
        {
            throw new InvalidOperationException("the digest of this body was already taken");
        }
    }
}
