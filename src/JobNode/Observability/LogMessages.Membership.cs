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

    /// <summary>A member that goes on at another address than before.</summary>
    [LoggerMessage(2506, LogLevel.Information, "this node was {Known} and is {Now} now; it tells the others")]
    public static partial void AddressChanged(this ILogger logger, string known, string now);

    /// <summary>An empty node found members of a cluster.</summary>
    [LoggerMessage(2507, LogLevel.Information, "there is a cluster at {Addresses}: this node asks to be let in")]
    public static partial void ClusterFound(this ILogger logger, string addresses);

    /// <summary>This node was let in.</summary>
    [LoggerMessage(2508, LogLevel.Information, "joined cluster {ClusterId} as {Address}, one of {Members} members")]
    public static partial void ClusterJoined(this ILogger logger, string clusterId, string address, int members);

    /// <summary>A leader lets a node in.</summary>
    [LoggerMessage(2510, LogLevel.Information, "{Address} ({Node}) asks to join, and is let in")]
    public static partial void NodeJoins(this ILogger logger, string address, string node);

    /// <summary>A leader does not let a node in, or cannot work with it.</summary>
    [LoggerMessage(2511, LogLevel.Warning, "refused node {Node} at {Address}: {Reason}")]
    public static partial void AnnouncementRefused(this ILogger logger, string node, string address, string reason);

    /// <summary>A member said that it is about to stop.</summary>
    [LoggerMessage(2512, LogLevel.Information, "{Address} ({Node}) is about to {What}")]
    public static partial void MemberDrains(this ILogger logger, string address, string node, string what);

    /// <summary>The leader does not answer an announcement; raft finds another in time.</summary>
    [LoggerMessage(2513, LogLevel.Debug, "no answer from {Address} to this node's announcement: {Reason}")]
    public static partial void AnnouncementFailed(this ILogger logger, string address, string reason);

    /// <summary>The leader wants this node's operator to know something.</summary>
    [LoggerMessage(2514, LogLevel.Warning, "the leader says: {Reason}")]
    public static partial void LeaderSays(this ILogger logger, string reason);

    /// <summary>This node was removed.</summary>
    [LoggerMessage(
        2515,
        LogLevel.Error,
        "{Reason}: this node stops. To use this machine again, start it with an empty --data-dir: it joins as a new "
            + "member")]
    public static partial void NodeRemoved(this ILogger logger, string reason);

    /// <summary>This node was started to compute and no more.</summary>
    [LoggerMessage(
        2516, LogLevel.Information, "only computes (--compute-only): no leader makes it a stand-by or a voter")]
    public static partial void OnlyComputes(this ILogger logger);

    /// <summary>The leader changes the members or their roles.</summary>
    [LoggerMessage(2520, LogLevel.Information, "changes the cluster: {Reason}")]
    public static partial void ClusterChanges(this ILogger logger, string reason);

    /// <summary>A change did not come about; it is tried again if it is still wanted.</summary>
    [LoggerMessage(2521, LogLevel.Warning, "this change of the cluster was not committed in {WaitedMs} ms: {Reason}")]
    public static partial void ClusterChangeSlow(this ILogger logger, long waitedMs, string reason);

    /// <summary>The keeper of members failed; it goes on.</summary>
    [LoggerMessage(2522, LogLevel.Error, "looking after the members failed")]
    public static partial void KeeperFailed(this ILogger logger, Exception error);

    /// <summary>A node drains.</summary>
    [LoggerMessage(2530, LogLevel.Information, "hands its part over: {Step}")]
    public static partial void DrainStep(this ILogger logger, string step);
}
