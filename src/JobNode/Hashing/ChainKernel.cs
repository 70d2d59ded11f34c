using System.Runtime.Intrinsics.X86;

namespace JobNode.Hashing;

/// <summary>
/// The ways of advancing hash chains that this machine can use, tested and measured. Made once per process.
/// </summary>
internal sealed class ChainKernel
{
    private readonly LanePlan _plan;

    private ChainKernel(IReadOnlyList<KernelPath> paths, IReadOnlyList<string> warnings)
    {
        Paths = paths;
        Warnings = warnings;
        Best = paths.MaxBy(path => path.IterationsPerSecond)!;
        _plan = new LanePlan(paths);
    }

    /// <summary>The paths that are used, each self-tested, the plainest first.</summary>
    public IReadOnlyList<KernelPath> Paths { get; }

    /// <summary>Paths that failed their test or could not be loaded, and why; empty when all is well.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>The fastest path with all lanes busy.</summary>
    public KernelPath Best { get; }

    /// <summary>Detects, tests and measures the paths of this machine.</summary>
    /// <param name="forcedPath">The only path to use: <c>scalar</c>, <c>avx2</c> or <c>avx512</c>; null for
    /// all.</param>
    /// <param name="fault">What makes it compute wrongly, for tests.</param>
    /// <exception cref="PlatformNotSupportedException">No usable path, or not the forced one; says what is
    /// missing.</exception>
    public static ChainKernel Create(string? forcedPath, KernelFault? fault = null)
    {
        if (!Avx2.IsSupported)
        {
            throw new PlatformNotSupportedException(
                "jobnode needs an x86-64 processor with AVX2 (Intel Haswell of 2013, AMD Excavator of 2015, or "
                + "later).");
        }

        if (forcedPath is not (null or "scalar" or "avx2" or "avx512"))
        {
            throw new PlatformNotSupportedException(
                $"'{forcedPath}' is no hash path that jobnode knows; they are scalar, avx2 and avx512.");
        }

        List<string> warnings = [];
        return Create(forcedPath, KernelCatalog.Detect(warnings), warnings, fault);
    }

    /// <summary>
    /// As <see cref="Create(string?, KernelFault?)"/>, of given paths: so that a test can hand in a broken one.
    /// </summary>
    internal static ChainKernel Create(
        string? forcedPath, IReadOnlyList<KernelPath> detected, List<string> warnings, KernelFault? fault = null)
    {
        List<KernelPath> usable = [];
        foreach (KernelPath path in detected)
        {
            if (forcedPath is not null && path.Name != forcedPath)
            {
                continue;
            }

            string? failure = KernelSelfTest.FindFailure(path);
            if (failure is null)
            {
                KernelRate.Measure(path);
                usable.Add(path);
            }
            else
            {
                warnings.Add($"the {path.Name} path is not used: {failure}");
            }
        }

        if (usable.Count == 0)
        {
            string why = warnings.Count > 0 ? string.Join("; ", warnings) : "this processor does not have it";
            throw new PlatformNotSupportedException(
                $"The hash path {forcedPath ?? "of any kind"} cannot be used here: {why}.");
        }

        return new ChainKernel(usable, warnings) { Fault = fault };
    }

    /// <summary>Makes the lanes compute wrongly, for tests; null for never.</summary>
    public KernelFault? Fault { get; init; }

    /// <summary>Lanes for one hash thread.</summary>
    public ChainLanes CreateLanes() => new(_plan, Fault);
}
