using JobNode.Tests.Support;
using Xunit.Abstractions;

namespace JobNode.Tests.Processes;

/// <summary>
/// Sequences of faults with which others' systems were shown to lose data (Jepsen's reports), played to five voters
/// under load. RELIABILITY.md has the table of all findings.
/// </summary>
[Collection(ProcessCollection.Name)]
[Trait("Tier", "Process")]
[Trait("Faults", "Kill")]
public sealed class PublishedFindingsTests(ITestOutputHelper output)
{
    private static readonly string[] FiveVoters = ["--workers", "1", "--voters", "5"];
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(3);

    /// <summary>nats-server issue 7567: the pauses decide who forms the first quorum after the crash.</summary>
    [Fact]
    public Task A_crash_between_two_pauses_splits_nothing() => UnderLoadAsync("a crash and pauses", async cluster =>
    {
        NodeProcess[] nodes = [.. cluster.Nodes];
        nodes[0].Pause();
        nodes[1].Pause();
        await Task.Delay(Moment);
        await nodes[2].KillAsync();
        nodes[2].Start();
        nodes[0].Resume();
        nodes[1].Resume();
        nodes[3].Pause();
        nodes[4].Pause();
        await Task.Delay(Moment);
        nodes[3].Resume();
        nodes[4].Resume();
        await nodes[2].WaitUntilReadyAsync();
    });

    /// <summary>nats-server issue 7545, redisraft issues 17 and 44: one is cut off, some die, one is removed.</summary>
    [Fact]
    public Task Removing_a_member_while_others_are_away_loses_nothing() =>
        UnderLoadAsync("a removal while others are away", async cluster =>
        {
            NodeProcess leader = await cluster.LeaderAsync();
            NodeProcess[] others = [.. cluster.Nodes.Where(node => node != leader)];
            IReadOnlyList<ClusterMember> members = await leader.Api.MembersAsync();
            string removed = members.Single(member => member.Address == others[3].ClusterAddress).Id;
            others[0].Pause();
            await leader.Api.RemoveMemberAsync(removed);
            await Task.WhenAll(leader.KillAsync(), others[1].KillAsync(), others[2].KillAsync());
            leader.Start();
            others[1].Start();
            others[2].Start();
            await Task.Delay(Moment);
            others[0].Resume();
            await others[3].EndAsync();
            cluster.Forget(others[3]);
            await Task.WhenAll(cluster.Nodes.Select(node => node.WaitUntilReadyAsync()));
        });

    /// <summary>nats-server issue 6888, redisraft issue 43: kills and restarts, faster than anything settles.</summary>
    [Fact]
    public Task Kills_faster_than_anything_settles_lose_nothing() => UnderLoadAsync("quick kills", async cluster =>
    {
        Random random = new(6888);
        for (int kill = 0; kill < 30; kill++)
        {
            NodeProcess victim = cluster.Nodes[random.Next(cluster.Nodes.Count)];
            await victim.KillAsync();
            victim.Start();
            await Task.Delay(random.Next(400));
        }

        await Task.WhenAll(cluster.Nodes.Select(node => node.WaitUntilReadyAsync()));
    });

    private Task UnderLoadAsync(string fault, Func<ClusterFixture, Task> inflictAsync) =>
        new LoadedCluster(output) { ExtraArguments = FiveVoters, Size = 5, LongestGap = null }
            .InflictAsync(fault, inflictAsync);
}
