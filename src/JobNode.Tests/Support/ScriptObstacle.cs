using System.Diagnostics;

namespace JobNode.Tests.Support;

/// <summary>Why a script that needs more than every machine allows cannot run here.</summary>
internal static class ScriptObstacle
{
    /// <summary>What the script answers to the word <c>obstacle</c>; null when it can run.</summary>
    /// <param name="script">Relative to the root of the checkout.</param>
    public static string? Of(string script)
    {
        ProcessStartInfo start = new("bash", [Repository.PathOf(script), "obstacle"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        };
        using Process process = Process.Start(start)!;
        string reason = process.StandardOutput.ReadToEnd().Trim();
        return reason.Length > 0 ? reason : null;
    }
}
