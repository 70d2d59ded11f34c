using System.Runtime.InteropServices;

namespace JobNode.Scheduling;

/// <summary>Gives way to the other threads of the machine, so that the API and heart-beats stay fast.</summary>
/// <remarks>
/// Nice 10 under the normal policy, per thread (Linux keeps nice values per thread; setpriority(2), section "C
/// library/kernel differences"): a tenth of a normal thread's weight (110 of 1024), and a normal thread that wakes goes
/// first. Not lower, because a garbage collection waits for every thread that runs managed code, kernels included, to
/// reach a safe point: with nice 19 (weight 15) or SCHED_IDLE (weight 3) and other programs filling the machine, that
/// takes a second or more, in which the whole node, heart-beats included, stands still. Not SCHED_BATCH: it only
/// says that the thread itself is never in a hurry to wake, and these hardly ever sleep.
/// </remarks>
internal static partial class LowPriority
{
    private const int NiceOfHashing = 10;
    private const int PriorityOfProcess = 0;

    /// <summary>Lowers the calling thread.</summary>
    /// <returns>0, or the errno of the refusal. Lowering needs no privilege.</returns>
    public static int EnterThisThread() =>
        SetPriority(PriorityOfProcess, GetThreadId(), NiceOfHashing) == 0 ? 0 : Marshal.GetLastPInvokeError();

    // glibc has a gettid wrapper since 2.30; the binary asks for 2.34 or newer anyway.
    [LibraryImport("libc", EntryPoint = "gettid")]
    private static partial int GetThreadId();

    [LibraryImport("libc", EntryPoint = "setpriority", SetLastError = true)]
    private static partial int SetPriority(int which, int who, int priority);
}
