using System.Runtime.InteropServices;

namespace JobNode.Security;

/// <summary>
/// .NET's TLS on Linux is OpenSSL's library, loaded when it is first needed; without it the runtime ends the process
/// with a line that helps nobody. So it is looked for first.
/// </summary>
internal static class OpenSslLibrary
{
    /// <summary>The names that .NET tries, in its order.</summary>
    private static readonly string[] Names = ["libssl.so.3", "libssl.so.1.1", "libssl.so.1.0.2", "libssl.so.10"];

    /// <summary>Makes sure that TLS can work on this machine.</summary>
    /// <exception cref="IOException">It cannot; the sentence names the package.</exception>
    public static void Require() => Require(static name => NativeLibrary.TryLoad(name, out _));

    /// <summary>The same with a loader of the caller's.</summary>
    /// <exception cref="IOException">None can be loaded.</exception>
    public static void Require(Func<string, bool> canLoad)
    {
        if (!Array.Exists(Names, name => canLoad(name)))
        {
            throw new IOException(
                "TLS needs OpenSSL's library (libssl.so.3), which is not on this machine; install it: "
                + "apt-get install libssl3 (Debian, Ubuntu), dnf install openssl-libs (Fedora, Amazon Linux), "
                + "apk add libssl3 (Alpine)");
        }
    }
}
