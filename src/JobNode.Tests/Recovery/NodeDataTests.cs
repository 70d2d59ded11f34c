using JobNode.Commands;
using JobNode.Consensus.Log;
using JobNode.Recovery;

namespace JobNode.Tests.Recovery;

/// <summary>What a node makes of its data directory when it starts.</summary>
public sealed class NodeDataTests
{
    private static readonly DateTimeOffset _now = new(2026, 11, 22, 13, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Sound_data_is_taken_as_it_is()
    {
        using var written = new WrittenDirectory();
        using NodeData data = Open(written);
        Assert.Null(data.Damage);
        Assert.Equal(written.Self, data.NodeId);
        Assert.Equal(WrittenDirectory.SnapshotIndex, data.Snapshots.Latest!.Index);
        using WriteAheadLog? log = data.TakeLog();
        Assert.Equal(WrittenDirectory.LastIndex, log!.LastIndex);
        Assert.Null(data.TakeLog());
    }

    [Fact]
    public void With_any_damage_the_node_is_another_one_and_knows_its_cluster_all_the_same()
    {
        (string File, Action<WrittenDirectory> Do)[] damages =
        [
            ("node-id", written => written.Flip("node-id", 2)),
            ("node-id", written => File.Delete(written.PathOf("node-id"))),
            (".log", written => written.Flip(written.FileOf(".log"), 600)),
            (".log", written => written.Cut(written.FileOf(".log"), 600)),
            (".log", written => Array.ForEach(Directory.GetFiles(written.Path, "*.snapshot"), File.Delete)),
            (".snapshot", written => written.Flip(written.FileOf(".snapshot"), 30)),
            (".snapshot", written => written.Flip(written.FileOf(".snapshot"), 500)),
            (".log", written => Array.ForEach(Directory.GetFiles(written.Path, "*.log"), File.Delete)),
        ];
        foreach ((string file, Action<WrittenDirectory> inflict) in damages)
        {
            using var written = new WrittenDirectory();
            inflict(written);
            string before = written.Fingerprint();
            NodeData data = Open(written);
            Assert.EndsWith(file, data.Damage!.FileName, StringComparison.Ordinal);
            Assert.NotEqual(written.Self, data.NodeId);
            Assert.Null(data.Snapshots.Latest);
            Assert.Null(data.TakeLog());
            bool hasSnapshot = Directory.GetFiles(written.Path, "*.snapshot").Length > 0;
            Assert.Equal(hasSnapshot ? written.Configuration.ClusterId : UInt128.Zero, data.Known.ClusterId);
            Assert.True(!hasSnapshot || data.Known.Others.Contains("127.0.0.1:7002"));
            Assert.Equal(hasSnapshot && file != "node-id" ? "127.0.0.1:7001" : "", data.Known.Own);
            data.Dispose();
            Assert.Equal(before, written.Fingerprint());
        }
    }

    [Fact]
    public void Damaged_files_are_kept_aside_and_a_crash_on_the_way_leaves_the_directory_damaged()
    {
        using var written = new WrittenDirectory();
        written.Flip(written.FileOf(".log"), 600);
        string[] files = [.. Directory.GetFiles(written.Path).Select(Path.GetFileName).Where(name => name != "lock")!];
        Directory.CreateDirectory(written.PathOf("damaged-20200101T000000Z"));
        string aside;
        using (NodeData data = Open(written))
        {
            aside = data.SetAside(_now);
            data.Snapshots.Save(0, 0, written.Configuration, null);
        }

        NodeId reborn;
        using (NodeData again = Open(written))
        {
            Assert.Equal(DamageMark.Name, again.Damage!.FileName);
            Assert.Equal(written.Configuration.ClusterId, again.Known.ClusterId);
            Assert.Equal(["127.0.0.1:7002", "127.0.0.1:7003"], again.Known.Others.Order(StringComparer.Ordinal));
            Assert.Equal(aside, again.SetAside(_now.AddHours(1)));
            again.Snapshots.Save(0, 0, written.Configuration, null);
            again.EndRebuild();
            reborn = again.NodeId;
        }

        Assert.Equal([aside], Directory.GetDirectories(written.Path));
        Assert.All(files, name => Assert.True(File.Exists(Path.Join(aside, name)), name));
        using NodeData sound = Open(written);
        Assert.Null(sound.Damage);
        Assert.Equal(reborn, sound.NodeId);
        Assert.NotEqual(written.Self, sound.NodeId);
    }

    [Fact]
    public void A_loss_that_a_running_node_learned_of_is_damage_to_its_next_start()
    {
        using var written = new WrittenDirectory();
        using (NodeData data = Open(written))
        {
            data.TakeLog()!.Dispose();
            data.NoteLoss("the leader counts on more");
        }

        using (NodeData data = Open(written))
        {
            Assert.Equal("the leader counts on more", data.Damage!.Reason);
            Assert.Equal(written.Configuration.ClusterId, data.Known.ClusterId);
        }

        Assert.Contains("counts on more", DirectoryCheck.Run(written.Path).Conclusion, StringComparison.Ordinal);
        written.Flip(DamageMark.Name, 12);
        using NodeData marked = Open(written);
        Assert.Equal(written.Configuration.ClusterId, marked.Known.ClusterId);
        Assert.NotNull(marked.Damage);
    }

    private static NodeData Open(WrittenDirectory written) => NodeData.Open(written.Path, new WriteAheadLogOptions());
}
