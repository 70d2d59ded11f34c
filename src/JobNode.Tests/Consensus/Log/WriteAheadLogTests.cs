using JobNode.Commands;
using JobNode.Consensus.Log;
using JobNode.Simulation;

namespace JobNode.Tests.Consensus.Log;

public class WriteAheadLogTests
{
    private static readonly WriteAheadLogOptions Options = new() { SegmentBytes = 4096, FirstSegmentBytes = 4096 };

    [Fact]
    public void A_batch_costs_one_sync_and_one_with_a_new_vote_two()
    {
        var disk = new SimulatedDirectory();
        using WriteAheadLog log = WriteAheadLog.Open(disk, 0, Options);
        int writes = 0;
        disk.ShouldFail = (operation, _) =>
        {
            writes += operation == StorageOperation.Write ? 1 : 0;
            return false;
        };
        long syncs = disk.SyncCount;
        log.Append([Entry(1, 1), Entry(2, 1)], new HardState(1, 1, 0));
        log.FlushAndSync();
        Assert.Equal(2, disk.SyncCount - syncs);
        log.Append([Entry(3, 1)], new HardState(1, 1, 2));
        log.FlushAndSync();
        log.FlushAndSync();
        Assert.Equal(3, disk.SyncCount - syncs);

        // Each batch, and the mark after it, which needs no sync of its own.
        Assert.Equal(4, writes);
    }

    [Fact]
    public void What_a_failed_sync_left_in_the_page_cache_is_durable_once_the_next_process_has_read_it()
    {
        for (int seed = 0; seed < 20; seed++)
        {
            var disk = new SimulatedDirectory();
            WriteAheadLog log = WriteAheadLog.Open(disk, 0, Options);
            log.Append([Entry(1, 1)], null);
            log.FlushAndSync();
            log.Append([Entry(2, 1)], null);
            disk.ShouldFail = static (operation, _) => operation == StorageOperation.Sync;
            Assert.Throws<IOException>(log.FlushAndSync);
            disk.ShouldFail = null;
            disk.KillProcess();
            Assert.Equal(2ul, WriteAheadLog.Open(disk, 0, Options).LastIndex);
            disk.Crash(new Random(seed));
            Assert.Equal(2ul, WriteAheadLog.Open(disk, 0, Options).LastIndex);
        }
    }

    [Fact]
    public void After_a_failed_sync_or_write_every_call_throws()
    {
        foreach (StorageOperation failing in new[] { StorageOperation.Write, StorageOperation.Sync })
        {
            var disk = new SimulatedDirectory();
            using WriteAheadLog log = WriteAheadLog.Open(disk, 0, Options);
            log.Append([Entry(1, 1)], null);
            disk.ShouldFail = (operation, _) => operation == failing;
            Assert.Throws<IOException>(log.FlushAndSync);
            disk.ShouldFail = null;
            IOException error = Assert.Throws<IOException>(log.FlushAndSync);
            Assert.Contains("failed write or sync", error.Message, StringComparison.Ordinal);
            Assert.Throws<IOException>(() => log.Append([Entry(2, 1)], null));
            Assert.Throws<IOException>(() => log.Compact(0));
            Assert.Throws<IOException>(() => log.Reset(5));
        }
    }

    [Fact]
    public void Gaps_and_replaced_commitments_break_an_invariant()
    {
        using WriteAheadLog log = WriteAheadLog.Open(new SimulatedDirectory(), 0, Options);
        Assert.Throws<InvariantException>(() => log.Append([Entry(2, 1)], null));
        log.Append([Entry(1, 1), Entry(2, 1), Entry(3, 1)], new HardState(2, 9, 2));
        Assert.Throws<InvariantException>(() => log.Append([Entry(2, 2)], null));
        Assert.Throws<InvariantException>(() => log.Append([Entry(4, 1), Entry(6, 1)], null));
        Assert.Throws<InvariantException>(() => log.Append([], new HardState(1, 9, 2)));
        Assert.Throws<InvariantException>(() => log.Append([], new HardState(2, 8, 2)));
        Assert.Throws<InvariantException>(() => log.Append([], new HardState(2, 9, 1)));
        log.Append([Entry(3, 2)], null);
        Assert.Equal(3ul, log.LastIndex);
    }

