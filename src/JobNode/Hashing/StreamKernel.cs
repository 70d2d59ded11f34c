using System.Runtime.CompilerServices;
using static JobNode.Hashing.Sha512Constants;

namespace JobNode.Hashing;

/// <summary>
/// The fastest ways for one message and for one chain: what the generated code needs around it. Its oracle is
/// <c>ScalarKernel</c>.
/// </summary>
internal static unsafe class StreamKernel
{
    /// <summary>Bytes by which the work area is aligned: the code tells its rounds by the address.</summary>
    public const int AlignmentBytes = 1024;

    /// <summary>
    /// Words of the work area: two schedules, the constants (each pair twice, for two blocks), what the code keeps.
    /// </summary>
    public const int WorkWords = (4 * Rounds) + 8;

    /// <summary>Absorbs whole blocks: <paramref name="message"/> is a multiple of 128 bytes.</summary>
    [SkipLocalsInit]
    public static void AbsorbBlocks(Span<ulong> state, ReadOnlySpan<byte> message)
    {
        if (state.Length != DigestWords || message.Length % BlockBytes != 0)
        {
            throw new ArgumentException("a SHA-512 message is absorbed in blocks of 128 bytes", nameof(message));
        }

        if (message.Length == 0)
        {
            return;
        }

        byte* room = stackalloc byte[(WorkWords * sizeof(ulong)) + AlignmentBytes];
        ulong* work = (ulong*)(((nuint)room + AlignmentBytes) & ~(nuint)(AlignmentBytes - 1));
        fixed (ulong* hash = state)
        fixed (ulong* constants = RoundConstants)
        fixed (byte* blocks = message)
        {
            Prepare(work, constants);
            StreamKernels.Absorb(hash, blocks, (ulong)(message.Length / BlockBytes), work);
        }
    }

    /// <summary>One chain; a <c>LaneKernelBody</c> whose scratch is the work area.</summary>
    public static void Advance1(ulong* state, ulong* scratch, ulong* constants, ulong steps)
    {
        Prepare(scratch, constants);
        StreamKernels.Advance1(state, scratch, steps);
    }

    private static void Prepare(ulong* work, ulong* constants)
    {
        ulong* pairs = work + (2 * Rounds);
        for (int round = 0; round < Rounds; round += 2)
        {
            pairs[2 * round] = pairs[(2 * round) + 2] = constants[round];
            pairs[(2 * round) + 1] = pairs[(2 * round) + 3] = constants[round + 1];
        }
    }
}
