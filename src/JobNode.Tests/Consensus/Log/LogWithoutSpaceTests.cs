using JobNode.Consensus.Log;
using JobNode.Simulation;

namespace JobNode.Tests.Consensus.Log;

/// <summary>A log on a disk that is full now and then loses nothing and invents nothing.</summary>
public sealed class LogWithoutSpaceTests
{
    private const int NoSpace = 28;

    private static readonly WriteAheadLogOptions Options = new()
    {
        SegmentBytes = 4096,
        FirstSegmentBytes = 4096,
        SpareSegmentsMax = 1,
    };

    [Fact]
    public void Every_operation_may_meet_a_full_disk_and_the_same_call_goes_on_later()
    {
        for (int seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var disk = new SimulatedDirectory();
            WriteAheadLog log = WriteAheadLog.Open(disk, 0, Options);
            disk.ShouldFail = (operation, name) =>
                operation is StorageOperation.Create or StorageOperation.Write or StorageOperation.Rename
                && random.Next(3) == 0
                    ? throw StorageException.Of("write", name, NoSpace)
                    : false;
            ulong snapshot = 0;
            for (ulong index = 1; index <= 200; index++)
            {
                RaftEntry[] entries = [Entry(index)];
                ulong commit = index;
                Persist(() => log.Append(entries, new HardState(1, 0, commit)));
                Persist(log.FlushAndSync);
                if (random.Next(20) == 0)
                {
                    snapshot = index - (ulong)random.Next((int)Math.Min(index - snapshot, 5));
                    log.Compact(snapshot);
                }

                if (random.Next(60) == 0)
                {
                    disk.ShouldFail = Pass(disk, out Func<StorageOperation, string, bool>? before);
                    disk.Crash(random);
                    log = WriteAheadLog.Open(disk, snapshot, Options);
                    disk.ShouldFail = before;
                    Assert.Equal(index, log.LastIndex);
                    Assert.Equal(index, log.HardState.Commit);
                    Assert.Equal((int)(index - snapshot), log.TakeRecoveredEntries().Count);
                }
            }

            disk.ShouldFail = null;
            log.Compact(200);
            Assert.True(disk.List().Count <= 2, $"seed {seed}: {string.Join(' ', disk.List())}");
        }
    }

    [Fact]
    public void A_reset_that_meets_a_full_disk_changes_nothing_until_it_works()
    {
        var disk = new SimulatedDirectory();
        WriteAheadLog log = WriteAheadLog.Open(disk, 0, Options with { SpareSegmentsMax = 0 });
        log.Append([Entry(1), Entry(2)], new HardState(1, 0, 1));
        log.FlushAndSync();
        disk.ShouldFail = (operation, name) => operation == StorageOperation.Create
            ? throw StorageException.Of("preallocate", name, NoSpace)
            : false;
        Assert.True(Assert.Throws<StorageException>(() => log.Reset(9)).CanRetry);
        Assert.Equal(2ul, log.LastIndex);
        Assert.Equal(1ul, log.HardState.Commit);
        disk.ShouldFail = null;
        log.Reset(9);
        Assert.Equal(9ul, log.LastIndex);
        disk.Crash(new Random(1));
        Assert.Equal(9ul, WriteAheadLog.Open(disk, 9, Options).LastIndex);
    }

    [Theory]
    [InlineData("sync", NoSpace, false)]
    [InlineData("sync directory", NoSpace, false)]
    [InlineData("write", 5, true)]
    [InlineData("preallocate", 5, false)]
    [InlineData("preallocate", 122, true)]
    [InlineData("rename to x", 30, true)]
    [InlineData("write", 9, false)]
    public void What_may_be_tried_again_is_told_from_what_may_not(string operation, int errorNumber, bool canRetry) =>
        Assert.Equal(canRetry, StorageException.Of(operation, "x", errorNumber).CanRetry);

    private static void Persist(Action operation)
    {
        for (int i = 0; i < 100; i++)
        {
            try
            {
                operation();
                return;
            }
            catch (StorageException error) when (error.CanRetry)
            {
                // As the raft thread does.
            }
        }

        Assert.Fail("the disk never took the write");
    }

    private static Func<StorageOperation, string, bool>? Pass(
        SimulatedDirectory disk, out Func<StorageOperation, string, bool>? before)
    {
        before = disk.ShouldFail;
        return null;
    }

    private static RaftEntry Entry(ulong index) => new(index, 1, RaftEntryKind.Normal, new byte[100]);
}
