using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace JobNode.Commands;

/// <summary>An assertion that is always on. A broken belief about replicated state must stop the process.</summary>
internal static class Invariant
{
    /// <summary>
    /// Throws <see cref="InvariantException"/> naming the belief and the place when it does not hold.
    /// </summary>
    [StackTraceHidden]
    public static void That(
        [DoesNotReturnIf(false)] bool holds,
        string belief,
        [CallerFilePath] string file = "",
        [CallerLineNumber] int line = 0)
    {
        if (!holds)
        {
            Fail(belief, file, line);
        }
    }

    [DoesNotReturn]
    private static void Fail(string belief, string file, int line) =>
        throw new InvariantException($"{belief} ({Path.GetFileName(file)}:{line})");
}

/// <summary>A belief that the program is built on does not hold: a bug or a broken machine.</summary>
internal sealed class InvariantException(string message) : Exception(message);
