using JobNode.Observability;

namespace JobNode.Tests.Observability;

/// <summary>The last hour that every node keeps.</summary>
public sealed class ClusterHistoryTests
{
    [Fact]
    public void A_look_a_second_leaves_a_sample_every_five_seconds_also_when_the_timer_is_a_little_early()
    {
        var history = new ClusterHistory();
        int kept = 0;
        for (int second = 0; second < 60; second++)
        {
            kept += history.Offer(SampleAt((second * 1000) - (second % 2 * 300))) ? 1 : 0;
        }

        Assert.Equal(12, kept);
        Assert.Equal(12, history.Samples.Length);
    }

    [Fact]
    public void It_holds_one_hour_and_the_oldest_goes()
    {
        var history = new ClusterHistory();
        for (long at = 0; at <= 2 * 3_600_000; at += ClusterHistory.EveryMs)
        {
            Assert.True(history.Offer(SampleAt(at)));
        }

        Assert.Equal(720, history.Samples.Length);
        Assert.Equal(2 * 3_600_000, history.Samples[^1].AtMs);
        Assert.Equal((2 * 3_600_000) - (719 * 5000), history.Samples[0].AtMs);
    }

    [Fact]
    public void A_clock_that_was_set_back_does_not_stop_it()
    {
        var history = new ClusterHistory();
        Assert.True(history.Offer(SampleAt(10_000_000)));
        Assert.True(history.Offer(SampleAt(1_000_000)));
        Assert.False(history.Offer(SampleAt(1_001_000)));
        Assert.True(history.Offer(SampleAt(1_005_000)));
    }

    private static ClusterSample SampleAt(long atMs) => new(atMs, 1, 2, 3, 4, 5);
}
