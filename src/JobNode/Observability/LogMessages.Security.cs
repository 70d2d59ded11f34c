namespace JobNode.Observability;

/// <summary>Log messages of certificates, tokens and refused connections: events 5000 to 5999.</summary>
internal static partial class LogMessages
{
    /// <summary>Somebody who does not belong was turned away before a request.</summary>
    [LoggerMessage(5000, LogLevel.Warning, "refused {Remote} on the {Port} port: {Reason}")]
    public static partial void ConnectionRefused(this ILogger logger, string remote, string port, string reason);

    /// <summary>More of the same kind than the log takes.</summary>
    [LoggerMessage(5001, LogLevel.Warning, "refused {Count} more on the {Port} port within a second: {Kind}")]
    public static partial void MoreRefused(this ILogger logger, long count, string port, string kind);

    /// <summary>Files changed and count from now on.</summary>
    [LoggerMessage(5002, LogLevel.Information, "read the changed {Subject} again; it counts from now on")]
    public static partial void FilesReadAgain(this ILogger logger, string subject);

    /// <summary>Files changed into something unusable.</summary>
    [LoggerMessage(5003, LogLevel.Warning, "the changed {Subject} cannot be used, the one before stays: {Reason}")]
    public static partial void FilesUnusable(this ILogger logger, string subject, string reason);

    /// <summary>A certificate ends soon.</summary>
    [LoggerMessage(5004, LogLevel.Warning,
        "the certificate {File} ends on {End}: make a new one, for example with 'jobnode certs node'")]
    public static partial void CertificateEndsSoon(this ILogger logger, string file, string end);

    /// <summary>Tokens over an unencrypted line.</summary>
    [LoggerMessage(5005, LogLevel.Warning,
        "API tokens travel readable to and from {Address}: add --api-cert and --api-key, or put TLS in front")]
    public static partial void TokensTravelReadable(this ILogger logger, string address);
}
