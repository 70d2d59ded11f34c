using JobNode.Tests.Support;
using Xunit.Abstractions;

namespace JobNode.Tests.Processes;

/// <summary>
/// Three nodes under load from eight clients while processes are killed and frozen. In the end every accepted job must
/// have exactly one right result, and there must be no other.
/// </summary>
[Collection(ProcessCollection.Name)]
[Trait("Tier", "Process")]
[Trait("Faults", "Kill")]
public sealed class FaultTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Freeze = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Aftermath = TimeSpan.FromSeconds(4);

    [Fact]
    public Task Killing_the_leader_loses_nothing() => UnderLoadAsync("kill -9 of the leader", async cluster =>
    {
        NodeProcess leader = await cluster.LeaderAsync();
        await leader.KillAsync();
        await Task.Delay(Aftermath);
        await leader.StartAndWaitAsync();
    });

    [Fact]
    public Task Killing_a_follower_loses_nothing() => UnderLoadAsync("kill -9 of a follower", async cluster =>
    {
        NodeProcess leader = await cluster.LeaderAsync();
        NodeProcess follower = cluster.Nodes.First(node => node != leader);
        await follower.KillAsync();
        await Task.Delay(Aftermath);
        await follower.StartAndWaitAsync();
    });

    [Fact]
    public Task Killing_all_at_once_loses_nothing() => UnderLoadAsync("kill -9 of all three", async cluster =>
    {
        await Task.WhenAll(cluster.Nodes.Select(node => node.KillAsync()));
        await cluster.StartAllAsync();
    });

    [Fact]
    public Task Freezing_the_leader_loses_nothing() => UnderLoadAsync("SIGSTOP of the leader", async cluster =>
    {
        NodeProcess leader = await cluster.LeaderAsync();
        leader.Pause();
        await Task.Delay(Freeze);
        leader.Resume();
    });

    private Task UnderLoadAsync(string fault, Func<ClusterFixture, Task> inflictAsync) =>
        new LoadedCluster(output).InflictAsync(fault, inflictAsync);
}
