using JobNode.Commands;
using JobNode.Consensus;
using JobNode.Consensus.Log;

namespace JobNode.Recovery;

/// <summary>
/// After the quorum is lost for good: makes one surviving node a cluster of its own again, with everything that is on
/// its disk, also what is not known to be committed (throwing away what may have been acknowledged is worse than
/// keeping what may not have been).
/// </summary>
internal static class QuorumRecovery
{
    /// <summary>What would happen; changes nothing.</summary>
    /// <exception cref="IOException">It is impossible here; the message says why.</exception>
    public static RecoveryPlan Plan(string directory)
    {
        string full = RequireDirectory(directory);
        using IDisposable? kept = DataDirectory.LockUnchanged(full);
        var storage = new ReadOnlyDirectory(full);
        if (RecoverySwap.FindMark(storage) is not null)
        {
            return new RecoveryPlan(full, "", 0, 0, [], IsUnderWay: true);
        }

        (OfflineState state, NodeId self) = Load(storage, full);
        return new RecoveryPlan(
            full,
            self.ToString(),
            state.CommittedIndex,
            state.Index,
            [.. Others(state, self).Select(static member => $"{member.Id} at {member.Address}")],
            IsUnderWay: false);
    }

    /// <summary>Does it, or ends what was cut short.</summary>
    /// <param name="directory">The data directory of the surviving node.</param>
    /// <param name="now">Names the subdirectory that keeps the old files.</param>
    /// <exception cref="IOException">It is impossible here; the message says why.</exception>
    public static (RestoredState State, string KeptIn) Run(string directory, DateTimeOffset now)
    {
        string full = RequireDirectory(directory);
        using IDisposable kept = DataDirectory.LockFor(full);
        using var storage = new PhysicalStorageDirectory(full);
        string? underWay = RecoverySwap.FindMark(storage);
        var swap = new RecoverySwap(storage, full, underWay ?? RecoverySwap.NameAt(now));
        if (underWay is null)
        {
            Prepare(storage, full, swap);
        }

        swap.Run();
        (OfflineState state, NodeId self) = Load(storage, full);
        var restored = new RestoredState(
            full,
            self.ToString(),
            state.Configuration.ClusterId.ToString("x32"),
            state.Index,
            state.Machine.Digest.ToString("x32"),
            state.Machine.View.Counts.Held);
        return (restored, swap.KeptIn);
    }

    private static void Prepare(PhysicalStorageDirectory storage, string full, RecoverySwap swap)
    {
        (OfflineState state, NodeId self) = Load(storage, full);
        Member own = state.Configuration.Find(self)!;
        ClusterConfiguration configuration = FreshState.ConfigurationOf(
            self,
            own.Address,
            own.Zone,
            state.Configuration.FeatureLevel,
            [.. state.Configuration.Removed, .. Others(state, self).Select(static member => member.Id)]);
        using PhysicalStorageDirectory made = swap.MakeNewFiles();
        FreshState.Write(made, state.Machine, state.HighestTerm, configuration);
    }

    private static (OfflineState State, NodeId Self) Load(IStorageDirectory storage, string full)
    {
        if (DataDirectory.FindNodeId(storage) is not { } self)
        {
            throw new IOException($"{full} has no {DataFiles.NodeId} file, so no node has run on it: name the data "
                + "directory of a surviving member.");
        }

        OfflineState state = OfflineState.Load(storage);
        FeatureLevels.RequireKnown(state.Configuration.FeatureLevel);
        state.ReplayAll();
        if (state.Index == 0)
        {
            throw new IOException($"node {self} holds no log (it was a spare): recover on a member that was a voter "
                + "or a stand-by.");
        }

        if (state.Configuration.Find(self) is null)
        {
            throw new IOException($"node {self} was removed from the cluster: recover on one of its members "
                + $"({string.Join(", ", state.Configuration.Members.Select(static member => member.Address))}).");
        }

        return (state, self);
    }

    private static IEnumerable<Member> Others(OfflineState state, NodeId self) =>
        state.Configuration.Members.Where(member => member.Id != self);

    private static string RequireDirectory(string directory)
    {
        string full = Path.GetFullPath(directory);
        return Directory.Exists(full) ? full : throw new IOException($"{full} is no directory.");
    }
}

/// <summary>What a recovery would do.</summary>
/// <param name="Path">The directory.</param>
/// <param name="Node">This node.</param>
/// <param name="CommittedIndex">Entries up to here are known to be committed.</param>
/// <param name="LastIndex">The last entry on this disk; all of them are kept.</param>
/// <param name="Others">The members that would be removed: id and address.</param>
/// <param name="IsUnderWay">A recovery was cut short and would be ended.</param>
internal sealed record RecoveryPlan(
    string Path, string Node, ulong CommittedIndex, ulong LastIndex, IReadOnlyList<string> Others, bool IsUnderWay);
