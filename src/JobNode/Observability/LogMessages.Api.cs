namespace JobNode.Observability;

/// <summary>Log messages of the HTTP API, event ids 4000 to 4999.</summary>
internal static partial class LogMessages
{
    [LoggerMessage(4000, LogLevel.Information, "API listens on {Address}")]
    public static partial void ApiListening(this ILogger logger, string address);

    [LoggerMessage(4001, LogLevel.Error, "{Method} {Route} failed: a bug or a broken machine, the client was told 500")]
    public static partial void ApiRequestFailed(this ILogger logger, Exception error, string method, string route);

    [LoggerMessage(4002, LogLevel.Debug, "{Method} {Route}: the client went away")]
    public static partial void ApiClientGone(this ILogger logger, string method, string route);

    [LoggerMessage(4030, LogLevel.Warning, "the look at the cluster that GET /events tells of failed; it goes on")]
    public static partial void LookFailed(this ILogger logger, Exception error);
}
