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

    /// <summary>The real process.</summary>
    public static CliContext OfProcess(
        string version, Func<ServeOptions, CancellationToken, Task<int>> serve) => new(
        Console.Out,
        Console.Error,
        Console.OpenStandardInput,
        Environment.GetEnvironmentVariable,
        !Console.IsOutputRedirected,
        !Console.IsErrorRedirected,
        version,
        serve);
}
