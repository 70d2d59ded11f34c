using System.Diagnostics;
using JobNode.Tests.Support;

namespace JobNode.Tests.Deploy;

/// <summary>A test that makes hosts out of namespaces and a Debian tree; skipped, with the reason, where that cannot
/// be.</summary>
public sealed class HostsFactAttribute : FactAttribute
{
    /// <summary>Asks the script.</summary>
    public HostsFactAttribute()
    {
        ProcessStartInfo start = new("bash", [Repository.PathOf("scripts/ec2-rehearsal.sh"), "obstacle"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        };
        using Process process = Process.Start(start)!;
        string reason = process.StandardOutput.ReadToEnd().Trim();
        Skip = reason.Length > 0 ? reason : null;
    }
}
