using JobNode.Commands;
using JobNode.Consensus;
using JobNode.Consensus.Log;
using JobNode.Queue;
using JobNode.Recovery;
using JobNode.Tests.Support;

namespace JobNode.Tests.Recovery;

/// <summary>New directories from backups, and one survivor that goes on alone.</summary>
public sealed class RestoreAndRecoverTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Fact]
    public void A_restored_directory_holds_the_same_state_in_a_new_cluster_of_one()
    {
        using var folder = new TemporaryFolder();
        JobStateMachine machine = Machine();
        string backup = Backup(folder, machine);
        RestoredState restored = Restoration.Run(backup, folder.PathOf("new"), "10.0.0.1:5001");
        Assert.Equal((machine.AppliedIndex, machine.Digest.ToString("x32")), (restored.Index, restored.Digest));

        DirectoryReport report = DirectoryCheck.Run(folder.PathOf("new"));
        Assert.True(report.IsSound, report.Conclusion);
        Assert.Equal(restored.Node, report.Node);
        Assert.Equal(restored.Digest, report.State!.CommittedDigest);
        Assert.Equal((restored.Index, restored.Index), (report.State.CommittedIndex, report.State.Index));
        Assert.NotEqual(Configuration.ClusterId.ToString("x32"), report.State.ClusterId);
        MemberSummary only = Assert.Single(report.State.Members);
        Assert.Equal((restored.Node, "10.0.0.1:5001", "Voter"), (only.Id, only.Address, only.Role));

        // As a node opens it.
        using DataDirectory directory = DataDirectory.Open(folder.PathOf("new"));
        SnapshotMetadata latest = SnapshotStore.Open(directory.Storage).Latest!;
        using WriteAheadLog log = WriteAheadLog.Open(
            directory.Storage, latest.Index, new WriteAheadLogOptions(), latest.Term);
        Assert.Equal((latest.Index, 6ul), (log.LastIndex, log.HardState.Term));
        Assert.Null(log.RepairNote);
    }

    [Fact]
    public void A_restore_never_touches_what_is_there_and_never_takes_half_a_backup()
    {
        using var folder = new TemporaryFolder();
        string backup = Backup(folder, Machine());
        Directory.CreateDirectory(folder.PathOf("full"));
        File.WriteAllText(Path.Join(folder.PathOf("full"), "mine"), "x");
        IOException full = Assert.Throws<IOException>(
            () => Restoration.Run(backup, folder.PathOf("full"), "a:5001"));
        Assert.Contains("not empty (it holds mine)", full.Message, StringComparison.Ordinal);

        byte[] bytes = File.ReadAllBytes(backup);
        foreach (int length in new[] { 0, 10, 100, bytes.Length / 2, bytes.Length - 1 })
        {
            File.WriteAllBytes(folder.PathOf("half"), bytes[..length]);
            IOException half = Assert.Throws<IOException>(
                () => Restoration.Run(folder.PathOf("half"), folder.PathOf("new"), "a:5001"));
            Assert.Contains("no whole backup", half.Message, StringComparison.Ordinal);
            Assert.False(Directory.Exists(folder.PathOf("new")));
        }

        bytes[200] ^= 1;
        File.WriteAllBytes(folder.PathOf("half"), bytes);
        Assert.Throws<IOException>(() => BackupFile.Open(folder.PathOf("half")));
    }

    [Fact]
    public void A_backup_of_a_higher_feature_level_is_refused()
    {
        using var folder = new TemporaryFolder();
        string backup = Backup(folder, Machine(), Configuration with { FeatureLevel = FeatureLevels.Latest + 1 });
        FeatureLevelException refusal = Assert.Throws<FeatureLevelException>(
            () => Restoration.Run(backup, folder.PathOf("new"), "a:5001"));
        Assert.Contains($"knows only level {FeatureLevels.Latest}", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_survivor_keeps_every_entry_it_has_and_the_others_are_removed()
    {
        using var written = new WrittenDirectory(isClosed: false);
        RecoveryPlan plan = QuorumRecovery.Plan(written.Path);
        Assert.Equal((WrittenDirectory.CommittedIndex, WrittenDirectory.LastIndex, 3),
            (plan.CommittedIndex, plan.LastIndex, plan.Others.Count));

        (RestoredState state, string keptIn) = QuorumRecovery.Run(written.Path, Now);
        Assert.Equal(WrittenDirectory.LastIndex, state.Index);
        Assert.Equal(written.Digests[WrittenDirectory.LastIndex].ToString("x32"), state.Digest);
        Assert.Equal(written.Self.ToString(), state.Node);

        DirectoryReport report = DirectoryCheck.Run(written.Path);
        Assert.True(report.IsSound, report.Conclusion);
        Assert.Equal(state.Digest, report.State!.CommittedDigest);
        Assert.Equal(written.Self.ToString(), Assert.Single(report.State.Members).Id);
        OfflineState offline = OfflineState.Load(new ReadOnlyDirectory(written.Path));
        Assert.Equal([new NodeId(7), new NodeId(9), WrittenDirectory.Joiner], offline.Configuration.Removed);
        Assert.NotEqual(written.Configuration.ClusterId, offline.Configuration.ClusterId);
        Assert.True(offline.HighestTerm >= WrittenDirectory.Term);
        Assert.True(Directory.GetFiles(keptIn, "*.log").Length >= 2);
    }

    [Fact]
    public void A_recovery_can_be_undone_from_the_files_that_it_kept()
    {
        using var written = new WrittenDirectory();
        string before = written.Fingerprint();
        (_, string keptIn) = QuorumRecovery.Run(written.Path, Now);
        foreach (string file in Directory.GetFiles(written.Path))
        {
            if (DataFiles.IsState(Path.GetFileName(file)))
            {
                File.Delete(file);
            }
        }

        foreach (string file in Directory.GetFiles(keptIn))
        {
            File.Move(file, written.PathOf(Path.GetFileName(file)));
        }

        File.Delete(written.PathOf("lock"));
        Assert.Equal(WithoutLock(before), WithoutLock(written.Fingerprint()));
    }

    [Fact]
    public void A_recovery_cut_short_is_refused_by_nodes_and_goes_on_when_run_again()
    {
        using var written = new WrittenDirectory();
        using (var storage = new PhysicalStorageDirectory(written.Path))
        {
            // Everything prepared, the mark set, half of the old files moved: then the machine went down.
            var swap = new RecoverySwap(storage, written.Path, RecoverySwap.NameAt(Now));
            OfflineState state = OfflineState.Load(storage);
            state.ReplayAll();
            using (PhysicalStorageDirectory made = swap.MakeNewFiles())
            {
                FreshState.Write(made, state.Machine, state.HighestTerm, FreshState.ConfigurationOf(
                    written.Self, "127.0.0.1:7001", "", 1, [new NodeId(7), new NodeId(9)]));
            }

            File.WriteAllText(written.PathOf("recovery-moving-out." + RecoverySwap.NameAt(Now)), "");
            string moved = written.FileOf(".log");
            File.Move(written.PathOf(moved), Path.Join(swap.KeptIn, moved));
        }

        IOException refusal = Assert.Throws<IOException>(() => DataDirectory.Open(written.Path));
        Assert.Contains("Run 'jobnode recover", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("jobnode recover", DirectoryCheck.Run(written.Path).Conclusion, StringComparison.Ordinal);
        Assert.True(QuorumRecovery.Plan(written.Path).IsUnderWay);

        (RestoredState restored, _) = QuorumRecovery.Run(written.Path, Now.AddHours(1));
        Assert.Equal(WrittenDirectory.LastIndex, restored.Index);
        Assert.Equal(written.Digests[WrittenDirectory.LastIndex].ToString("x32"), restored.Digest);
        Assert.True(DirectoryCheck.Run(written.Path).IsSound);
        DataDirectory.Open(written.Path).Dispose();
    }

    [Fact]
    public void A_plan_changes_nothing()
    {
        using var written = new WrittenDirectory();
        string before = written.Fingerprint();
        _ = QuorumRecovery.Plan(written.Path);
        Assert.Equal(before, written.Fingerprint());
    }

    private static ClusterConfiguration Configuration { get; } = new(
        new UInt128(3, 4), [new Member(new NodeId(1), "a:5001"), new Member(new NodeId(2), "b:5001")]);

    private static JobStateMachine Machine()
    {
        var machine = new JobStateMachine(StateLimits.Default);
        var history = new Queue.RandomHistory(11);
        for (ulong index = 2; index < 200; index++)
        {
            _ = machine.Apply(index, history.NextTime(), history.NextCommand());
        }

        return machine;
    }

    private static string Backup(
        TemporaryFolder folder, JobStateMachine machine, ClusterConfiguration? configuration = null)
    {
        string path = folder.PathOf("backup");
        var status = new ConsensusStatus(
            new NodeId(1), RaftRole.Leader, new NodeId(1), 6, machine.AppliedIndex, machine.AppliedIndex,
            machine.Digest, configuration ?? Configuration);
        var source = new BackupSource(new OneThread(), machine, new StatusBoard(status));
        using FileStream file = File.Create(path);
        source.TakeAsync(CancellationToken.None).GetAwaiter().GetResult()!.WriteTo(file);
        return path;
    }

    private static string WithoutLock(string fingerprint) => string.Join(
        '\n', fingerprint.Split('\n').Where(line => !line.Contains("/lock ", StringComparison.Ordinal)));

    private sealed class OneThread : IApplyThread
    {
        public Task<T> ReadAsync<T>(Func<T> query, CancellationToken cancellation) => Task.FromResult(query());

        public Task<bool> ReadBarrierAsync(CancellationToken cancellation) => Task.FromResult(true);

        public Task<bool> WaitAppliedAsync(ulong logIndex, CancellationToken cancellation) => Task.FromResult(true);
    }
}
