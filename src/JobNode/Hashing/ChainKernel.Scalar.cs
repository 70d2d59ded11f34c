using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using static JobNode.Hashing.Sha512Constants;

namespace JobNode.Hashing;

/// <summary>SHA-512's compression in plain C#: the oracle of the vector kernels, and what hashes uploads.</summary>
/// <remarks>FIPS 180-4 section 6.4.2. The schedule rolls through sixteen words instead of filling eighty.</remarks>
internal static unsafe class ScalarKernel
{
    /// <summary>Absorbs whole blocks: <paramref name="message"/> is a multiple of 128 bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AbsorbBlocks(Span<ulong> state, ReadOnlySpan<byte> message)
    {
        if (state.Length != DigestWords || message.Length % BlockBytes != 0)
        {
            throw new ArgumentException("a SHA-512 message is absorbed in blocks of 128 bytes", nameof(message));
        }

        ulong* block = stackalloc ulong[BlockWords];
        fixed (ulong* hash = state)
        fixed (ulong* constants = RoundConstants)
        {
            for (; message.Length > 0; message = message[BlockBytes..])
            {
                for (int word = 0; word < BlockWords; word++)
                {
                    block[word] = BinaryPrimitives.ReadUInt64BigEndian(message[(word * sizeof(ulong))..]);
                }

                Compress(hash, block, constants);
            }
        }
    }

    /// <summary>
    /// Hashes one chain value <paramref name="steps"/> times; a <c>LaneKernelBody</c> of one lane. A 64-byte message is
    /// one block: the value, a one bit, zeros and the length 512 (FIPS 180-4 section 5.1.2).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Advance(ulong* state, ulong* scratch, ulong* constants, ulong steps)
    {
        for (; steps != 0; steps--)
        {
            new ReadOnlySpan<ulong>(state, DigestWords).CopyTo(new Span<ulong>(scratch, DigestWords));
            new Span<ulong>(scratch + DigestWords, DigestWords).Clear();
            scratch[DigestWords] = 1UL << 63;
            scratch[BlockWords - 1] = DigestBytes * 8;
            InitialState.CopyTo(new Span<ulong>(state, DigestWords));
            Compress(state, scratch, constants);
        }
    }

    /// <summary>One compression; <paramref name="w"/> is overwritten with the last words of the schedule.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Compress(ulong* hash, ulong* w, ulong* constants)
    {
        ulong a = hash[0], b = hash[1], c = hash[2], d = hash[3];
        ulong e = hash[4], f = hash[5], g = hash[6], h = hash[7];
        for (int start = 0; start < Rounds; start += BlockWords)
        {
            ulong* k = constants + start;
            for (int i = 0; i < BlockWords; i += DigestWords)
            {
                // Eight rounds rename the variables back to where they were, so none is ever moved.
                Round(a, b, c, ref d, e, f, g, ref h, k[i], w[i]);
                Round(h, a, b, ref c, d, e, f, ref g, k[i + 1], w[i + 1]);
                Round(g, h, a, ref b, c, d, e, ref f, k[i + 2], w[i + 2]);
                Round(f, g, h, ref a, b, c, d, ref e, k[i + 3], w[i + 3]);
                Round(e, f, g, ref h, a, b, c, ref d, k[i + 4], w[i + 4]);
                Round(d, e, f, ref g, h, a, b, ref c, k[i + 5], w[i + 5]);
                Round(c, d, e, ref f, g, h, a, ref b, k[i + 6], w[i + 6]);
                Round(b, c, d, ref e, f, g, h, ref a, k[i + 7], w[i + 7]);
            }

            if (start + BlockWords < Rounds)
            {
                Schedule(w);
            }
        }

        hash[0] += a;
        hash[1] += b;
        hash[2] += c;
        hash[3] += d;
        hash[4] += e;
        hash[5] += f;
        hash[6] += g;
        hash[7] += h;
    }

    /// <summary>Replaces sixteen words of the schedule with the next sixteen (section 6.4.2, step 1).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Schedule(ulong* w)
    {
        for (int t = 0; t < BlockWords; t++)
        {
            w[t] += SmallSigma1(w[(t + 14) & 15]) + w[(t + 9) & 15] + SmallSigma0(w[(t + 1) & 15]);
        }
    }

    /// <summary>One round (section 6.4.2, step 3): the new e goes where d was, the new a where h was.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round(
        ulong a, ulong b, ulong c, ref ulong d, ulong e, ulong f, ulong g, ref ulong h, ulong k, ulong w)
    {
        ulong t1 = h + k + w + Choose(e, f, g) + BigSigma1(e);
        d += t1;
        h = t1 + Majority(a, b, c) + BigSigma0(a);
    }
}
