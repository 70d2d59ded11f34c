using System.CommandLine;
using Limits = JobNode.Commands.Limits;

namespace JobNode.Cli;

/// <summary>The flags of <c>serve</c> about bounds and retention.</summary>
internal sealed class LimitFlags
{
    private readonly Option<long?> _jobs = CliOptions.Number<long>(
        "--max-jobs", "Jobs that the cluster may hold before new ones are refused.", 1, Limits.JobsHeldMax);

    /// <summary>Adds the flags to <c>serve</c>.</summary>
    public void AddTo(Command command) => command.Options.Add(_jobs);

    /// <summary>What they were given.</summary>
    /// <exception cref="CliFailure">They do not fit together; exit code 2.</exception>
    public LimitOptions Read(ParseResult parsed)
    {
        var defaults = new LimitOptions();
        return defaults with { JobsMax = parsed.GetValue(_jobs) ?? defaults.JobsMax };
    }
}
