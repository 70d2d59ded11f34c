using System.Diagnostics;

namespace JobNode.Chaos.Hosts;

/// <summary>Runs the system's own tools: ip, mount.</summary>
internal static class Tool
{
    /// <summary>Runs one and waits for it.</summary>
    /// <exception cref="IOException">It failed; the message holds its words.</exception>
    public static void Run(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new IOException($"{program} {string.Join(' ', arguments)}: {error.Trim()}");
        }
    }

    /// <summary>Runs one for a limited time; gives its exit code and all it wrote.</summary>
    public static async Task<(int ExitCode, string Output)> TryRunAsync(
        string program, IReadOnlyList<string> arguments, TimeSpan limit)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        using CancellationTokenSource timeout = new(limit);
        try
        {
            await process.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
        }

        return (process.ExitCode, (await output + await error).Trim());
    }
}
