using JobNode.Tests.Support;
using Xunit.Abstractions;

namespace JobNode.Tests.Processes;

/// <summary>A short run of what <c>make chaos</c> runs for hours.</summary>
[Collection(ProcessCollection.Name)]
[Trait("Tier", "Process")]
[Trait("Faults", "All")]
public sealed class ChaosTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(6);

    [ChaosFact]
    public async Task A_cluster_of_hosts_under_faults_and_load_loses_nothing_and_heals()
    {
        CommandRun run = await CommandRun.RunAsync(
            "bash",
            [Repository.PathOf("scripts/chaos.sh"), "60s"],
            environment: new Dictionary<string, string>
            {
                ["SEED"] = "7",
                ["SCHEDULES"] = "0",
                ["NODES"] = "3",
                ["FAULTS"] = "all",
                ["JOBNODE_BINARY"] = PublishedBinary.Path,
            },
            limit: Limit);
        output.WriteLine(run.Output);
        Assert.True(run.ExitCode == 0, run.ToString());
    }
}

/// <summary>A test that makes hosts in network namespaces; skipped, with the reason, where that cannot be.</summary>
public sealed class ChaosFactAttribute : FactAttribute
{
    /// <summary>Asks the script.</summary>
    public ChaosFactAttribute() => Skip = ScriptObstacle.Of("scripts/chaos.sh");
}
