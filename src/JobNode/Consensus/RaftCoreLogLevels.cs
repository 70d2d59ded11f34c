namespace JobNode.Consensus;

/// <summary>The core's log levels in ours.</summary>
internal static class RaftCoreLogLevels
{
    /// <summary>The core calls every vote and every term "info"; ours says once what came out of it.</summary>
    public static LogLevel Of(char level) => level switch
    {
        'E' => LogLevel.Error,
        'W' => LogLevel.Warning,
        _ => LogLevel.Debug,
    };
}
