using JobNode.Commands;
using JobNode.Consensus;

namespace JobNode.Tests.Consensus;

public sealed class SnapshotScheduleTests
{
    private static readonly RaftLoopOptions Options = new()
    {
        Self = new NodeId(1),
        SnapshotEntriesMax = 1_000,
        SnapshotBytesMin = 100,
    };

    [Fact]
    public void A_snapshot_is_due_when_the_log_is_as_long_as_the_last_one()
    {
        var schedule = new SnapshotSchedule(Options, lastBytes: 500);
        Assert.False(schedule.IsDue(10, 499, false, 0));
        Assert.True(schedule.IsDue(10, 500, false, 0));
        schedule.Begin();
        Assert.False(schedule.IsDue(10, 5_000, true, 0));
        schedule.End(20);
        Assert.False(schedule.IsDue(10, 99, false, 0));
        Assert.True(schedule.IsDue(10, 100, false, 0));
        Assert.True(schedule.IsDue(1_000, 5, false, 0));
        Assert.True(schedule.IsDue(1, 5, true, 0));
    }

    [Fact]
    public void A_failed_one_is_tried_again_less_and_less_often()
    {
        var schedule = new SnapshotSchedule(Options, 0);
        long nowMs = 0;
        long[] pauses = new long[9];
        for (int i = 0; i < pauses.Length; i++)
        {
            schedule.Begin();
            pauses[i] = schedule.Fail(nowMs);
            Assert.False(schedule.IsDue(1, 1_000, true, nowMs + pauses[i] - 1));
            nowMs += pauses[i];
            Assert.True(schedule.IsDue(1, 1_000, true, nowMs));
        }

        Assert.Equal([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000], pauses);
    }
}
