using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace JobNode.Hashing;

/// <summary>Which paths the program has for this processor.</summary>
internal static unsafe class KernelCatalog
{
    /// <summary>The paths that can be run here, untested, the plainest first.</summary>
    /// <param name="warnings">Receives why a path that the machine could run is missing.</param>
    public static IReadOnlyList<KernelPath> Detect(List<string> warnings)
    {
        List<KernelPath> paths = [new KernelPath("scalar", new LaneKernel(1, 1, StreamKernel.Advance1))];
        if (Avx2.IsSupported)
        {
            paths.Add(new KernelPath("avx2", new LaneKernel(4, 4, Avx2Kernels.Advance4))
            {
                Limit = new LaneKernel(4, 4, Avx2Kernels.Limit),
            });
        }

        if (Avx512F.VL.IsSupported)
        {
            // Under the JIT, which compiles for the machine that it runs on.
            paths.Add(new KernelPath(
                "avx512",
                new LaneKernel(4, 4, Avx512Kernels.Advance4),
                new LaneKernel(8, 8, Avx512Kernels.Advance8),
                new LaneKernel(16, 8, Avx512Kernels.Advance16))
            {
                Limit = new LaneKernel(8, 8, Avx512Kernels.Limit),
            });
        }
        else if (!RuntimeFeature.IsDynamicCodeSupported)
        {
            AddFromLibrary(paths, warnings);
        }

        return paths;
    }

    private static void AddFromLibrary(List<KernelPath> paths, List<string> warnings)
    {
        try
        {
            if (KernelLibrary.IsMachineCapable())
            {
                paths.Add(KernelLibrary.Load());
            }
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException or IOException)
        {
            warnings.Add($"the avx512 path is not used: its library could not be loaded ({e.Message})");
        }
    }
}
