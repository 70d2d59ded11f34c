using JobNode.Commands;
using JobNode.Security;

namespace JobNode.Transport;

/// <summary>Who may open a stream: the checks of a request's headers, before a byte of its body is read.</summary>
internal static class PeerAdmission
{
    /// <summary>Finds the route that may serve this, or a status and a sentence why none does.</summary>
    public static (int Status, string Reason) Judge(
        HttpRequest request,
        ClusterIdentity identity,
        PeerSecurity security,
        IReadOnlyDictionary<string, PeerRoute> routes,
        out PeerRoute? route)
    {
        route = null;
        // First of all: who does not know the token learns nothing about this cluster.
        string token = request.Headers[PeerProtocol.TokenHeader].ToString();
        if (!security.Admits(token))
        {
            return (StatusCodes.Status401Unauthorized, token.Length == 0
                ? "it shows no join token; start that node with the cluster's --join-token-file"
                : "it shows a wrong join token; the file of --join-token-file must be the same on all nodes");
        }

        string version = request.Headers[PeerProtocol.VersionHeader].ToString();
        if (version.Length == 0)
        {
            return (StatusCodes.Status400BadRequest, "this is the port between jobnodes; the API is on another port");
        }

        if (PeerProtocol.RefuseVersion(version) is { } tooDifferent)
        {
            return (StatusCodes.Status400BadRequest, tooDifferent);
        }

        if (Sender(request) == NodeId.None)
        {
            return (StatusCodes.Status400BadRequest, $"header {PeerProtocol.NodeHeader} is not a node id");
        }

        string to = request.Headers[PeerProtocol.ToHeader].ToString();
        if (to.Length > 0 && to != identity.Self.ToString())
        {
            return (StatusCodes.Status421MisdirectedRequest,
                $"this is node {identity.Self}, not {to}: the address belongs to another node now");
        }

        if (!routes.TryGetValue(request.Path.Value ?? "", out PeerRoute? found))
        {
            return (StatusCodes.Status503ServiceUnavailable, $"nothing answers {request.Path} here, or not yet");
        }

        if (found.MembersOnly && JudgeCluster(request, identity) is { } refusal)
        {
            return refusal;
        }

        route = found;
        return (StatusCodes.Status200OK, "");
    }

    /// <summary>The node that opened the request, or none when it does not say.</summary>
    public static NodeId Sender(HttpRequest request) =>
        NodeId.TryParse(request.Headers[PeerProtocol.NodeHeader].ToString(), out NodeId id) ? id : NodeId.None;

    private static (int Status, string Reason)? JudgeCluster(HttpRequest request, ClusterIdentity identity)
    {
        if (identity.ClusterId == UInt128.Zero)
        {
            return (StatusCodes.Status503ServiceUnavailable, "this node is not in a cluster yet");
        }

        string cluster = request.Headers[PeerProtocol.ClusterHeader].ToString();
        return PeerProtocol.TryParseClusterId(cluster, out UInt128 id) && id == identity.ClusterId
            ? null
            : (StatusCodes.Status403Forbidden,
                $"cluster {cluster} is not {PeerProtocol.Format(identity.ClusterId)}: "
                    + "the nodes belong to different clusters");
    }
}