    [Fact]
    public void An_entry_larger_than_a_segment_gets_a_segment_of_its_size()
    {
        var disk = new SimulatedDirectory();
        WriteAheadLog log = WriteAheadLog.Open(disk, 0, Options);
        var large = new RaftEntry(2, 1, RaftEntryKind.Normal, new byte[100_000]);
        log.Append([Entry(1, 1), large, Entry(3, 1)], null);
        log.FlushAndSync();
        disk.Crash(new Random(1));
        log = WriteAheadLog.Open(disk, 0, Options);
        Assert.Equal([40, 100_000, 40], log.TakeRecoveredEntries().Select(entry => entry.Data.Length));
    }

    [Fact]
    public void Entries_of_a_history_that_the_snapshot_replaced_are_dropped()
    {
        var disk = new SimulatedDirectory();
        WriteAheadLog log = WriteAheadLog.Open(disk, 0, Options);
        log.Append([Entry(1, 1), Entry(2, 1), Entry(3, 1)], new HardState(1, 0, 1));
        log.FlushAndSync();
        disk.KillProcess();
        log = WriteAheadLog.Open(disk, 2, Options, snapshotTerm: 4);
        Assert.Empty(log.TakeRecoveredEntries());
        Assert.Equal(2ul, log.LastIndex);
        Assert.Equal(new HardState(1, 0, 2), log.HardState);

        disk.KillProcess();
        log = WriteAheadLog.Open(disk, 2, Options, snapshotTerm: 4);
        log.Append([Entry(3, 4)], null);
        log.FlushAndSync();
        disk.KillProcess();
        log = WriteAheadLog.Open(disk, 2, Options, snapshotTerm: 4);
        Assert.Equal(4ul, Assert.Single(log.TakeRecoveredEntries()).Term);
    }

    [Fact]
    public void A_cluster_starts_from_a_snapshot_at_index_one_and_an_empty_log()
    {
        var disk = new SimulatedDirectory();
        WriteAheadLog log = WriteAheadLog.Open(disk, 1, Options);
        Assert.Equal(1ul, log.LastIndex);
        log.Append([Entry(2, 2)], new HardState(2, 1, 1));
        log.FlushAndSync();
        disk.Crash(new Random(1));
        log = WriteAheadLog.Open(disk, 1, Options);
        Assert.Equal(2ul, Assert.Single(log.TakeRecoveredEntries()).Index);
        Assert.Empty(log.TakeRecoveredEntries());
    }

    [Fact]
    public void Only_a_bounded_number_of_spare_segments_is_kept()
    {
        var disk = new SimulatedDirectory();
        using WriteAheadLog log = WriteAheadLog.Open(disk, 0, Options with { SpareSegmentsMax = 1 });
        for (ulong index = 1; index <= 500; index++)
        {
            log.Append([Entry(index, 1)], new HardState(1, 0, index));
        }

        log.FlushAndSync();
        Assert.True(disk.List().Count > 5);
        log.Compact(500);
        Assert.Equal(2, disk.List().Count);
        Assert.Single(disk.List(), LogFileName.IsSpare);
    }

    [Theory]
    [InlineData("", 0x00000000u)]
    [InlineData("313233343536373839", 0xE3069283u)] // the check value of the CRC catalogue
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000", 0x8A9136AAu)] // RFC 3720 B.4
    [InlineData("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", 0x62A8AB43u)]
    [InlineData("000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F", 0x46DD794Eu)]
    public void The_checksum_is_the_published_one(string hex, uint expected) =>
        Assert.Equal(expected, Crc32C.Compute(Convert.FromHexString(hex)));

    private static RaftEntry Entry(ulong index, ulong term) => new(index, term, RaftEntryKind.Normal, new byte[40]);
}
