using System.ComponentModel;
using System.Runtime.InteropServices;

namespace JobNode.Chaos.Hosts;

/// <summary>The calls of the C library that .NET does not offer; numbers are those of Linux on x86-64.</summary>
internal static partial class Posix
{
    /// <summary>Ends at once, without a word.</summary>
    public const int Kill = 9;

    /// <summary>Asks to end in order.</summary>
    public const int Terminate = 15;

    /// <summary>Goes on after <see cref="Stop"/>.</summary>
    public const int Continue = 18;

    /// <summary>Freezes.</summary>
    public const int Stop = 19;

    /// <summary>The errno of "I/O error".</summary>
    public const int InputOutputError = 5;

    /// <summary>The errno of "no space left on device".</summary>
    public const int NoSpace = 28;

    private const int TryAgain = 11;
    private const int Interrupted = 4;
    private const int NoSuchProcess = 3;
    private const int OpenReadWriteNonBlockingCloseOnExec = 0x2 | 0x800 | 0x80000;
    private const ulong SetTunInterface = 0x400454ca;
    private const short TunWithoutPacketInformation = 0x1001;
    private const int InterfaceRequestBytes = 40;
    private const int InterfaceNameBytesMax = 15;
    private const short PollIn = 1;
    private const int CurrentDirectory = -100;
    private const uint AskForInode = 0x100;

    /// <summary>Sends a signal; a process that is gone already is no error.</summary>
    /// <exception cref="Win32Exception">It was refused.</exception>
    public static void Signal(int processId, int signal)
    {
        if (kill(processId, signal) != 0 && Marshal.GetLastPInvokeError() != NoSuchProcess)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError(), $"signal {signal} to process {processId}");
        }
    }

    /// <summary>Opens a network device that hands its packets to this program.</summary>
    /// <exception cref="Win32Exception">It cannot be made.</exception>
    public static unsafe int OpenTun(string name)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(name.Length, InterfaceNameBytesMax, nameof(name));
        int device = Check(open("/dev/net/tun", OpenReadWriteNonBlockingCloseOnExec), "open /dev/net/tun");
        byte* request = stackalloc byte[InterfaceRequestBytes];
        new Span<byte>(request, InterfaceRequestBytes).Clear();
        for (int i = 0; i < name.Length; i++)
        {
            request[i] = (byte)name[i];
        }

        *(short*)(request + 16) = TunWithoutPacketInformation;
        Check(ioctl(device, SetTunInterface, (nint)request), $"make the device {name}");
        return device;
    }

    /// <summary>Takes one packet; 0 when none came within the time.</summary>
    /// <exception cref="Win32Exception">The device is gone.</exception>
    public static unsafe int ReadPacket(int device, Span<byte> into, int timeoutMs)
    {
        while (true)
        {
            fixed (byte* bytes = into)
            {
                nint count = read(device, bytes, (nuint)into.Length);
                if (count >= 0)
                {
                    return (int)count;
                }
            }

            int error = Marshal.GetLastPInvokeError();
            if (error is not (TryAgain or Interrupted))
            {
                throw new Win32Exception(error, "read a packet");
            }

            PollEntry entry = new() { Descriptor = device, Events = PollIn };
            if (poll(ref entry, 1, timeoutMs) == 0)
            {
                return 0;
            }
        }
    }

    /// <summary>
    /// Hands over one packet. A full queue or an interface that is down loses it, as networks do.
    /// </summary>
    public static unsafe bool TryWritePacket(int device, ReadOnlySpan<byte> packet)
    {
        fixed (byte* bytes = packet)
        {
            return write(device, bytes, (nuint)packet.Length) == packet.Length;
        }
    }

    /// <summary>What tells a file from all others of its file system, whatever its name.</summary>
    public static unsafe ulong InodeOf(string path)
    {
        // struct statx (statx(2)) has 256 bytes; stx_ino stands at byte 32.
        byte* facts = stackalloc byte[256];
        Check(statx(CurrentDirectory, path, 0, AskForInode, facts), $"look at {path}");
        return *(ulong*)(facts + 32);
    }

    /// <summary>Closes a descriptor.</summary>
    public static void Close(int descriptor) => Check(close(descriptor), "close");

    private static int Check(int result, string what) => result >= 0
        ? result
        : throw new Win32Exception(
            Marshal.GetLastPInvokeError(), $"{what}: {Marshal.GetLastPInvokeErrorMessage()}");

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int processId, int signal);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(int descriptor, ulong request, nint argument);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint read(int descriptor, byte* into, nuint bytes);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint write(int descriptor, byte* from, nuint bytes);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int poll(ref PollEntry entries, nuint count, int timeoutMs);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int statx(int folder, string path, int flags, uint mask, byte* facts);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int descriptor);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }
}
