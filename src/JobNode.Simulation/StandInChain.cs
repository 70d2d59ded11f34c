using System.Buffers.Binary;
using JobNode.Commands;
using JobNode.Hashing;

namespace JobNode.Simulation;

/// <summary>
/// Stands for the hash chain: the digest says whose chain it is and after how many iterations, so that one addition
/// advances it by any number, and everybody can see whether a result is the right one.
/// </summary>
internal static unsafe class StandInChain
{
    /// <summary>Most lanes of one thread.</summary>
    public const int LanesMax = 4;

    private static readonly LaneKernelBody[] _bodies =
    [
        .. Enumerable.Range(0, LanesMax + 1).Select(static lanes => new LaneKernelBody(
            (state, _, _, steps) => Advance(state, lanes, steps))),
    ];

    /// <summary>The digest of a job's chain.</summary>
    public static Digest512 Of(ulong number, ulong iterations)
    {
        Span<byte> bytes = stackalloc byte[Digest512.SizeBytes];
        bytes.Clear();
        BinaryPrimitives.WriteUInt64BigEndian(bytes, number);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[sizeof(ulong)..], iterations);
        return Digest512.From(bytes);
    }

    /// <summary>The job whose chain it is.</summary>
    public static ulong NumberOf(Digest512 chain) => BinaryPrimitives.ReadUInt64BigEndian(chain.Bytes);

    /// <summary>Lanes of one thread.</summary>
    /// <param name="lanes">1 to <see cref="LanesMax"/>.</param>
    /// <param name="stepsPerSecond">What the kernel is said to have measured.</param>
    public static LanePlan Plan(int lanes, double stepsPerSecond)
    {
        var kernel = new LaneKernel(lanes, lanes, _bodies[lanes]) { SecondsPerStep = 1 / stepsPerSecond };
        return new LanePlan([new KernelPath("stand-in", kernel)]);
    }

    /// <summary>The second word of each lane counts.</summary>
    private static void Advance(ulong* state, int lanes, ulong steps)
    {
        for (int lane = 0; lane < lanes; lane++)
        {
            state[lanes + lane] += steps;
        }
    }
}
