using JobNode.Chaos.Networks;

namespace JobNode.Chaos.Faults;

/// <summary>All kinds of faults.</summary>
internal static class FaultCatalog
{
    private const int MaximumLossPercent = 30;

    /// <summary>By name.</summary>
    public static readonly IReadOnlyList<FaultKind> All =
    [
        new("kill", FaultGroup.Harmless, scene => new KillFault(scene, scene => [scene.OneVoter()])),
        new("kill-many", FaultGroup.Harmless, scene => new KillFault(
            scene, scene => scene.SomeVoters(scene.Random.Next(2, scene.Cluster.Nodes)))),
        new("kill-all", FaultGroup.Harmless, scene => new KillFault(scene, scene => [.. scene.Cluster.Members])),
        new("power-cut", FaultGroup.Harmless, scene => new PowerCutFault(scene, isForAll: false)),
        new("power-cut-all", FaultGroup.Harmless, scene => new PowerCutFault(scene, isForAll: true)),
        new("pause", FaultGroup.Harmless, scene => new PauseFault(scene)),
        new("restart", FaultGroup.Harmless, scene => new RestartFault(scene)),
        new("partition", FaultGroup.Harmless, scene => new PartitionFault(scene)),
        new("one-way", FaultGroup.Harmless, scene => new OneWayFault(scene)),
        new("isolate", FaultGroup.Harmless, scene => new IsolateFault(scene)),
        new("ring", FaultGroup.Harmless, scene => new RingFault(scene)),
        new("loss", FaultGroup.Harmless, scene => Network(scene, Loss(scene), "loss")),
        new("delay", FaultGroup.Harmless, scene => Network(
            scene, new LinkFault { DelayMs = scene.Random.Next(20, 400) }, "delay")),
        new("reorder", FaultGroup.Harmless, scene => Network(
            scene, new LinkFault { JitterMs = scene.Random.Next(20, 200) }, "reorder")),
        new("duplicate", FaultGroup.Harmless, scene => Network(
            scene, new LinkFault { Duplicate = scene.Random.Next(10, 60) / 100.0, JitterMs = 3 }, "duplicate")),
        new("reset", FaultGroup.Harmless, scene => new ClientFault(
            scene, new LinkFault { Reset = scene.Random.Next(1, 20) / 100.0 })),
        new("client-cut", FaultGroup.Harmless, scene => new ClientFault(scene, new LinkFault { IsCut = true })),
        new("clock", FaultGroup.Harmless, scene => new ClockFault(scene)),
        new("disk-full", FaultGroup.Harmless, scene => new DiskFullFault(scene)),
        new("write-error", FaultGroup.Harmless, scene => new WriteErrorFault(scene)),
        new("sync-error", FaultGroup.Harmless, scene => new SyncErrorFault(scene)),
        new("slow-disk", FaultGroup.Harmless, scene => new SlowDiskFault(scene)),
        new("torn-tail", FaultGroup.Harmless, scene => new DamageFault(scene, Damage.TornTail)),
        new("read-error", FaultGroup.DataLoss, scene => new ReadErrorFault(scene)),
        new("bit-flip", FaultGroup.DataLoss, scene => new DamageFault(scene, Damage.FlippedBit)),
        new("truncate", FaultGroup.DataLoss, scene => new DamageFault(scene, Damage.Truncated)),
        new("wipe", FaultGroup.DataLoss, scene => new DamageFault(scene, Damage.Wiped)),
        new("join-leave", FaultGroup.Membership, scene => new JoinLeaveFault(scene)),
        new("leave", FaultGroup.Membership, scene => new LeaveFault(scene)),
        new("remove", FaultGroup.Membership, scene => new RemoveFault(scene)),
        new("transfer", FaultGroup.Harmless, scene => new TransferFault(scene)),
    ];

    /// <summary>Those with these names; all when there are none.</summary>
    /// <exception cref="FormatException">There is no such kind.</exception>
    public static IReadOnlyList<FaultKind> Choose(IReadOnlyList<string> names) => names.Count == 0
        ? All
        : [.. names.Select(name => All.FirstOrDefault(kind => kind.Kind == name) ?? throw new FormatException(
            $"there is no fault \"{name}\"; these are: {string.Join(',', All.Select(kind => kind.Kind))}"))];

    private static LinkFault Loss(FaultScene scene) =>
        new() { Loss = scene.Random.Next(1, MaximumLossPercent + 1) / 100.0 };

    private static LinksFault Network(FaultScene scene, LinkFault fault, string what) => new(scene, fault, what);
}
