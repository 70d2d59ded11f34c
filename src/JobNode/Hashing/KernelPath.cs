namespace JobNode.Hashing;

/// <summary>
/// Advances every lane of one group of chains by <paramref name="steps"/> hashes (at least one).
/// </summary>
/// <param name="state">Words of the chain values, transposed by sets of eight (AVX-512) or four (AVX2) lanes: the words
/// 0 of a set's lanes, then the words 1, and so on; 64-byte aligned, machine byte order.</param>
/// <param name="scratch">Room for the message schedule: <see cref="LaneKernel.ScratchWords"/> words, aligned by
/// <see cref="StreamKernel.AlignmentBytes"/>.</param>
/// <param name="constants">The eighty round constants.</param>
/// <param name="steps">How many hashes to advance by.</param>
internal unsafe delegate void LaneKernelBody(ulong* state, ulong* scratch, ulong* constants, ulong steps);

/// <summary>A kernel for a fixed number of lanes.</summary>
/// <param name="lanes">Chains that it advances together.</param>
/// <param name="setLanes">Lanes of one vector register, by which the state is transposed.</param>
/// <param name="body">The code.</param>
internal sealed class LaneKernel(int lanes, int setLanes, LaneKernelBody body)
{
    /// <summary>Most lanes that any kernel has.</summary>
    public const int LanesMax = 16;

    /// <summary>
    /// Words of scratch that every kernel is content with: the schedule of <see cref="LanesMax"/> lanes, or the work
    /// area of the kernel for one.
    /// </summary>
    public const int ScratchWords = StreamKernel.WorkWords > LanesMax * Sha512Constants.BlockWords
        ? StreamKernel.WorkWords
        : LanesMax * Sha512Constants.BlockWords;

    /// <summary>Chains that it advances together.</summary>
    public int Lanes { get; } = lanes;

    /// <summary>Lanes of one vector register, by which the state is transposed.</summary>
    public int SetLanes { get; } = setLanes;

    /// <summary>The code.</summary>
    public LaneKernelBody Body { get; } = body;

    /// <summary>Measured at start: seconds in which all lanes advance by one hash.</summary>
    public double SecondsPerStep { get; set; }
}

/// <summary>An instruction set's way of advancing chains: kernels of one or more widths.</summary>
internal sealed class KernelPath(string name, params IReadOnlyList<LaneKernel> kernels)
{
    /// <summary><c>scalar</c>, <c>avx2</c> or <c>avx512</c>.</summary>
    public string Name { get; } = name;

    /// <summary>Its kernels, the narrowest first.</summary>
    public IReadOnlyList<LaneKernel> Kernels { get; } = kernels;

    /// <summary>
    /// The widest kernel's vector instructions without their dependencies, for as many lanes as a register has: it
    /// hashes nothing. What it reaches is what the vector units allow. Null where there is none.
    /// </summary>
    public LaneKernel? Limit { get; init; }

    /// <summary>Chains in its widest kernel.</summary>
    public int Lanes => Kernels[^1].Lanes;

    /// <summary>
    /// Hashes per second on one core with all lanes busy, as measured at start (a few ms: a rough number).
    /// </summary>
    public double IterationsPerSecond => Lanes / Kernels[^1].SecondsPerStep;
}
