namespace JobNode.Observability;

/// <summary>Where /metrics finds what the parts of a node know of themselves; each is asked when somebody looks.
/// </summary>
internal sealed record NodeMeasures
{
    /// <summary>Iterations that the hash threads did since the start.</summary>
    public Func<ulong> IterationsDone { get; init; } = static () => 0;

    /// <summary>Lanes with a job, and lanes.</summary>
    public Func<(int Busy, int All)> Lanes { get; init; } = static () => (0, 0);

    /// <summary>Commands that wait for their place in the log here.</summary>
    public Func<int> ProposalsPending { get; init; } = static () => 0;

    /// <summary>The disk; null when it does not say.</summary>
    public Func<DiskReading?> Disk { get; init; } = static () => null;

    /// <summary>Certificates in use, by port, and when they end.</summary>
    public Func<IReadOnlyList<(string Port, DateTimeOffset End)>> Certificates { get; init; } = static () => [];

    /// <summary>Writing of snapshots.</summary>
    public SnapshotTimings Snapshots { get; init; } = new();

    /// <summary>What was sent to a collector, and what was not.</summary>
    public OtlpCounts Telemetry { get; init; } = new();

    /// <summary>A job's way, for who follows it.</summary>
    public JobTraces Traces { get; init; } = JobTraces.Off;
}

/// <summary>What is on the disk of the data directory, in bytes.</summary>
/// <param name="Free">Left on its file system.</param>
/// <param name="Size">Of its file system.</param>
/// <param name="Wanted">With less left than this new jobs are refused.</param>
/// <param name="Log">Of the log.</param>
/// <param name="Snapshot">Of the newest snapshot.</param>
internal readonly record struct DiskReading(long Free, long Size, long Wanted, long Log, long Snapshot);
