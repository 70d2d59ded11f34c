using JobNode.Commands;
using JobNode.Hashing;
using JobNode.Observability;
using JobNode.Transport;

namespace JobNode;

/// <summary>What <c>jobnode serve</c> prints once it is up: where it is, and what to type next.</summary>
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
        string members = configuration.Members.Count == 1
            ? "a cluster of one"
            : $"{configuration.Members.Count} members";
        to.WriteLine(
            $"""
            jobnode {ProgramVersion.Short}, node {identity.Self}, ready in {startedIn.TotalMilliseconds:F0} ms
              API      {apiUrl}   (dashboard, /status, /openapi.json)
              cluster  {identity.Address}, {members}
              data     {options.DataDirectory}
              hashing  {kernel.Best.Name} on {hashThreads} thread{(hashThreads == 1 ? "" : "s")}

            Try it from another shell:
              head -c 100000 /dev/urandom >dummy
              curl -X PUT "{apiUrl}/enqueue?iterations=3" -F "data=@dummy"
              curl -X POST "{apiUrl}/pullCompleted?top=10"

            """);
    }
}
