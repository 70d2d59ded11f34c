using JobNode.Consensus.Log;
using JobNode.Simulation;

namespace JobNode.Tests.Consensus.Log;

/// <summary>What was synced is never lost silently, whatever bytes a broken disk gives back.</summary>
public class WriteAheadLogDamageTests
{
    private static readonly WriteAheadLogOptions Small = new() { SegmentBytes = 2048, FirstSegmentBytes = 1024 };

    [Fact]
    public void No_flipped_bit_loses_anything_after_a_kill_or_a_clean_stop()
    {
        CheckEveryFlip(SmallLog(closeIt: false, out IReadOnlyList<RaftEntry> entries), entries);
        CheckEveryFlip(SmallLog(closeIt: true, out entries), entries);
    }

    [Fact]
    public void A_flipped_bit_in_a_vote_is_damage_even_when_the_power_failed_right_after_it()
    {
        for (int seed = 0; seed < 50; seed++)
        {
            var disk = new SimulatedDirectory();
            WriteAheadLog log = WriteAheadLog.Open(disk, 0, Small);
            log.Append([Entry(1, 1)], new HardState(1, 7, 1));
            log.FlushAndSync();
            log.Append([], new HardState(2, 5, 1));
            log.FlushAndSync();
            disk.Crash(new Random(seed));

            // Entry, hard state and mark, then the second hard state.
            int place = LogSegmentHeader.SizeBytes + LogRecord.SizeOf(56) + LogRecord.SizeOf(24) + LogRecord.SizeOf(0);
            disk.FlipBit(disk.List()[0], ((place + LogRecord.HeadBytes) * 8L) + seed);
            LogDamagedException error = Assert.Throws<LogDamagedException>(() => WriteAheadLog.Open(disk, 0, Small));
            Assert.Equal(place, error.Offset);
        }
    }

    [Fact]
    public void A_write_cut_short_by_a_kill_is_torn_and_the_batch_before_it_is_still_vouched_for()
    {
        var disk = new SimulatedDirectory();
        WriteAheadLog log = WriteAheadLog.Open(disk, 0, Small);
        log.Append([Entry(1, 1), Entry(2, 1)], new HardState(1, 7, 1));
        log.FlushAndSync();
        log.Append([Entry(3, 1), Entry(4, 1)], null);
        log.Flush();
        disk.KillProcess();
        string name = disk.List()[0];
        int second = FindRecord(disk.Contents(name), 2);
        int third = FindRecord(disk.Contents(name), 3);
        disk.Zero(name, third + 24, LogRecord.SizeOf(56) * 2); // the kernel had copied this much of the write
        SimulatedDirectory torn = disk.Clone();
        Assert.Equal(2ul, WriteAheadLog.Open(torn, 0, Small).LastIndex);
        disk.FlipBit(name, (second * 8L) + 3);
        Assert.Throws<LogDamagedException>(() => WriteAheadLog.Open(disk, 0, Small));
    }

    [Fact]
    public void A_log_file_cut_anywhere_is_refused()
    {
        SimulatedDirectory disk = SmallLog(closeIt: false, out _);
        foreach (string name in disk.List())
        {
            for (int length = 0; length < disk.Contents(name).Length; length += 7)
            {
                SimulatedDirectory damaged = disk.Clone();
                damaged.Truncate(name, length);
                LogDamagedException error =
                    Assert.Throws<LogDamagedException>(() => WriteAheadLog.Open(damaged, 0, Small));
                Assert.Equal(name, error.FileName);
            }
        }
    }

    [Fact]
    public void A_missing_segment_is_refused()
    {
        SimulatedDirectory disk = SmallLog(closeIt: false, out _);
        Assert.True(disk.List().Count >= 3, "the log must have several segments");
        foreach (string name in disk.List().SkipLast(1))
        {
            SimulatedDirectory damaged = disk.Clone();
            damaged.Remove(name);
            Assert.Throws<LogDamagedException>(() => WriteAheadLog.Open(damaged, 0, Small));
        }
    }

