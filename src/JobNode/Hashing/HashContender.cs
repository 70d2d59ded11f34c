namespace JobNode.Hashing;

/// <summary>Advances a 64-byte chain value in place.</summary>
internal delegate void DigestAdvance(Span<byte> digest64, ulong steps);

/// <summary>One way of hashing that <see cref="HashBenchmark"/> compares.</summary>
/// <param name="Name">The row's name.</param>
/// <param name="Lanes">Chains advanced together.</param>
/// <param name="Note">What it is.</param>
/// <param name="Start">Makes a thread's own state.</param>
internal sealed record HashContender(string Name, int Lanes, string Note, Func<HashRunner> Start)
{
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
