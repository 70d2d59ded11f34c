namespace JobNode.Hashing;

/// <summary>Which paths the program has for this processor.</summary>
internal static unsafe class KernelCatalog
{
    /// <summary>The paths that can be run here, untested, the plainest first; what is missing is said in a warning.</summary>
    public static IReadOnlyList<KernelPath> Detect(List<string> warnings)
    {
        warnings.Add("the vector kernels are not built yet");
        List<KernelPath> paths = [new KernelPath("scalar", new LaneKernel(1, 1, ScalarKernel.Advance))];
        return paths;
    }
}
