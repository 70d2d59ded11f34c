using System.Globalization;
using JobNode.Observability;

namespace JobNode.Transport;

/// <summary>
/// Names and numbers of the protocol between nodes: streams of HTTP/2 (RFC 9113) on the cluster port.
/// </summary>
internal static class PeerProtocol
{
    /// <summary>
    /// The version that this program speaks when it opens a stream; it answers all from <see cref="OldestVersion"/> to
    /// <see cref="LatestVersion"/>. To change a message: raise <see cref="LatestVersion"/>, branch on the opener's
    /// version, and go on opening with the old one, which nodes of the release before understand. The release after
    /// it opens with the new one, and may drop the old.
    /// </summary>
    public const string Version = "1";

    /// <summary>The oldest version that is answered.</summary>
    public const int OldestVersion = 1;

    /// <summary>The latest version that is answered.</summary>
    public const int LatestVersion = 1;

    /// <summary>Raft messages, one way, one frame each.</summary>
    public const string RaftPath = "/raft";

    /// <summary>One snapshot: frames of the file, an empty frame, the raft message; the answer is one byte.</summary>
    public const string SnapshotPath = "/snapshot";

    /// <summary>Commands to the leader and their results, by correlation id.</summary>
    public const string ForwardPath = "/forward";

    /// <summary>Work between the leader and a worker.</summary>
    public const string WorkPath = "/work";

    /// <summary>A call of the API that only the leader can answer, and its answer.</summary>
    public const string CallPath = "/api";

    /// <summary>Who are you, and do you belong to a cluster.</summary>
    public const string HelloPath = "/hello";

    /// <summary>A node tells the leader about itself; from a node that is no member it is the request to
    /// join.</summary>
    public const string AnnouncePath = "/announce";

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

    /// <summary>Age at which a connection takes no new streams, in milliseconds: names may have moved.</summary>
    public const int ConnectionLifetimeMs = 15_000;

    /// <summary>Why an opener of this version is not answered; null when it is.</summary>
    public static string? RefuseVersion(string version, int oldest = OldestVersion, int latest = LatestVersion)
    {
        if (!int.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
        {
            return $"'{version}' is no protocol version; this node answers {oldest} to {latest}";
        }

        return number < oldest
            ? $"that node speaks protocol version {number}, and this one (jobnode {ProgramVersion.Text}) answers "
                + $"{oldest} to {latest}: install jobnode {ProgramVersion.Text} or a newer one there"
            : number > latest
                ? $"that node speaks protocol version {number}, and this one (jobnode {ProgramVersion.Text}) answers "
                    + $"{oldest} to {latest}: install that node's version of jobnode here, then start it again there"
                : null;
    }

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
