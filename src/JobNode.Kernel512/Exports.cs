using System.Runtime.InteropServices;
using JobNode.Hashing;

namespace JobNode.Kernel512;

/// <summary>The library's one entry.</summary>
internal static unsafe class Exports
{
    /// <summary>
    /// Advances <paramref name="lanes"/> (4, 8 or 16) chains by <paramref name="steps"/> hashes; the buffers are the
    /// caller's and laid out as <c>LaneKernelBody</c> says. With 0 lanes, runs the control: 8 lanes' instructions that
    /// hash nothing. Returns 0, or -1 when there is no kernel of that many
    /// lanes.
    /// </summary>
    [UnmanagedCallersOnly(EntryPoint = "jobnode_chain_advance")]
    public static int Advance(int lanes, ulong* state, ulong* scratch, ulong* constants, ulong steps)
    {
        switch (lanes)
        {
            case 0:
                Avx512Kernels.Limit(state, scratch, constants, steps);
                return 0;
            case 4:
                Avx512Kernels.Advance4(state, scratch, constants, steps);
                return 0;
            case 8:
                Avx512Kernels.Advance8(state, scratch, constants, steps);
                return 0;
            case 16:
                Avx512Kernels.Advance16(state, scratch, constants, steps);
                return 0;
            default:
                return -1;
        }
    }
}
