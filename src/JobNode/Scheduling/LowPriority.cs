using System.Runtime.InteropServices;

namespace JobNode.Scheduling;

/// <summary>Gives way to every other thread of the machine, so that the API and heart-beats stay fast.</summary>
/// <remarks>
/// Nice 19 under the normal policy, per thread (Linux keeps nice values per thread; setpriority(2), section "C
/// library/kernel differences"). Not SCHED_IDLE: it gives way a little sooner, but with weight 3 of 1024 instead of 15
/// such a thread may wait a second for the processor when other programs fill the machine, and a garbage collection has
/// to wait for every thread that runs managed code to reach a safe point: the heart-beats would stop with it. Not
/// SCHED_BATCH: it only says that the thread itself is never in a hurry to wake, and these hardly ever sleep.
/// </remarks>
internal static partial class LowPriority
{
    private const int NiceLowest = 19;
    private const int PriorityOfProcess = 0;

    /// <summary>Lowers the calling thread.</summary>
    /// <returns>0, or the errno of the refusal. Lowering needs no privilege.</returns>
    public static int EnterThisThread() =>
        SetPriority(PriorityOfProcess, GetThreadId(), NiceLowest) == 0 ? 0 : Marshal.GetLastPInvokeError();

    // glibc has a gettid wrapper since 2.30; the binary asks for 2.34 or newer anyway.
    [LibraryImport("libc", EntryPoint = "gettid")]
    private static partial int GetThreadId();

    [LibraryImport("libc", EntryPoint = "setpriority", SetLastError = true)]
    private static partial int SetPriority(int which, int who, int priority);
}
