using System.ComponentModel;
using System.Runtime.InteropServices;

namespace JobNode.Tests.Support;

/// <summary>Sends signals to processes that the tests started; the numbers are those of Linux on x86-64.</summary>
internal static partial class Signals
{
    /// <summary>Ends at once, without a word: what <c>kill -9</c> sends.</summary>
    public const int Kill = 9;

    /// <summary>Asks to end in order.</summary>
    public const int Terminate = 15;

    /// <summary>Goes on after <see cref="Stop"/>.</summary>
    public const int Continue = 18;

    /// <summary>Freezes.</summary>
    public const int Stop = 19;

    /// <summary>Sends a signal.</summary>
    /// <exception cref="Win32Exception">There is no such process, or it is another user's.</exception>
    public static void Send(int processId, int signal)
    {
        if (SendSignal(processId, signal) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError(), $"signal {signal} to process {processId}");
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int processId, int signal);
}
