using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using static JobNode.Hashing.Sha512Constants;

namespace JobNode.Hashing;

/// <summary>SHA-512's compression in plain C#: the oracle of all other kernels.</summary>
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
        ulong t;
        for (int start = 0; start < Rounds; start += BlockWords)
        {
            ulong* k = constants + start;
            for (int i = 0; i < BlockWords; i += DigestWords)
            {
                // A round renames the variables instead of moving them; after eight they are back where they were.
                t = First(e, f, g, h) + k[i] + w[i];
                d += t;
                h = t + Second(a, b, c);
                t = First(d, e, f, g) + k[i + 1] + w[i + 1];
                c += t;
                g = t + Second(h, a, b);
                t = First(c, d, e, f) + k[i + 2] + w[i + 2];
                b += t;
                f = t + Second(g, h, a);
                t = First(b, c, d, e) + k[i + 3] + w[i + 3];
                a += t;
                e = t + Second(f, g, h);
                t = First(a, b, c, d) + k[i + 4] + w[i + 4];
                h += t;
                d = t + Second(e, f, g);
                t = First(h, a, b, c) + k[i + 5] + w[i + 5];
                g += t;
                c = t + Second(d, e, f);
                t = First(g, h, a, b) + k[i + 6] + w[i + 6];
                f += t;
                b = t + Second(c, d, e);
                t = First(f, g, h, a) + k[i + 7] + w[i + 7];
                e += t;
                a = t + Second(b, c, d);
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
        w[0] += Mixed(w[14], w[1]) + w[9];
        w[1] += Mixed(w[15], w[2]) + w[10];
        w[2] += Mixed(w[0], w[3]) + w[11];
        w[3] += Mixed(w[1], w[4]) + w[12];
        w[4] += Mixed(w[2], w[5]) + w[13];
        w[5] += Mixed(w[3], w[6]) + w[14];
        w[6] += Mixed(w[4], w[7]) + w[15];
        w[7] += Mixed(w[5], w[8]) + w[0];
        w[8] += Mixed(w[6], w[9]) + w[1];
        w[9] += Mixed(w[7], w[10]) + w[2];
        w[10] += Mixed(w[8], w[11]) + w[3];
        w[11] += Mixed(w[9], w[12]) + w[4];
        w[12] += Mixed(w[10], w[13]) + w[5];
        w[13] += Mixed(w[11], w[14]) + w[6];
        w[14] += Mixed(w[12], w[15]) + w[7];
        w[15] += Mixed(w[13], w[0]) + w[8];
    }

    /// <summary>T1 of a round without the constant and the word (step 3): h + Sigma1(e) + Ch(e, f, g).</summary>
    /// <remarks>
    /// Plain expressions: calls within calls exceed the JIT's budget for inlining here, at a third of the speed.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong First(ulong e, ulong f, ulong g, ulong h) =>
        h + (((f ^ g) & e) ^ g)
        + (((e >> 14) | (e << 50)) ^ ((e >> 18) | (e << 46)) ^ ((e >> 41) | (e << 23)));

    /// <summary>T2 of a round: Sigma0(a) + Maj(a, b, c).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Second(ulong a, ulong b, ulong c) =>
        ((a & b) | (c & (a | b)))
        + (((a >> 28) | (a << 36)) ^ ((a >> 34) | (a << 30)) ^ ((a >> 39) | (a << 25)));

    /// <summary>sigma1(before2) + sigma0(before15), of the schedule (section 4.1.3).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Mixed(ulong before2, ulong before15) =>
        (((before2 >> 19) | (before2 << 45)) ^ ((before2 >> 61) | (before2 << 3)) ^ (before2 >> 6))
        + (((before15 >> 1) | (before15 << 63)) ^ ((before15 >> 8) | (before15 << 56)) ^ (before15 >> 7));
}
