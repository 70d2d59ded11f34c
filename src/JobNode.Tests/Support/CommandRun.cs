using System.Diagnostics;

namespace JobNode.Tests.Support;

/// <summary>A program that was run to its end.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Output">All of its standard output.</param>
/// <param name="Error">All of its standard error.</param>
internal sealed record CommandRun(int ExitCode, string Output, string Error)
{
    private static readonly TimeSpan DefaultLimit = TimeSpan.FromMinutes(2);

    /// <summary>Runs a program, optionally with text on its standard input.</summary>
    /// <exception cref="TimeoutException">It did not end within two minutes, or the limit; it was killed.</exception>
    public static async Task<CommandRun> RunAsync(
        string program, IEnumerable<string> arguments, byte[]? input = null,
        IReadOnlyDictionary<string, string>? environment = null, TimeSpan? limit = null)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        CleanEnvironment(start, environment);
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        if (input is not null)
        {
            await process.StandardInput.BaseStream.WriteAsync(input);
        }

        process.StandardInput.Close();
        using CancellationTokenSource timeout = new(limit ?? DefaultLimit);
        try
        {
            await process.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException expired)
        {
            process.Kill(entireProcessTree: true);
            string words = $"{program} {string.Join(' ', arguments)} did not end: {await output}{await error}";
            throw new TimeoutException(words, expired);
        }

        return new CommandRun(process.ExitCode, await output, await error);
    }

    /// <summary>Takes the settings of the person who runs the tests away from a program under test.</summary>
    public static void CleanEnvironment(ProcessStartInfo start, IReadOnlyDictionary<string, string>? environment)
    {
        foreach (string name in start.Environment.Keys.Where(IsPersonal).ToArray())
        {
            start.Environment.Remove(name);
        }

        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }
    }

    private static bool IsPersonal(string name) =>
        name.StartsWith("JOBNODE_", StringComparison.Ordinal)
        || name.EndsWith("_proxy", StringComparison.OrdinalIgnoreCase);

    /// <summary>Everything it said, for messages.</summary>
    public override string ToString() => $"exit {ExitCode}\n{Output}{Error}";
}
