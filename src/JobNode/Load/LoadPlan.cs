namespace JobNode.Load;

/// <summary>How much load for how long.</summary>
/// <param name="InFlight">Clients that each wait for one answer at a time.</param>
/// <param name="Duration">From when all clients are connected.</param>
/// <param name="CallTimeout">After this a call counts as failed and its connection is cut.</param>
internal sealed record LoadPlan(int InFlight, TimeSpan Duration, TimeSpan CallTimeout);

/// <summary>How a run stands.</summary>
/// <param name="Elapsed">Since its begin.</param>
/// <param name="Jobs">So far.</param>
/// <param name="JobsPerSecond">Since the progress before.</param>
/// <param name="Errors">So far.</param>
internal readonly record struct LoadProgress(TimeSpan Elapsed, long Jobs, double JobsPerSecond, long Errors);

/// <summary>What a run measured.</summary>
/// <param name="InFlight">Clients that each waited for one answer at a time.</param>
/// <param name="Seconds">The measured time.</param>
/// <param name="Jobs">Accepted or taken within it.</param>
/// <param name="JobsPerSecond">Their rate.</param>
/// <param name="Calls">Calls that brought at least one job, those still under way at the end included.</param>
/// <param name="EmptyCalls">Calls that went well and brought none (a pull when no result was there).</param>
/// <param name="LatencyMs">Of the calls that brought something.</param>
/// <param name="LongestGapMs">Longest time, on all connections, without a call that brought something.</param>
/// <param name="Errors">How often each kind of error came.</param>
/// <param name="ClientCpuSeconds">CPU time that this program itself took.</param>
internal sealed record LoadReport(
    int InFlight,
    double Seconds,
    long Jobs,
    double JobsPerSecond,
    long Calls,
    long EmptyCalls,
    LatencySummary LatencyMs,
    double LongestGapMs,
    IReadOnlyDictionary<string, long> Errors,
    double ClientCpuSeconds);
