using System.Globalization;
using JobNode.Chaos.Hosts;
using JobNode.Chaos.Networks;

namespace JobNode.Chaos.Faults;

/// <summary>A fault of some directions between hosts.</summary>
internal abstract class NetworkFault(FaultScene scene) : IFault
{
    /// <inheritdoc/>
    public IReadOnlyList<string> Targets { get; private set; } = [];

    /// <inheritdoc/>
    public string Description { get; private set; } = "";

    /// <summary>Where and with whom it happens.</summary>
    protected FaultScene Scene => scene;

    /// <inheritdoc/>
    public Task BeginAsync(CancellationToken cancellation)
    {
        Plan plan = Choose();
        Targets = FaultScene.Names(plan.Hosts);
        Description = plan.Description;
        Scene.Cluster.Network.Apply(this, plan.Directions, plan.Fault);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task EndAsync()
    {
        Scene.Cluster.Network.Lift(this);
        return Task.CompletedTask;
    }

    /// <summary>Decides what to do.</summary>
    protected abstract Plan Choose();

    /// <summary>What is done to whom.</summary>
    /// <param name="Hosts">Whom it meets.</param>
    /// <param name="Directions">Between whom.</param>
    /// <param name="Fault">What.</param>
    /// <param name="Description">For people.</param>
    protected sealed record Plan(
        IReadOnlyList<Host> Hosts, IEnumerable<Direction> Directions, LinkFault Fault, string Description);
}

/// <summary>Two sides that do not hear each other; the leader is with the minority half of the time.</summary>
internal sealed class PartitionFault(FaultScene scene) : NetworkFault(scene)
{
    /// <inheritdoc/>
    protected override Plan Choose()
    {
        IReadOnlyList<Host> minority = Scene.SomeVoters((Scene.Cluster.Nodes - 1) / 2);
        Host[] majority = [.. Scene.Cluster.Hosts.Except(minority)];
        return new Plan(
            minority,
            FaultScene.Between(minority, majority),
            new LinkFault { IsCut = true },
            $"{FaultScene.Spoken(minority)} cut off from {FaultScene.Spoken(majority)}");
    }
}

/// <summary>Some are not heard by the others, but hear them.</summary>
internal sealed class OneWayFault(FaultScene scene) : NetworkFault(scene)
{
    /// <inheritdoc/>
    protected override Plan Choose()
    {
        IReadOnlyList<Host> some = Scene.SomeVoters(Scene.Random.Next(1, Scene.Cluster.Nodes));
        Host[] others = [.. Scene.Cluster.Hosts.Except(some)];
        return new Plan(
            some,
            FaultScene.FromTo(some, others),
            new LinkFault { IsCut = true },
            $"nothing gets from {FaultScene.Spoken(some)} to {FaultScene.Spoken(others)}");
    }
}

/// <summary>Nobody hears anybody.</summary>
internal sealed class IsolateFault(FaultScene scene) : NetworkFault(scene)
{
    /// <inheritdoc/>
    protected override Plan Choose() => new(
        Scene.Cluster.Hosts,
        FaultScene.Between(Scene.Cluster.Hosts, Scene.Cluster.Hosts),
        new LinkFault { IsCut = true },
        "every node alone");
}

/// <summary>Each hears its two neighbours in a ring only; of three, two do not hear each other.</summary>
internal sealed class RingFault(FaultScene scene) : NetworkFault(scene)
{
    /// <inheritdoc/>
    protected override Plan Choose()
    {
        Host[] hosts = [.. Scene.Cluster.Members];
        Scene.Random.Shuffle(hosts);
        List<Direction> cut = [];
        for (int i = 0; i < hosts.Length; i++)
        {
            for (int j = i + 1; j < hosts.Length; j++)
            {
                bool isClosed = hosts.Length > 3 && i == 0 && j == hosts.Length - 1;
                if (j != i + 1 && !isClosed)
                {
                    cut.AddRange(FaultScene.Between([hosts[i]], [hosts[j]]));
                }
            }
        }

        return new Plan(
            hosts,
            cut,
            new LinkFault { IsCut = true },
            $"only neighbours hear each other: {FaultScene.Spoken(hosts)}");
    }
}

/// <summary>
/// Bad links: one host's, or everybody's, at times with the clients' too.
/// </summary>
internal sealed class LinksFault(FaultScene scene, LinkFault fault, string what) : NetworkFault(scene)
{
    /// <inheritdoc/>
    protected override Plan Choose()
    {
        IReadOnlyList<Host> all = Scene.Cluster.Hosts;
        IReadOnlyList<Host> some = Scene.Random.Next(3) == 0 ? all : Scene.Minority();
        bool areClientsHit = Scene.Random.Next(3) == 0;
        IEnumerable<Direction> clients = areClientsHit
            ? some.SelectMany(host => new[]
            {
                new Direction(host.Number, HostNetwork.Clients), new Direction(HostNetwork.Clients, host.Number),
            })
            : [];
        return new Plan(some, FaultScene.Between(some, all).Concat(clients), fault, string.Create(
            CultureInfo.InvariantCulture,
            $"{what} at {FaultScene.Spoken(some)}{(areClientsHit ? " and to clients" : "")}: {fault.Loss:P0} lost, "
            + $"{fault.DelayMs} ms late, up to {fault.JitterMs} ms more, {fault.Duplicate:P0} twice"));
    }
}

/// <summary>Something between clients and nodes: answers that break off, or nothing gets through.</summary>
internal sealed class ClientFault(FaultScene scene, LinkFault fault) : NetworkFault(scene)
{
    /// <inheritdoc/>
    protected override Plan Choose()
    {
        IReadOnlyList<Host> some = fault.IsCut ? Scene.Minority() : [.. Scene.Cluster.Members];
        return new Plan(
            some,
            some.SelectMany(host => new[]
            {
                new Direction(host.Number, HostNetwork.Clients), new Direction(HostNetwork.Clients, host.Number),
            }),
            fault,
            fault.IsCut
                ? $"clients cut off from {FaultScene.Spoken(some)}"
                : string.Create(CultureInfo.InvariantCulture, $"{fault.Reset:P0} of answers and calls break off"));
    }
}
