using JobNode.Scheduling;

namespace JobNode.Tests.Scheduling;

public class RateMeterTests
{
    [Fact]
    public void Idle_node_answers_what_its_kernel_measured()
    {
        var meter = new RateMeter(1234);
        Assert.Equal(1234, meter.IterationsPerSecond);
        meter.Sample(0, 0);
        meter.Sample(500, 0);
        Assert.Equal(1234, meter.IterationsPerSecond);
    }

    [Fact]
    public void Rate_is_that_of_the_last_seconds_and_a_pause_does_not_count()
    {
        var meter = new RateMeter(1);
        meter.Sample(0, 0);
        meter.Sample(100_000, 0);
        meter.Sample(100_500, 1_000);
        Assert.Equal(2_000, meter.IterationsPerSecond);
        for (int i = 1; i <= 20; i++)
        {
            meter.Sample(100_500 + (i * 500), 1_000 + ((ulong)i * 50));
        }

        Assert.Equal(100, meter.IterationsPerSecond);
    }
}
