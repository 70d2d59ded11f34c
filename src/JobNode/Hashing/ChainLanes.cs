using System.Buffers.Binary;
using System.Runtime.InteropServices;
using static JobNode.Hashing.Sha512Constants;

namespace JobNode.Hashing;

/// <summary>
/// The chains that one thread advances together: lane j holds one chain. Active chains must be kept compact, in lanes
/// 0 to n-1 (<see cref="Move"/>). Not thread-safe.
/// </summary>
/// <remarks>
/// A lane's words lie together here, in machine byte order. A group is transposed into a kernel's layout when it is
/// advanced and back afterwards: about a tenth of the work of one step, so that each call may take other kernels.
/// </remarks>
internal sealed unsafe class ChainLanes : IDisposable
{
    // The state takes exactly so many bytes, so that the scratch behind it is aligned, too.
    private const int AlignmentBytes = StreamKernel.AlignmentBytes;
    private const int StateWords = AlignmentBytes / sizeof(ulong);

    private readonly LanePlan _plan;
    private readonly KernelFault? _fault;
    private readonly ulong[] _chains;
    private ulong* _memory;

    /// <summary>Room for as many chains as the plan covers, all zero.</summary>
    /// <param name="plan">The kernels to use.</param>
    /// <param name="fault">What makes them compute wrongly, for tests.</param>
    public ChainLanes(LanePlan plan, KernelFault? fault = null)
    {
        _plan = plan;
        _fault = fault;
        _chains = new ulong[plan.Lanes * DigestWords];
        nuint words = StateWords + LaneKernel.ScratchWords + Rounds;
        _memory = (ulong*)NativeMemory.AlignedAlloc(words * sizeof(ulong), AlignmentBytes);
        RoundConstants.CopyTo(new Span<ulong>(Constants, Rounds));
    }

    /// <summary>Most chains it can hold: 16 with avx512, 4 with avx2, 1 with scalar.</summary>
    public int Lanes => _plan.Lanes;

    /// <summary>Iterations per second with all lanes busy, as measured at start.</summary>
    public double FullIterationsPerSecond => Lanes / _plan.SecondsPerStep(Lanes);

    /// <summary>Iterations per second of one chain alone, as measured at start.</summary>
    public double ChainIterationsPerSecond => 1 / _plan.SecondsPerStep(1);

    private ulong* State => _memory;

    private ulong* Scratch => _memory + StateWords;

    private ulong* Constants => Scratch + LaneKernel.ScratchWords;

    /// <summary>Puts a chain value, the 64 bytes of a digest, into a lane.</summary>
    public void Load(int lane, ReadOnlySpan<byte> digest64)
    {
        RequireDigest(digest64);
        Span<ulong> words = Lane(lane);
        for (int word = 0; word < DigestWords; word++)
        {
            words[word] = BinaryPrimitives.ReadUInt64BigEndian(digest64[(word * sizeof(ulong))..]);
        }

        if (_fault?.NextBit() is >= 0 and int bit)
        {
            words[bit / 64] ^= 1UL << (bit % 64);
        }
    }

    /// <summary>Writes the 64 bytes of a lane's chain value.</summary>
    public void Store(int lane, Span<byte> digest64)
    {
        RequireDigest(digest64);
        ReadOnlySpan<ulong> words = Lane(lane);
        for (int word = 0; word < DigestWords; word++)
        {
            BinaryPrimitives.WriteUInt64BigEndian(digest64[(word * sizeof(ulong))..], words[word]);
        }
    }

    /// <summary>Copies a lane over another, to close the gap that a finished chain leaves.</summary>
    public void Move(int from, int to) => Lane(from).CopyTo(Lane(to));

    /// <summary>
    /// Advances lanes 0 to <paramref name="active"/>-1 by <paramref name="steps"/> hashes; others keep theirs.
    /// </summary>
    public void Advance(int active, ulong steps)
    {
        ObjectDisposedException.ThrowIf(_memory == null, this);
        ArgumentOutOfRangeException.ThrowIfNegative(active);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(active, Lanes);
        if (steps == 0)
        {
            return;
        }

        for (int first = 0; first < active;)
        {
            LaneKernel kernel = _plan.First(active - first);
            int taken = Math.Min(kernel.Lanes, active - first);
            Advance(kernel, first, taken, steps);
            first += taken;
        }
    }

    /// <summary>Seconds that <see cref="Advance(int, ulong)"/> takes by the times measured at start.</summary>
    public double ExpectedSeconds(int active, ulong steps) => steps * _plan.SecondsPerStep(active);

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.AlignedFree(_memory);
        _memory = null;
    }

    private void Advance(LaneKernel kernel, int first, int count, ulong steps)
    {
        // Lanes without a chain compute on whatever is left there: harmless, and cheaper than clearing them.
        for (int lane = 0; lane < count; lane++)
        {
            ReadOnlySpan<ulong> words = Lane(first + lane);
            ulong* column = Column(kernel, lane);
            for (int word = 0; word < DigestWords; word++)
            {
                column[word * kernel.SetLanes] = words[word];
            }
        }

        kernel.Body(State, Scratch, Constants, steps);
        for (int lane = 0; lane < count; lane++)
        {
            Span<ulong> words = Lane(first + lane);
            ulong* column = Column(kernel, lane);
            for (int word = 0; word < DigestWords; word++)
            {
                words[word] = column[word * kernel.SetLanes];
            }
        }
    }

    /// <summary>Where the words of a kernel's lane begin; the next word is <c>SetLanes</c> further.</summary>
    private ulong* Column(LaneKernel kernel, int lane)
    {
        (int set, int place) = Math.DivRem(lane, kernel.SetLanes);
        return State + (set * kernel.SetLanes * DigestWords) + place;
    }

    private Span<ulong> Lane(int lane)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(lane);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(lane, Lanes);
        return _chains.AsSpan(lane * DigestWords, DigestWords);
    }
}
