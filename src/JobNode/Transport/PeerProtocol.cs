using System.Globalization;

namespace JobNode.Transport;

/// <summary>
/// Names and numbers of the protocol between nodes: streams of HTTP/2 (RFC 9113) on the cluster port.
/// </summary>
internal static class PeerProtocol
{
    /// <summary>
    /// Version of everything between nodes. To change a message: raise it, let the endpoint accept the old number too
    /// for one release and branch on it, upgrade all nodes, then drop the old one.
    /// </summary>
    public const string Version = "1";

    /// <summary>Raft messages, one way, one frame each.</summary>
    public const string RaftPath = "/raft";

    /// <summary>One snapshot: see <see cref="SnapshotTransfer"/>.</summary>
    public const string SnapshotPath = "/snapshot";

    /// <summary>Commands to the leader and their results, by correlation id.</summary>
    public const string ForwardPath = "/forward";

    /// <summary>Work between the leader and a worker.</summary>
    public const string WorkPath = "/work";

    /// <summary>Who are you, and do you belong to a cluster.</summary>
    public const string HelloPath = "/hello";

    /// <summary>Header with <see cref="Version"/>.</summary>
    public const string VersionHeader = "jobnode-protocol";

    /// <summary>Header with the cluster id, 32 hex digits.</summary>
    public const string ClusterHeader = "jobnode-cluster";

    /// <summary>Header with the sender's node id.</summary>
    public const string NodeHeader = "jobnode-node";

    /// <summary>Header with the sender's address.</summary>
    public const string AddressHeader = "jobnode-address";

    /// <summary>
    /// Header with the node id that the sender means to reach. Machines swap addresses; raft does not look at whom a
    /// message was for, so a vote must never reach the wrong node.
    /// </summary>
    public const string ToHeader = "jobnode-to";

    /// <summary>Header with the join token, where the cluster has one.</summary>
    public const string TokenHeader = "jobnode-token";

    /// <summary>Time to connect, in milliseconds.</summary>
    public const int ConnectTimeoutMs = 1000;

    /// <summary>Time from opening a stream to the other side's headers, in milliseconds.</summary>
    public const int OpenTimeoutMs = 2000;

    /// <summary>
    /// Silence after which an HTTP/2 ping goes out, in milliseconds; the least that the stack allows.
    /// </summary>
    public const int PingDelayMs = 1000;

    /// <summary>Time to answer a ping, in milliseconds; past it the connection and all its streams break.</summary>
    public const int PingTimeoutMs = 1500;

    /// <summary>A cluster id as text.</summary>
    public static string Format(UInt128 clusterId) => clusterId.ToString("x32", CultureInfo.InvariantCulture);

    /// <summary>A cluster id from text.</summary>
    public static bool TryParseClusterId(string? text, out UInt128 clusterId)
    {
        clusterId = default;
        return text?.Length == 32 && UInt128.TryParse(
            text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out clusterId);
    }
}

/// <summary>Another node said no, with its reason.</summary>
internal sealed class PeerRefusedException(string message) : IOException(message);
