using System.Buffers.Binary;
using JobNode.Commands;
using JobNode.Consensus;
using JobNode.Consensus.Log;
using JobNode.Simulation;

namespace JobNode.Tests.Consensus.Log;

public class SnapshotHeadTests
{
    // What the version before this one wrote: index 42, term 6, cluster 7, members 3 (a:1) and 9 (b:1).
    private const string FormatOne =
        "4a4f424e534e4150" + "01000000" + "50000000" + "2a00000000000000" + "0600000000000000"
        + "0700000000000000" + "0000000000000000" + "02000000"
        + "0300000000000000" + "03613a31" + "0900000000000000" + "03623a31";

    [Fact]
    public void The_head_holds_all_of_a_configuration()
    {
        var configuration = new ClusterConfiguration(7,
        [
            new Member(new NodeId(3), "a:1") { Zone = "north", FeatureLevel = 3 },
            new Member(new NodeId(4), "b:1") { Role = MemberRole.StandBy, FeatureLevel = 2 },
            new Member(new NodeId(5), "c:1") { Role = MemberRole.Spare, FeatureLevel = 2 },
        ])
        {
            Removed = [new NodeId(9), new NodeId(8)],
            FeatureLevel = 2,
        };
        Assert.Equal(configuration, Reopened(configuration));
    }

    [Fact]
    public void The_largest_configuration_fits()
    {
        var configuration = new ClusterConfiguration(7,
        [
            .. Enumerable.Range(1, Limits.MembersMax).Select(static id =>
                new Member(new NodeId((ulong)id), new string('x', Limits.AddressBytesMax))
                {
                    Zone = new string('z', Limits.ZoneBytesMax),
                }),
        ])
        {
            Removed = [.. Enumerable.Range(2_000, Limits.RemovedMax).Select(id => new NodeId((ulong)id))],
        };
        Assert.Equal(configuration, Reopened(configuration));
    }

    [Fact]
    public void A_head_of_format_one_is_read_and_all_its_members_vote()
    {
        byte[] head = [.. Convert.FromHexString(FormatOne), 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(12), head.Length);
        uint checksum = Crc32C.Compute(head.AsSpan(0, head.Length - 4));
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(head.Length - 4), checksum);

        Assert.Null(SnapshotFileFormat.TryReadHeadLength(head, out int length));
        Assert.Equal(head.Length, length);
        Assert.Null(SnapshotFileFormat.TryDecodeHead(head, out SnapshotMetadata? metadata));

        Assert.Equal((42ul, 6ul), (metadata!.Index, metadata.Term));
        Assert.Equal(
            new ClusterConfiguration(7, [new Member(new NodeId(3), "a:1"), new Member(new NodeId(9), "b:1")]),
            metadata.Configuration);
    }

    [Fact]
    public void A_node_without_a_log_has_a_snapshot_at_index_zero()
    {
        var disk = new SimulatedDirectory();
        var configuration = new ClusterConfiguration(7, [new Member(new NodeId(3), "a:1")]);
        SnapshotStore.Open(disk).Save(0, 0, configuration, null);
        SnapshotStore.Open(disk).Save(0, 0, configuration with { FeatureLevel = 2 }, null);
        disk.Crash(new Random(1));

        SnapshotMetadata latest = SnapshotStore.Open(disk).Latest!;
        Assert.Equal((0ul, 2), (latest.Index, latest.Configuration.FeatureLevel));
        using WriteAheadLog log = WriteAheadLog.Open(disk, latest.Index, new WriteAheadLogOptions(), latest.Term);
        Assert.Equal(0ul, log.LastIndex);
        log.Append([], new HardState(5, 2, 0));
        log.FlushAndSync();
        disk.Crash(new Random(2));
        using WriteAheadLog again = WriteAheadLog.Open(disk, 0, new WriteAheadLogOptions());
        Assert.Equal(new HardState(5, 2, 0), again.HardState);
        again.Reset(40);
        Assert.Equal(40ul, again.LastIndex);
    }

    private static ClusterConfiguration Reopened(ClusterConfiguration configuration)
    {
        var disk = new SimulatedDirectory();
        SnapshotStore.Open(disk).Save(42, 6, configuration, null);
        return SnapshotStore.Open(disk).Latest!.Configuration;
    }
}
