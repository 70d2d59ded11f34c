namespace JobNode.Observability;

/// <summary>What the composition root says; ids 6000 to 6999.</summary>
internal static partial class LogMessages
{
    [LoggerMessage(6001, LogLevel.Warning, "Hash path: {Reason}")]
    public static partial void KernelPathUnusable(this ILogger logger, string reason);

    [LoggerMessage(6002, LogLevel.Warning, "Log repaired at start: {Note}")]
    public static partial void LogRepaired(this ILogger logger, string note);

    [LoggerMessage(6003, LogLevel.Critical, "The consensus thread stopped; this node stops with it")]
    public static partial void RaftThreadFailed(this ILogger logger, Exception error);

    [LoggerMessage(6004, LogLevel.Critical, "This node cannot go on; start it again when the cause above is gone")]
    public static partial void NodeFailed(this ILogger logger);

    [LoggerMessage(6005, LogLevel.Information, "Stopping: no new calls; work goes back with its progress")]
    public static partial void NodeStopping(this ILogger logger);

    [LoggerMessage(6006, LogLevel.Error,
        "the data of this node is damaged ({File} at byte {Offset}: {Reason}): it does not vote, and waits to be "
            + "rebuilt from the rest of its cluster as node {Node}")]
    public static partial void DataDamaged(
        this ILogger logger, string file, long offset, string reason, string node);

    [LoggerMessage(6007, LogLevel.Warning,
        "rebuilt: this node is {Node} now and gets the state from the others; the damaged files are kept in {Folder} "
            + "until the next such event")]
    public static partial void NodeRebuilt(this ILogger logger, string node, string folder);

    [LoggerMessage(6008, LogLevel.Critical,
        "this node had acknowledged what its log does not hold any more: the next start rebuilds it from the others")]
    public static partial void LogLost(this ILogger logger, Exception error);

    [LoggerMessage(6009, LogLevel.Critical,
        "{Variable} is set: this node computes one in {Every} chains WRONGLY on purpose, for a test. Never set it "
            + "where results matter")]
    public static partial void KernelFaultPlanted(this ILogger logger, string variable, int every);

    [LoggerMessage(6010, LogLevel.Error, "{Part} did not end in order; the process ends without it")]
    public static partial void PartFailedToEnd(this ILogger logger, string part, Exception error);

    [LoggerMessage(6020, LogLevel.Information, "telemetry goes to {Endpoint} by OTLP (HTTP, JSON)")]
    public static partial void TelemetryStarts(this ILogger logger, string endpoint);

    [LoggerMessage(6021, LogLevel.Warning,
        "the collector at {Endpoint} does not take telemetry: {Reason}; it is dropped and counted until it does")]
    public static partial void TelemetryRefused(this ILogger logger, string endpoint, string reason);

    [LoggerMessage(6022, LogLevel.Warning, "{Complaint}")]
    public static partial void TelemetrySetting(this ILogger logger, string complaint);
}
