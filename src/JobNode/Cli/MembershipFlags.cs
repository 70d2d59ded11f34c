using System.CommandLine;
using DurationText = JobNode.Commands.DurationText;
using Limits = JobNode.Commands.Limits;

namespace JobNode.Cli;

/// <summary>The flags of <c>serve</c> about joining, roles and replacing.</summary>
internal sealed class MembershipFlags
{
    private const int ExpectMax = 100;

    private static readonly MembershipOptions Defaults = new();

    private readonly Option<int?> _expect = CliOptions.Number(
        "--bootstrap-expect",
        "A new cluster is formed by this many of --peers, those whose addresses sort first (default: all), once they "
            + "all see each other; the rest join it.",
        1,
        ExpectMax);

    private readonly Option<int?> _voters = CliOptions.Number(
        "--voters",
        $"Voters to keep, odd (default {Defaults.Voters}); give all nodes the same. More members stand by.",
        1,
        Limits.VotersMax);

    private readonly Option<string?> _zone = CliOptions.Text(
        "--zone", "NAME", "Where this node stands, for example an availability zone: voters are spread over zones.");

    private readonly Option<bool> _computeOnly = new("--compute-only")
    {
        Description = "This node computes, and never votes or stands by: for machines that may be taken away at any "
            + "time. It joins the cluster of --peers, and forms none.",
    };

    private readonly Option<string?> _replaceAfter = CliOptions.Text(
        "--replace-after", "TIME", "A voter silent for this long is replaced by a stand-by (default 2m).");

    private readonly Option<string?> _reapAfter = CliOptions.Text(
        "--reap-after", "TIME", "A member silent for this long is removed (default 24h; 0: never).");

    private readonly Option<bool> _noRebuild = new("--no-rebuild")
    {
        Description = "With damaged data, end instead of being rebuilt from the rest of the cluster.",
    };

    /// <summary>Adds the flags to <c>serve</c>.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(_expect);
        command.Options.Add(_voters);
        command.Options.Add(_zone);
        command.Options.Add(_computeOnly);
        command.Options.Add(_replaceAfter);
        command.Options.Add(_reapAfter);
        command.Options.Add(_noRebuild);
    }

    /// <summary>What they were given.</summary>
    /// <exception cref="CliFailure">They do not fit together; exit code 2.</exception>
    public MembershipOptions Read(ParseResult parsed)
    {
        int voters = parsed.GetValue(_voters) ?? Defaults.Voters;
        if (voters % 2 == 0)
        {
            throw new CliFailure(
                ExitCode.Usage,
                $"--voters is {voters}; write an odd number: one voter more would tolerate no more failures.");
        }

        string zone = (parsed.GetValue(_zone) ?? "").Trim();
        if (System.Text.Encoding.UTF8.GetByteCount(zone) > Limits.ZoneBytesMax)
        {
            throw new CliFailure(
                ExitCode.Usage, $"--zone has more than {Limits.ZoneBytesMax} bytes; write a short name.");
        }

        TimeSpan replaceAfter = ReadTime("--replace-after", parsed.GetValue(_replaceAfter), Defaults.ReplaceAfter);
        TimeSpan reapAfter = ReadTime("--reap-after", parsed.GetValue(_reapAfter), Defaults.ReapAfter);
        if (replaceAfter < TimeSpan.FromSeconds(5))
        {
            throw new CliFailure(
                ExitCode.Usage,
                "--replace-after is less than 5s: a node that restarts would be replaced. Write 30s or 2m.");
        }

        if (reapAfter > TimeSpan.Zero && reapAfter < replaceAfter)
        {
            throw new CliFailure(
                ExitCode.Usage,
                "--reap-after is shorter than --replace-after: a member is replaced first, then removed.");
        }

        return new MembershipOptions
        {
            BootstrapExpect = parsed.GetValue(_expect),
            Voters = voters,
            Zone = zone,
            IsComputeOnly = parsed.GetValue(_computeOnly),
            ReplaceAfter = replaceAfter,
            ReapAfter = reapAfter,
            NeverRebuild = parsed.GetValue(_noRebuild),
        };
    }

    private static TimeSpan ReadTime(string flag, string? text, TimeSpan otherwise)
    {
        if (text is null)
        {
            return otherwise;
        }

        return DurationText.TryParse(text, out TimeSpan time)
            ? time
            : throw new CliFailure(ExitCode.Usage, $"{flag} is \"{text}\"; write 30s, 2m, 24h or 0, at most 24 days.");
    }
}
