using System.CommandLine;
using Limits = JobNode.Commands.Limits;

namespace JobNode.Cli;

/// <summary>The flags of <c>serve</c> about bounds and retention.</summary>
internal sealed class LimitFlags
{
    private readonly Option<long?> _jobs = CliOptions.Number<long>(
        "--max-jobs",
        $"Jobs that the cluster may hold, finished ones too, before this node refuses new ones (default "
        + $"{Limits.JobsHeldMax}).",
        1,
        Limits.JobsHeldMax);

    private readonly Option<long?> _body = SizeOption.Create(
        "--max-body", "Most bytes of one job's body: 64KiB, 10MiB, 2GiB or plain bytes (default 1TiB).", 1);

    private readonly Option<ulong?> _iterations = CliOptions.Number<ulong>(
        "--max-iterations", "Most iterations of one job (default 10^19).", 1, Limits.IterationsMax);

    private readonly Option<long?> _freeDisk = SizeOption.Create(
        "--min-free-disk",
        "New jobs are refused while the file system of --data-dir has less free: 1GiB for example (default 256MiB; 0: "
        + "never).",
        0);

    private readonly Option<TimeSpan?> _retention = SizeOption.Duration(
        "--retention", "Pulled and cancelled jobs stay readable this long: 30m, 12h, 7d (default 1d).");

    private readonly Option<TimeSpan?> _retentionUnpulled = SizeOption.Duration(
        "--retention-unpulled", "Results that nobody pulls are forgotten after this time (default 0: never).");

    private readonly Option<TimeSpan?> _scrubEvery = SizeOption.Duration(
        "--scrub-every", "Log and snapshot are read again and verified this often (default 6h; 0: never).");

    private readonly Option<TimeSpan?> _drainTarget = SizeOption.Duration(
        "--drain-target",
        "The queue is wished to be empty within this time; status and /metrics say how many nodes that takes (default "
        + "10m).");

    /// <summary>Adds the flags to <c>serve</c>.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(_jobs);
        command.Options.Add(_body);
        command.Options.Add(_iterations);
        command.Options.Add(_freeDisk);
        command.Options.Add(_retention);
        command.Options.Add(_retentionUnpulled);
        command.Options.Add(_scrubEvery);
        command.Options.Add(_drainTarget);
    }

    /// <summary>What they were given.</summary>
    /// <exception cref="CliFailure">They do not fit together; exit code 2.</exception>
    public LimitOptions Read(ParseResult parsed)
    {
        var defaults = new LimitOptions();
        return new LimitOptions
        {
            JobsMax = parsed.GetValue(_jobs) ?? defaults.JobsMax,
            BodyBytesMax = parsed.GetValue(_body) ?? defaults.BodyBytesMax,
            IterationsMax = parsed.GetValue(_iterations) ?? defaults.IterationsMax,
            FreeDiskBytesMin = parsed.GetValue(_freeDisk) ?? defaults.FreeDiskBytesMin,
            Retention = parsed.GetValue(_retention) ?? defaults.Retention,
            ScrubEvery = parsed.GetValue(_scrubEvery) ?? defaults.ScrubEvery,
            DrainTarget = parsed.GetValue(_drainTarget) is { Ticks: > 0 } target ? target : defaults.DrainTarget,
            RetentionUnpulled = parsed.GetValue(_retentionUnpulled) ?? defaults.RetentionUnpulled,
        };
    }
}
