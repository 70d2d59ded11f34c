using JobNode.Tests.Support;

namespace JobNode.Tests.Deploy;

/// <summary>A test that makes hosts out of namespaces and a Debian tree; skipped, with the reason, where that cannot
/// be.</summary>
public sealed class HostsFactAttribute : FactAttribute
{
    /// <summary>Asks the script.</summary>
    public HostsFactAttribute() => Skip = ScriptObstacle.Of("scripts/ec2-rehearsal.sh");
}
