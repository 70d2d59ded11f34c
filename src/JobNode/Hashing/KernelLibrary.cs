using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Microsoft.Win32.SafeHandles;

namespace JobNode.Hashing;

/// <summary>
/// The AVX-512 kernels as a shared library, for the native binary, which is itself compiled for AVX2 machines. It is
/// embedded as a compressed resource (Kernel512.targets), unpacked into memory and loaded from there: no file on the
/// disk.
/// </summary>
/// <remarks>
/// The library brings a small runtime of its own. Its one entry allocates nothing, so that runtime never collects, and
/// to ours a call is a native call: a kernel does not hold up our collector.
/// </remarks>
internal static unsafe partial class KernelLibrary
{
    private const string LibraryName = "jobnode-kernel512.so";
    private const string ResourceName = "jobnode-kernel512.so.gz";
    private const int ChunkBytes = 64 << 10;

    /// <summary>What the library's entry knows its control by, in the place of a number of lanes.</summary>
    private const int LimitCode = 0;

    /// <summary>memfd_create(2): closed on exec.</summary>
    private const uint CloseOnExec = 1;

    /// <summary>
    /// memfd_create(2): may be mapped as code even where that must be asked for; Linux 6.3 and later.
    /// </summary>
    private const uint Executable = 16;

    private static delegate* unmanaged<int, ulong*, ulong*, ulong*, ulong, int> s_advance;

    /// <summary>Whether the processor has AVX-512 (F, BW, CD, DQ, VL) and the system saves its registers.</summary>
    /// <remarks>
    /// CPUID leaf 7 says what the processor has. Whether it may be used stands in XCR0 (bits 5 to 7, Intel SDM volume
    /// 1, 13.3), for which .NET has no XGETBV; but Linux drops avx512f, and with it all that depends on it, from the
    /// flags of /proc/cpuinfo when it does not enable that state (arch/x86/kernel/fpu/xstate.c, cpuid-deps.c). The
    /// first 8 KiB cover the first processor; the whole file takes long on a big machine.
    /// </remarks>
    public static bool IsMachineCapable()
    {
        const int Needed = (1 << 16) | (1 << 17) | (1 << 28) | (1 << 30) | (1 << 31);
        if (!X86Base.IsSupported || X86Base.CpuId(0, 0).Eax < 7 || (X86Base.CpuId(7, 0).Ebx & Needed) != Needed)
        {
            return false;
        }

        Span<byte> start = stackalloc byte[8192];
        using SafeFileHandle file = File.OpenHandle("/proc/cpuinfo");
        int length = 0;
        for (int got = -1; got != 0 && length < start.Length; length += got)
        {
            got = RandomAccess.Read(file, start[length..], length);
        }

        start = start[..length];
        return start.IndexOf(" avx512f "u8) >= 0 && start.IndexOf(" avx512vl"u8) >= 0;
    }

    /// <summary>Loads the library and gives its kernels.</summary>
    /// <exception cref="DllNotFoundException">It is not embedded, or the system refuses to load it; says
    /// why.</exception>
    /// <exception cref="EntryPointNotFoundException">It is not the library that was meant.</exception>
    public static KernelPath Load()
    {
        if (s_advance == null)
        {
            s_advance = (delegate* unmanaged<int, ulong*, ulong*, ulong*, ulong, int>)NativeLibrary.GetExport(
                LoadFromMemory(), "jobnode_chain_advance");
        }

        return new KernelPath("avx512", Kernel(4, 4), Kernel(8, 8), Kernel(16, 8))
        {
            Limit = Kernel(8, 8, LimitCode),
        };
    }

    private static LaneKernel Kernel(int lanes, int setLanes, int? code = null) => new(
        lanes,
        setLanes,
        (state, scratch, constants, steps) =>
        {
            if (s_advance(code ?? lanes, state, scratch, constants, steps) != 0)
            {
                throw new InvalidOperationException($"the AVX-512 library has no kernel of {lanes} lanes");
            }
        });

    private static IntPtr LoadFromMemory()
    {
        using Stream resource = typeof(KernelLibrary).Assembly.GetManifestResourceStream(ResourceName)
            ?? throw new DllNotFoundException("this build does not contain it");
        int descriptor = CreateMemoryFile(LibraryName, CloseOnExec | Executable);
        if (descriptor < 0)
        {
            // An older Linux does not know the second flag and needs none.
            descriptor = CreateMemoryFile(LibraryName, CloseOnExec);
        }

        if (descriptor < 0)
        {
            throw new DllNotFoundException($"memfd_create: {Marshal.GetLastPInvokeErrorMessage()}");
        }

        // The mappings keep the memory once it is loaded; the descriptor is not needed any more.
        using SafeFileHandle file = new(descriptor, ownsHandle: true);
        using var unpacked = new GZipStream(resource, CompressionMode.Decompress);
        byte[] chunk = new byte[ChunkBytes];
        long written = 0;
        for (int got; (got = unpacked.Read(chunk)) > 0; written += got)
        {
            RandomAccess.Write(file, chunk.AsSpan(0, got), written);
        }

        return NativeLibrary.Load($"/proc/self/fd/{descriptor}");
    }

    [LibraryImport(
        "libc.so.6", EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int CreateMemoryFile(string name, uint flags);
}
