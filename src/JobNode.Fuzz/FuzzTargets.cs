using JobNode.Fuzz.Targets;

namespace JobNode.Fuzz;

/// <summary>Everything that is fuzzed.</summary>
internal static class FuzzTargets
{
    /// <summary>All targets.</summary>
    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        .. CommandTargets.All(),
        .. SnapshotTargets.All(),
        .. LogTarget.All(),
        .. PeerTargets.All(),
        .. HttpTarget.All(),
    ];
}
