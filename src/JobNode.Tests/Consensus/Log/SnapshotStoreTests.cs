using JobNode.Commands;
using JobNode.Consensus;
using JobNode.Simulation;

namespace JobNode.Tests.Consensus.Log;

public class SnapshotStoreTests
{
    private static readonly ClusterConfiguration Configuration = new(
        new UInt128(0x1122334455667788, 0x99AABBCCDDEEFF00),
        [new Member(new NodeId(3), "localhost:5001"), new Member(new NodeId(7), "10.0.0.7:5001")]);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(SnapshotFileFormat.BlockBytes - 1)]
    [InlineData(SnapshotFileFormat.BlockBytes)]
    [InlineData((2 * SnapshotFileFormat.BlockBytes) + 12345)]
    public void A_snapshot_reads_back_as_it_was_written(int bodyBytes)
    {
        var disk = new SimulatedDirectory();
        SnapshotStore store = SnapshotStore.Open(disk);
        Assert.Null(store.Latest);
        byte[] body = Body(bodyBytes);
        store.Save(42, 6, Configuration, new Frozen(42, body));
        disk.Crash(new Random(1));

        store = SnapshotStore.Open(disk);
        Assert.Equal((42ul, 6ul), (store.Latest!.Index, store.Latest.Term));
        Assert.Equal(Configuration.ClusterId, store.Latest.Configuration.ClusterId);
        Assert.Equal(Configuration.Members, store.Latest.Configuration.Members);
        using var copy = new MemoryStream();
        using Stream stream = store.OpenBody(42);
        stream.CopyTo(copy);
        Assert.True(copy.ToArray().AsSpan().SequenceEqual(body));
    }

    [Fact]
    public void A_received_snapshot_counts_only_when_it_is_whole_and_installed()
    {
        var senderDisk = new SimulatedDirectory();
        SnapshotStore sender = SnapshotStore.Open(senderDisk);
        sender.Save(90, 3, Configuration, new Frozen(90, Body(5000)));
        using Stream file = sender.OpenFile(90);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);

        var disk = new SimulatedDirectory();
        SnapshotStore store = SnapshotStore.Open(disk);
        using (IncomingSnapshot broken = store.BeginReceive())
        {
            broken.Write(bytes.AsSpan(0, bytes.Length - 1));
            Assert.Throws<SnapshotDamagedException>(() => broken.Complete());
        }

        Assert.Empty(disk.List());
        string name;
        using (IncomingSnapshot whole = store.BeginReceive())
        {
            whole.Write(bytes.AsSpan(0, 1000));
            whole.Write(bytes.AsSpan(1000));
            (SnapshotMetadata metadata, name) = whole.Complete();
            Assert.Equal(90ul, metadata.Index);
        }

        Assert.Null(store.Latest);
        store.Install(name);
        Assert.Equal(90ul, store.Latest!.Index);
        disk.Crash(new Random(3));
        Assert.Equal(90ul, SnapshotStore.Open(disk).Latest!.Index);
    }

    [Fact]
    public void Every_flipped_bit_and_every_cut_of_a_snapshot_is_found()
    {
        var disk = new SimulatedDirectory();
        SnapshotStore.Open(disk).Save(42, 6, Configuration, new Frozen(42, Body(300)));
        string name = Assert.Single(disk.List());
        int length = disk.Contents(name).Length;
        for (long bit = 0; bit < length * 8L; bit++)
        {
            disk.FlipBit(name, bit);
            SnapshotDamagedException error = Assert.Throws<SnapshotDamagedException>(() => SnapshotStore.Open(disk));
            Assert.Equal(name, error.FileName);
            disk.FlipBit(name, bit);
        }

        for (int cut = length - 1; cut >= 0; cut--)
        {
            disk.Truncate(name, cut);
            Assert.Throws<SnapshotDamagedException>(() => SnapshotStore.Open(disk));
        }
    }

    [Fact]
    public void Damage_that_comes_later_is_found_while_reading()
    {
        var disk = new SimulatedDirectory();
        SnapshotStore store = SnapshotStore.Open(disk);
        store.Save(42, 6, Configuration, new Frozen(42, Body(3 * SnapshotFileFormat.BlockBytes)));
        disk.FlipBit(disk.List()[0], 8L * ((2 * SnapshotFileFormat.BlockBytes) + 1000));
        using Stream body = store.OpenBody(42);
        Assert.Throws<SnapshotDamagedException>(() => body.CopyTo(Stream.Null));
    }

    [Fact]
    public void Readers_of_a_deleted_snapshot_go_on_and_the_latest_is_never_deleted()
    {
        var disk = new SimulatedDirectory();
        SnapshotStore store = SnapshotStore.Open(disk);
        store.Save(10, 1, Configuration, new Frozen(10, Body(4000)));
        using Stream reader = store.OpenBody(10);
        store.Save(20, 1, Configuration, new Frozen(20, Body(10)));
        Assert.Equal(2, disk.List().Count);
        store.Save(30, 1, Configuration, new Frozen(30, Body(10)));
        Assert.Equal(2, disk.List().Count);
        Assert.Throws<FileNotFoundException>(() => store.OpenFile(10));
        using var copy = new MemoryStream();
        reader.CopyTo(copy);
        Assert.Equal(4000, copy.Length);
        store.DeleteOlderThan(99);
        Assert.Equal(30ul, SnapshotStore.Open(disk).Latest!.Index);
        Assert.Single(disk.List());
    }

    [Fact]
    public void A_crash_while_saving_leaves_the_old_or_the_new_snapshot_and_no_rest()
    {
        for (int seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var disk = new SimulatedDirectory();
            SnapshotStore store = SnapshotStore.Open(disk);
            store.Save(10, 1, Configuration, new Frozen(10, Body(3000)));
            int left = random.Next(8);
            disk.ShouldFail = (_, _) => left-- == 0 ? throw new InvalidOperationException("the power fails") : false;
            bool saved = false;
            try
            {
                store.Save(20, 1, Configuration, new Frozen(20, Body(3000)));
                saved = true;
            }
            catch (InvalidOperationException)
            {
                Assert.Equal(10ul, store.Latest!.Index);
            }

            disk.ShouldFail = null;
            disk.Crash(random);
            store = SnapshotStore.Open(disk);
            Assert.True(store.Latest!.Index == 20 || (!saved && store.Latest.Index == 10), $"seed {seed}");
            Assert.DoesNotContain(disk.List(), name => name.EndsWith(".tmp", StringComparison.Ordinal));
            using Stream body = store.OpenBody(store.Latest.Index);
            body.CopyTo(Stream.Null);
        }
    }

    [Fact]
    public void A_snapshot_older_than_the_installed_one_does_not_replace_it()
    {
        var disk = new SimulatedDirectory();
        SnapshotStore store = SnapshotStore.Open(disk);
        store.Save(20, 2, Configuration, null);
        store.Save(10, 1, Configuration, null);
        Assert.Equal(20ul, store.Latest!.Index);
        Assert.Single(disk.List());
    }

    private static byte[] Body(int bytes)
    {
        var body = new byte[bytes];
        new Random(bytes).NextBytes(body);
        return body;
    }

    private sealed class Frozen(ulong index, byte[] body) : IFrozenState
    {
        public ulong AppliedIndex => index;

        public void Write(Stream destination)
        {
            for (int at = 0; at < body.Length; at += 700)
            {
                destination.Write(body, at, Math.Min(700, body.Length - at));
            }
        }

        public void Dispose()
        {
            // Nothing is held.
        }
    }
}
