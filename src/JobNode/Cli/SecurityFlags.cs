using System.CommandLine;

namespace JobNode.Cli;

/// <summary>The flags of <c>serve</c> that say who may come in.</summary>
internal sealed class SecurityFlags
{
    private readonly Option<bool> _insecure = CliOptions.Flag(
        "--insecure", "Allow addresses that other machines can reach, without encryption or login.");

    /// <summary>Adds the flags to <c>serve</c>.</summary>
    public void AddTo(Command command) => command.Options.Add(_insecure);

    /// <summary>What they were given.</summary>
    /// <exception cref="CliFailure">They do not fit together; exit code 2.</exception>
    public SecurityOptions Read(ParseResult parsed) => new() { Insecure = parsed.GetValue(_insecure) };
}
