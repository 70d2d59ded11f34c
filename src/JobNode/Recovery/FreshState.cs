using JobNode.Commands;
using JobNode.Consensus;
using JobNode.Consensus.Log;
using JobNode.Queue;

namespace JobNode.Recovery;

/// <summary>
/// Writes a state as the beginning of a cluster of one: a log that starts after it, and its snapshot.
/// </summary>
internal static class FreshState
{
    /// <summary>Writes both, durably. The log comes first: with a log and nothing else no node starts.</summary>
    /// <param name="storage">Without log and snapshots.</param>
    /// <param name="machine">The state.</param>
    /// <param name="term">At least the highest term of the cluster that the state is from.</param>
    /// <param name="configuration">This node as the only voter.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Write(
        IStorageDirectory storage, JobStateMachine machine, ulong term, ClusterConfiguration configuration)
    {
        Invariant.That(configuration.Voters.Count() == 1, "a cluster begins again with one voter");
        ulong index = machine.AppliedIndex;
        var sizes = new WriteAheadLogOptions { SegmentBytes = new WriteAheadLogOptions().FirstSegmentBytes };
        using (WriteAheadLog log = WriteAheadLog.Open(storage, WriteAheadLog.BootstrapIndex, sizes))
        {
            log.Append([], new HardState(term, 0, 0));
            log.Reset(index);
            log.Close();
        }

        using IFrozenState frozen = machine.Freeze();
        SnapshotStore.Open(storage).Save(index, term, configuration, frozen);
    }

    /// <summary>A configuration of one voter, in a cluster that nobody else is in.</summary>
    public static ClusterConfiguration ConfigurationOf(
        NodeId self, string address, string zone, int featureLevel, IReadOnlyList<NodeId> removed) =>
        new(RandomBits.Next128(),
            [new Member(self, address) { Zone = zone, FeatureLevel = FeatureLevels.Latest }])
        {
            FeatureLevel = featureLevel,
            Removed = [.. removed.TakeLast(Limits.RemovedMax)],
        };
}
