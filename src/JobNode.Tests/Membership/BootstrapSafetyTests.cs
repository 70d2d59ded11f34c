namespace JobNode.Tests.Membership;

public sealed class BootstrapSafetyTests
{
    private const int Seeds = 2000;
    private const int Events = 400;

    private static readonly string[] Three = ["a:5001", "b:5001", "c:5001"];
    private static readonly string[] Two = ["a:5001", "b:5001"];

    [Fact]
    public void Crashes_and_wipes_in_any_order_never_give_two_configurations()
    {
        for (int seed = 0; seed < Seeds; seed++)
        {
            var simulation = new BootstrapSimulation(seed, seed % 2 == 0 ? Two : Three, ignoresFirst: false);
            Assert.True(simulation.RunChaos(Events, wipesMax: 4), $"two configurations with seed {seed}");
        }
    }

    [Fact]
    public void Without_wipes_every_node_becomes_a_member_of_one_cluster()
    {
        for (int seed = 0; seed < Seeds / 10; seed++)
        {
            var simulation = new BootstrapSimulation(seed, Three, ignoresFirst: false);
            Assert.True(simulation.RunChaos(Events, wipesMax: 0), $"two configurations with seed {seed}");
            simulation.RunCalm(20 * Events);
            Assert.True(simulation.Members == 3, $"{simulation.Members} members with seed {seed}");
            Assert.Single(simulation.ConfigurationsOnDisks);
        }
    }

    [Fact]
    public void The_simulation_finds_the_mistake_of_trusting_any_decider()
    {
        bool found = false;
        for (int seed = 0; seed < Seeds && !found; seed++)
        {
            var simulation = new BootstrapSimulation(seed, seed % 2 == 0 ? Two : Three, ignoresFirst: true);
            found = !simulation.RunChaos(Events, wipesMax: 4);
        }

        Assert.True(found, "the simulation is too tame to find what it is for");
    }
}
