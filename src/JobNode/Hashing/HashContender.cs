namespace JobNode.Hashing;

/// <summary>Advances a 64-byte chain value in place.</summary>
internal delegate void DigestAdvance(Span<byte> digest64, ulong steps);

/// <summary>Hashes a message of so many equal pieces.</summary>
internal delegate void PieceAbsorb(ReadOnlySpan<byte> piece, ulong times);

/// <summary>One way of hashing that <see cref="HashBenchmark"/> compares.</summary>
/// <param name="Name">The row's name.</param>
/// <param name="Lanes">Chains advanced together.</param>
/// <param name="Note">What it is.</param>
/// <param name="Start">Makes a thread's own state.</param>
internal sealed record HashContender(string Name, int Lanes, string Note, Func<HashRunner> Start)
{
    /// <summary>Bytes of a message that come in one step of <see cref="OfStream"/>.</summary>
    public const int PieceBytes = 64 << 10;

    /// <summary>A function that hashes one long message; a step is a piece of it.</summary>
    public static HashContender OfStream(string name, string note, PieceAbsorb absorb) => new(
        name,
        1,
        note,
        () =>
        {
            byte[] piece = new byte[PieceBytes];
            return new HashRunner(1, steps => absorb(piece, steps), resource: null);
        });

    /// <summary>A path's control, which hashes nothing.</summary>
    public static HashContender OfLimit(KernelPath path) => new(
        path.Name,
        path.Limit!.Lanes,
        string.Empty,
        () =>
        {
            LaneKernel limit = path.Limit;
            limit.SecondsPerStep = 1;
            var lanes = new ChainLanes(new LanePlan([new KernelPath(path.Name, limit)]));
            return new HashRunner(limit.Lanes, steps => lanes.Advance(limit.Lanes, steps), lanes);
        });

    /// <summary>A function that advances one chain.</summary>
    public static HashContender OfDigest(string name, string note, DigestAdvance advance) => new(
        name,
        1,
        note,
        () =>
        {
            byte[] digest = new byte[Sha512Constants.DigestBytes];
            return new HashRunner(1, steps => advance(digest, steps), resource: null);
        });

    /// <summary>The best path of a kernel with all lanes busy.</summary>
    public static HashContender OfPath(ChainKernel kernel) => new(
        kernel.Best.Name,
        kernel.Best.Lanes,
        string.Empty,
        () =>
        {
            ChainLanes lanes = kernel.CreateLanes();
            return new HashRunner(lanes.Lanes, steps => lanes.Advance(lanes.Lanes, steps), lanes);
        });
}
