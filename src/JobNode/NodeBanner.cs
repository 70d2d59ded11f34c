using JobNode.Api;
using JobNode.Commands;
using JobNode.Hashing;
using JobNode.Observability;
using JobNode.Transport;

namespace JobNode;

/// <summary>What <c>jobnode serve</c> prints once it is up: where it is, what it is, and what to type next.</summary>
internal static class NodeBanner
{
    /// <summary>Writes the lines.</summary>
    public static void Write(
        TextWriter to,
        ServeOptions options,
        ClusterConfiguration configuration,
        string apiUrl,
        ClusterIdentity identity,
        ChainKernel kernel,
        int hashThreads,
        TimeSpan startedIn)
    {
        string access = CurlAccess(options.Security);
        to.WriteLine(
            $"""
            jobnode {ProgramVersion.Short}, node {identity.Self}, ready in {startedIn.TotalMilliseconds:F0} ms
              API      {apiUrl}   (dashboard, /status, /openapi.json)
              cluster  {identity.Address}
              role     {Role(configuration, identity.Self)}{(options.Membership.IsComputeOnly ? "; only computes" : "")}
              data     {options.DataDirectory}
              hashing  {kernel.Best.Name} on {hashThreads} thread{(hashThreads == 1 ? "" : "s")}

            Try it from another shell:
              head -c 100000 /dev/urandom >dummy
              curl{access} -X PUT "{apiUrl}/enqueue?iterations=3" -F "data=@dummy"
              curl{access} -X POST "{apiUrl}/pullCompleted?top=10"

            """);
    }

    /// <summary>What this node is to its cluster, for people.</summary>
    internal static string Role(ClusterConfiguration configuration, NodeId self)
    {
        int members = configuration.Members.Count;
        Member? member = configuration.Find(self);
        return member is null ? "none: it is no member any more"
            : members == 1 ? "leader of a cluster of one"
            : $"{RoleNames.Of(member, isLeader: false)}, one of {members} members"
                + (member.Role == MemberRole.Voter ? ", which elect their leader" : "");
    }

    /// <summary>What curl needs to come in, beside the call.</summary>
    internal static string CurlAccess(SecurityOptions security) =>
        (security.Api is null ? "" : " --cacert ca.pem")
        + (security.ApiTokenFile is null ? "" : " -H \"Authorization: Bearer $TOKEN\"");
}
