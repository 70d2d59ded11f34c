namespace JobNode.Cli;

/// <summary>What the command line may touch of the world; tests put their own in.</summary>
/// <param name="Out">For results.</param>
/// <param name="Error">For messages and progress.</param>
/// <param name="OpenInput">Opens standard input as bytes.</param>
/// <param name="Variable">Reads an environment variable.</param>
/// <param name="OutIsTerminal">A person reads <paramref name="Out"/>: colour is welcome.</param>
/// <param name="ErrorIsTerminal">A person reads <paramref name="Error"/>: progress bars are welcome.</param>
/// <param name="Version">The program's version.</param>
/// <param name="Serve">Runs a node until the token is cancelled; gives the exit code.</param>
internal sealed record CliContext(
    TextWriter Out,
    TextWriter Error,
    Func<Stream> OpenInput,
    Func<string, string?> Variable,
    bool OutIsTerminal,
    bool ErrorIsTerminal,
    string Version,
    Func<ServeOptions, CancellationToken, Task<int>> Serve)
{
    /// <summary>True when colour may be written to <see cref="Out"/> (no-color.org).</summary>
    public bool IsColorWanted => OutIsTerminal && string.IsNullOrEmpty(Variable("NO_COLOR"));

    /// <summary>Columns and rows of the terminal that shows <see cref="Out"/>.</summary>
    public Func<(int Columns, int Rows)> TerminalSize { get; init; } = static () => (80, 24);

    /// <summary>For the time of day and for waiting.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>False where a line cannot be drawn again, as in an editor's shell.</summary>
    private static bool IsTerminal => Environment.GetEnvironmentVariable("TERM") is not "dumb";

    /// <summary>Terminals that do not know their size, as that of script(1), are taken for ordinary ones.</summary>
    private static (int Columns, int Rows) ReadTerminalSize()
    {
        (int columns, int rows) = (Console.WindowWidth, Console.WindowHeight);
        return (columns > 0 ? columns : 80, rows > 0 ? rows : 24);
    }

    /// <summary>The real process.</summary>
    public static CliContext OfProcess(string version, Func<ServeOptions, CancellationToken, Task<int>> serve)
    {
        var context = new CliContext(
            Console.Out,
            Console.Error,
            Console.OpenStandardInput,
            Environment.GetEnvironmentVariable,
            IsTerminal && !Console.IsOutputRedirected,
            IsTerminal && !Console.IsErrorRedirected,
            version,
            serve);
        return context with { TerminalSize = ReadTerminalSize };
    }
}
