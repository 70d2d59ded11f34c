using JobNode.Tests.Support;

namespace JobNode.Tests.Deploy;

/// <summary>Runs commands in a small Debian of its own; the checkout is at /checkout there.</summary>
internal static class DebianTree
{
    /// <summary>The first call makes the tree, which takes a minute.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(6);

    /// <summary>Runs a shell script there; what it changes is forgotten.</summary>
    public static Task<CommandRun> RunAsync(string script) => CommandRun.RunAsync(
        "bash", [Repository.PathOf("scripts/ec2-rehearsal/in-tree.sh"), "bash", "-euc", script], limit: Limit);
}
