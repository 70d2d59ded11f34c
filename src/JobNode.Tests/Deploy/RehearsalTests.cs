using JobNode.Tests.Support;
using Xunit.Abstractions;

namespace JobNode.Tests.Deploy;

/// <summary>The user data on hosts that look like EC2 instances to it (<c>make ec2</c>).</summary>
[Collection(Processes.ProcessCollection.Name)]
[Trait("Tier", "Process")]
public sealed class RehearsalTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(8);

    [HostsFact]
    public async Task Instances_form_a_cluster_drain_when_they_are_taken_away_and_are_replaced()
    {
        CommandRun run = await CommandRun.RunAsync(
            "bash",
            [Repository.PathOf("scripts/ec2-rehearsal.sh")],
            environment: new Dictionary<string, string> { ["JOBNODE_BINARY"] = PublishedBinary.Path },
            limit: Limit);
        output.WriteLine(run.Output);
        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.EndsWith("rehearsed\n", run.Output, StringComparison.Ordinal);
    }
}