    [Fact]
    public void A_log_that_is_gone_while_a_snapshot_is_there_is_refused()
    {
        LogDamagedException error = Assert.Throws<LogDamagedException>(
            () => WriteAheadLog.Open(new SimulatedDirectory(), 50, Small));
        Assert.Contains("no log at all", error.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_log_that_starts_after_the_snapshot_is_refused()
    {
        SimulatedDirectory disk = SmallLog(closeIt: false, out _);
        disk.Remove(disk.List()[0]);
        LogDamagedException error = Assert.Throws<LogDamagedException>(() => WriteAheadLog.Open(disk, 1, Small));
        Assert.Contains("older segments are missing", error.Reason, StringComparison.Ordinal);
        Assert.Contains("must not vote", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_torn_tail_is_cut_and_said_and_the_cut_part_never_comes_back()
    {
        var disk = new SimulatedDirectory();
        WriteAheadLog log = WriteAheadLog.Open(disk, 0, new WriteAheadLogOptions { FirstSegmentBytes = 8192 });
        log.Append([Entry(1, 1)], new HardState(1, 7, 0));
        log.FlushAndSync();
        log.Append([Entry(2, 1), Entry(3, 1), Entry(4, 1)], null);
        log.Flush();

        // Of the unsynced write its first record is lost and the others are there.
        string name = disk.List()[0];
        int second = FindRecord(disk.Contents(name), 2);
        disk.FlipBit(name, (second * 8L) + 3);
        disk.KillProcess();
        log = WriteAheadLog.Open(disk, 0, new WriteAheadLogOptions());
        Assert.Contains("cut at byte", log.RepairNote, StringComparison.Ordinal);
        Assert.Equal(1ul, Assert.Single(log.TakeRecoveredEntries()).Index);
        Assert.Equal(new HardState(1, 7, 0), log.HardState);

        // The same length as the lost record, so that the old third one would follow it exactly.
        log.Append([Entry(2, 2)], null);
        log.FlushAndSync();
        disk.KillProcess();
        log = WriteAheadLog.Open(disk, 0, new WriteAheadLogOptions());
        Assert.Null(log.RepairNote);
        Assert.Equal(2ul, log.LastIndex);
        Assert.Equal(2ul, log.TakeRecoveredEntries()[1].Term);
    }

    [Fact]
    public void Records_of_a_recycled_segment_never_come_back()
    {
        var disk = new SimulatedDirectory();
        WriteAheadLog log = WriteAheadLog.Open(disk, 0, Small with { SegmentBytes = 1024 });
        ulong index = 0;
        ulong snapshotIndex = 0;
        for (int round = 0; round < 200; round++)
        {
            log.Append([Entry(++index, 1)], new HardState(1, 1, index));
            log.FlushAndSync();
            if (round % 20 == 19)
            {
                snapshotIndex = index - 3;
                log.Compact(snapshotIndex);
                Assert.InRange(disk.List().Count, 1, 5);
            }

            disk.KillProcess();
            log = WriteAheadLog.Open(disk, snapshotIndex, Small with { SegmentBytes = 1024 });
            Assert.Equal(index, log.LastIndex);
            Assert.Equal((int)(index - snapshotIndex), log.TakeRecoveredEntries().Count);
            Assert.Null(log.RepairNote);
        }

        Assert.Contains(disk.List(), name => name.StartsWith("000000", StringComparison.Ordinal));
    }

    private static void CheckEveryFlip(SimulatedDirectory disk, IReadOnlyList<RaftEntry> entries)
    {
        int refused = 0;
        foreach (string name in disk.List())
        {
            long bits = disk.Contents(name).Length * 8L;
            byte[] contents = disk.Contents(name);
            for (long bit = 0; bit < bits; bit += IsUnused(contents, bit / 8) ? 61 : 1)
            {
                SimulatedDirectory damaged = disk.Clone();
                damaged.FlipBit(name, bit);
                try
                {
                    WriteAheadLog log = WriteAheadLog.Open(damaged, 0, Small);
                    IReadOnlyList<RaftEntry> left = log.TakeRecoveredEntries();
                    Assert.True(left.Count == entries.Count, $"{name} bit {bit}: {left.Count} left");
                    Assert.Equal(entries, left, LogModel.EntryComparer.Instance);
                }
                catch (LogDamagedException)
                {
                    refused++;
                }
            }
        }

        Assert.True(refused > 5000, $"only {refused} flips were refused");
    }

    /// <summary>Within zeros: a sample of the bits is enough.</summary>
    private static bool IsUnused(byte[] bytes, long place)
    {
        int from = (int)Math.Max(0, place - 32);
        return !bytes.AsSpan(from, (int)Math.Min(64, bytes.Length - from)).ContainsAnyExcept((byte)0);
    }

    /// <summary>A dozen entries in batches of three, each synced, over a few segments.</summary>
    private static SimulatedDirectory SmallLog(bool closeIt, out IReadOnlyList<RaftEntry> entries)
    {
        var disk = new SimulatedDirectory();
        WriteAheadLog log = WriteAheadLog.Open(disk, 0, Small with { SegmentBytes = 1024 });
        var written = new List<RaftEntry>();
        for (ulong index = 1; index <= 12; index += 3)
        {
            RaftEntry[] batch = [Entry(index, index), Entry(index + 1, index), Entry(index + 2, index)];
            log.Append(batch, new HardState(index, 5, 0));
            log.FlushAndSync();
            written.AddRange(batch);
        }

        if (closeIt)
        {
            log.Close();
        }

        entries = written;
        return disk;
    }

    private static RaftEntry Entry(ulong index, ulong term)
    {
        var data = new byte[40];
        Array.Fill(data, (byte)index);
        return new RaftEntry(index, term, RaftEntryKind.Normal, data);
    }

    private static int FindRecord(byte[] bytes, ulong index)
    {
        for (int at = LogSegmentHeader.SizeBytes; at < bytes.Length; at += LogRecord.AlignmentBytes)
        {
            if (bytes[at + 12] == (byte)LogRecordType.Entry && BitConverter.ToUInt64(bytes, at + 16) == index)
            {
                return at;
            }
        }

        throw new InvalidOperationException("no such record");
    }
}
