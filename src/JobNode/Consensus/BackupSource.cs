using JobNode.Commands;

namespace JobNode.Consensus;

/// <summary>Freezes the state for a backup. Thread-safe.</summary>
/// <param name="applyThread">Where the state lives.</param>
/// <param name="machine">The state; touched on <paramref name="applyThread"/> only.</param>
/// <param name="board">Term and configuration that belong to it.</param>
internal sealed class BackupSource(IApplyThread applyThread, IStateMachine machine, StatusBoard board)
{
    /// <summary>
    /// The state as of now, with at least everything acknowledged anywhere before the call. Null when no quorum said
    /// in time what that is.
    /// </summary>
    /// <remarks>
    /// The snapshot's term is that of the node, not of the entry: it is at least as high, and whoever restores the
    /// file begins another cluster, whose terms must only be higher than any in it.
    /// </remarks>
    public async Task<ClusterBackup?> TakeAsync(CancellationToken cancellation) =>
        await applyThread.ReadBarrierAsync(cancellation)
            ? await applyThread.ReadAsync(Freeze, cancellation)
            : null;

    private ClusterBackup Freeze()
    {
        ConsensusStatus status = board.Current;
        IFrozenState frozen = machine.Freeze();
        Invariant.That(frozen.AppliedIndex == status.AppliedIndex, "reads run after the status was posted");
        var metadata = new SnapshotMetadata(status.AppliedIndex, status.Term, status.Configuration);
        return new ClusterBackup(metadata.Index, machine.Digest, destination =>
        {
            using (frozen)
            {
                using var writer = new SnapshotFileWriter(new ForwardFile(destination), metadata);
                frozen.Write(writer);
                writer.Finish();
            }
        });
    }
}
