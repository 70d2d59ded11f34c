namespace JobNode.Observability;

/// <summary>Log messages of becoming a member: events 2500 to 2999.</summary>
internal static partial class LogMessages
{
    /// <summary>A node without --peers starts a cluster.</summary>
    [LoggerMessage(2500, LogLevel.Information, "started cluster {ClusterId} of one as {Address}")]
    public static partial void ClusterOfOne(this ILogger logger, string clusterId, string address);

    /// <summary>This node made the configuration.</summary>
    [LoggerMessage(2501, LogLevel.Information, "formed cluster {ClusterId} of {Addresses}")]
    public static partial void ClusterFormed(this ILogger logger, string clusterId, string addresses);

    /// <summary>This node took over the configuration that another one made.</summary>
    [LoggerMessage(2502, LogLevel.Information, "joined cluster {ClusterId} of {Addresses}")]
    public static partial void ClusterAdopted(this ILogger logger, string clusterId, string addresses);

    /// <summary>Still waiting, as expected.</summary>
    [LoggerMessage(2503, LogLevel.Information, "not in a cluster yet: {Reason}")]
    public static partial void BootstrapWaits(this ILogger logger, string reason);

    /// <summary>Waiting for something that only people can change.</summary>
    [LoggerMessage(2504, LogLevel.Error, "cannot become a member: {Reason}")]
    public static partial void BootstrapBlocked(this ILogger logger, string reason);

    /// <summary>The node found its own address among the peers.</summary>
    [LoggerMessage(2505, LogLevel.Information, "this node is {Address}")]
    public static partial void OwnAddressFound(this ILogger logger, string address);

    /// <summary>A member that was started with another address than the cluster knows.</summary>
    [LoggerMessage(
        2506,
        LogLevel.Warning,
        "--advertise {Given} is ignored: the cluster knows this node as {Known}, and changing that comes later")]
    public static partial void AdvertiseIgnored(this ILogger logger, string given, string known);
}
