using JobNode.Commands;
using JobNode.Scheduling;

namespace JobNode.Tests.Scheduling;

public class RateMeterTests
{
    /// <summary>A thread of 16 lanes: 50 M/s with all busy, 1.8 M/s for one chain.</summary>
    private static readonly HashRates AtStart = new(50_000_000, 0, 1_800_000);

    [Fact]
    public void Idle_node_has_its_kernels_capacity_and_no_throughput()
    {
        var meter = new RateMeter(AtStart, 1);
        Assert.Equal(AtStart, meter.Rates);
        meter.Sample(0, default);
        meter.Sample(500, default);
        Assert.Equal(AtStart, meter.Rates);
    }

    [Fact]
    public void Tiny_job_changes_the_capacity_by_nothing_even_when_the_system_interrupts_it()
    {
        var meter = new RateMeter(AtStart, 1);
        meter.Sample(0, default);
        meter.Sample(500, new HandMeasure(2, 1, 0.000_002, 0.000_001));
        Assert.InRange(meter.Rates.Full, 49_999_000, 50_000_000);
        meter.Sample(1_000, new HandMeasure(4, 1, 0.060, 0.000_002));
        Assert.InRange(meter.Rates.Full, 48_000_000, 50_000_000);
        Assert.Equal(4, meter.Rates.Now);
    }

    [Fact]
    public void One_busy_lane_shows_in_the_throughput_and_not_in_the_capacity()
    {
        RateMeter meter = AfterSeconds(10, iterationsPerSecond: 1_800_000, threads: 2, speed: 1);
        Assert.Equal(1_800_000, meter.Rates.Now, 1.0);
        Assert.Equal(50_000_000, meter.Rates.Full, 1.0);
    }

    [Fact]
    public void Capacity_follows_how_fast_the_threads_really_go()
    {
        RateMeter meter = AfterSeconds(20, iterationsPerSecond: 10_000_000, threads: 1, speed: 0.2);
        Assert.InRange(meter.Rates.Full, 9_990_000, 10_100_000);
        Assert.InRange(meter.Rates.Chain, 359_000, 365_000);
        Assert.Equal(10_000_000, meter.Rates.Now, 1.0);
    }

    [Fact]
    public void Throughput_ends_with_the_work_and_the_capacity_stays_as_measured()
    {
        RateMeter meter = AfterSeconds(20, iterationsPerSecond: 10_000_000, threads: 1, speed: 0.2);
        double full = meter.Rates.Full;
        for (int sample = 1; sample < RateMeter.SamplesMax; sample++)
        {
            meter.Sample(20_000 + (sample * 500), Measure(20, 10_000_000, 0.2));
        }

        Assert.Equal(0, meter.Rates.Now);
        Assert.Equal(full, meter.Rates.Full);
    }

    private static RateMeter AfterSeconds(int seconds, double iterationsPerSecond, int threads, double speed)
    {
        var meter = new RateMeter(AtStart, threads);
        for (int sample = 0; sample <= seconds * 2; sample++)
        {
            meter.Sample(sample * 500, Measure(sample / 2.0, iterationsPerSecond, speed));
        }

        return meter;
    }

    /// <summary>One thread in the kernel all the time, at this share of the speed it had at start.</summary>
    private static HandMeasure Measure(double seconds, double iterationsPerSecond, double speed) =>
        new((ulong)(seconds * iterationsPerSecond), 1, seconds, seconds * speed);
}
