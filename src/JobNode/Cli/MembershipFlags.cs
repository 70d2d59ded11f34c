using System.CommandLine;

namespace JobNode.Cli;

/// <summary>The flags of <c>serve</c> about joining, roles and replacing.</summary>
internal sealed class MembershipFlags
{
    private readonly Option<string?> _zone = CliOptions.Text(
        "--zone", "NAME", "Where this node stands, for example an availability zone: voters are spread over zones.");

    /// <summary>Adds the flags to <c>serve</c>.</summary>
    public void AddTo(Command command) => command.Options.Add(_zone);

    /// <summary>What they were given.</summary>
    /// <exception cref="CliFailure">They do not fit together; exit code 2.</exception>
    public MembershipOptions Read(ParseResult parsed) => new() { Zone = parsed.GetValue(_zone) ?? "" };
}
