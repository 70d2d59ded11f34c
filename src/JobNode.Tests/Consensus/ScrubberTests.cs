using JobNode.Commands;
using JobNode.Consensus;
using JobNode.Consensus.Log;
using JobNode.Observability;
using JobNode.Simulation;
using JobNode.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace JobNode.Tests.Consensus;

/// <summary>Files at rest are read again, and what rotted is named.</summary>
public sealed class ScrubberTests : IScrubbed
{
    private static readonly WriteAheadLogOptions Small = new() { SegmentBytes = 1024, FirstSegmentBytes = 1024 };

    private readonly List<string> _found = [];
    private readonly ScrubCounts _counts = new();
    private readonly SimulatedDirectory _disk = new();
    private readonly WriteAheadLog _log;

    public ScrubberTests()
    {
        SnapshotStore.Open(_disk).Save(1, 1, new ClusterConfiguration(7, [new Member(new NodeId(1), "a:1")]), null);
        _log = WriteAheadLog.Open(_disk, 1, Small);
        for (ulong index = 2; index <= 20; index++)
        {
            _log.Append([new RaftEntry(index, 1, RaftEntryKind.Normal, new byte[60])], new HardState(1, 1, index));
            _log.FlushAndSync();
        }
    }

    [Fact]
    public void Sound_files_give_no_finding_also_while_the_log_is_written_to()
    {
        _log.Append([new RaftEntry(21, 1, RaftEntryKind.Normal, new byte[60])], null);
        _log.Flush();
        Look();
        Assert.Empty(_found);
        Assert.Equal(1, _counts.Passes);
    }

    [Fact]
    public void A_flipped_bit_in_any_durable_byte_is_named()
    {
        foreach (LogExtent extent in _log.Extents())
        {
            for (long at = 0; at < extent.End; at += at < LogSegmentHeader.SizeBytes ? 8 : 1)
            {
                _disk.FlipBit(extent.Name, (at * 8) + (at % 8));
                _found.Clear();
                Look();
                Assert.StartsWith(
                    $"{extent.Name} is damaged at byte ", Assert.Single(_found), StringComparison.Ordinal);
                _disk.FlipBit(extent.Name, (at * 8) + (at % 8));
            }
        }

        _found.Clear();
        _disk.FlipBit(SnapshotStore.NameOf(1), 300);
        Look();
        Assert.Contains(SnapshotStore.NameOf(1), Assert.Single(_found), StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_segment_that_is_still_written_to_is_ended_and_goes_with_the_next_snapshot()
    {
        string active = _log.Extents()[^1].Name;
        _log.Seal(active);
        Assert.NotEqual(active, _log.Extents()[^1].Name);
        Assert.True(_log.Holds(active));
        _log.Compact(20);
        Assert.False(_log.Holds(active));
        Assert.Equal(20ul, WriteAheadLog.Open(_disk, 20, Small).LastIndex);
    }

    [Fact]
    public void Real_files_are_read_from_the_disk_at_a_bounded_rate()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.PathOf("file"), new byte[10_000]);
        using var stop = new CancellationTokenSource();
        var directory = new ScrubbedDirectory(folder.FullName, Scrubber.BytesPerSecond, stop.Token);
        using IStorageFile file = directory.Open("file");
        Assert.Equal(10_000, file.Read(0, new byte[20_000]));
        Assert.Throws<FileNotFoundException>(() => directory.Open("another"));
        stop.Cancel();
        Assert.Throws<OperationCanceledException>(() => file.Read(0, new byte[1]));
    }

    [Fact]
    public async Task A_pass_that_failed_is_followed_by_the_next_one()
    {
        int opened = 0;
        IStorageDirectory Open(CancellationToken cancellation) => Interlocked.Increment(ref opened) switch
        {
            1 => throw new InvalidOperationException("nobody thought of this"),
            2 => throw new OperationCanceledException("the node is overloaded"),
            _ => _disk,
        };
        await using var scrubber = new Scrubber(this, Open, _counts, NullLogger.Instance);
        scrubber.Start(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        await Eventually.IsSoAsync(() => _counts.Passes > 0, () => $"opened {opened} times, and no pass");

        Assert.True(opened >= 3);
    }

    Task<(ulong Snapshot, IReadOnlyList<LogExtent> Log)> IScrubbed.ListAsync(CancellationToken cancellation) =>
        Task.FromResult((1ul, _log.Extents()));

    void IScrubbed.Heal(string name, string finding) => _found.Add(finding);

    private void Look()
    {
        var scrubber = new Scrubber(this, _ => _disk, _counts, NullLogger.Instance);
        scrubber.Look(CancellationToken.None);
    }
}
