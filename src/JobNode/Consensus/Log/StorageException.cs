using System.Globalization;
using System.Runtime.InteropServices;

namespace JobNode.Consensus.Log;

/// <summary>A file operation that the system refused: says which, on what, and why.</summary>
/// <param name="operation">What was tried, as a verb.</param>
/// <param name="path">On which file.</param>
/// <param name="reason">The system's words.</param>
/// <param name="errorNumber">errno of Linux; it is also the HResult.</param>
internal sealed class StorageException(string operation, string path, string reason, int errorNumber) : IOException(
    string.Create(CultureInfo.InvariantCulture, $"Cannot {operation} {path}: {reason} (errno {errorNumber})."),
    errorNumber)
{
    private const int InputOutput = 5;
    private const int NoSpaceLeft = 28;
    private const int ReadOnly = 30;
    private const int QuotaExceeded = 122;

    /// <summary>errno, where one was given.</summary>
    public int ErrorNumber { get; } = errorNumber;

    /// <summary>True when the disk or the quota is full.</summary>
    public bool IsDiskFull => ErrorNumber is NoSpaceLeft or QuotaExceeded;

    /// <summary>
    /// True when the disk takes no writes now and the operation left nothing half-known, so that the same one may be
    /// tried again: no space, no quota, read-only, or a write that met an I/O error. Never a sync: after a failed one
    /// the page cache claims to be clean.
    /// </summary>
    public bool CanRetry => !IsSync && (IsDiskFull || ErrorNumber == ReadOnly || IsWriteError);

    private bool IsSync => operation.StartsWith("sync", StringComparison.Ordinal);

    private bool IsWriteError => operation == "write" && ErrorNumber == InputOutput;

    /// <summary>Wraps an error number of a system call.</summary>
    public static StorageException Of(string operation, string path, int errorNumber) =>
        new(operation, path, Marshal.GetPInvokeErrorMessage(errorNumber), errorNumber);

    /// <summary>Wraps what the runtime threw; on Linux its HResult is the error number.</summary>
    public static StorageException Of(string operation, string path, Exception cause) =>
        new(operation, path, cause.Message, cause.HResult);
}
