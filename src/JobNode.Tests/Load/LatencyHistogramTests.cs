using System.Diagnostics;
using JobNode.Load;

namespace JobNode.Tests.Load;

/// <summary>Percentiles are those of the sorted values, to within the width of a bucket.</summary>
public sealed class LatencyHistogramTests
{
    private const double BucketWidth = 1.0 / 128;

    [Theory]
    [InlineData(1, 300)]
    [InlineData(2, 1_000_000)]
    [InlineData(3, 1_000_000_000_000)]
    public void Percentiles_are_those_of_the_sorted_values(int seed, long most)
    {
        var random = new Random(seed);
        var histogram = new LatencyHistogram();
        long[] values = [.. Enumerable.Range(0, 5_003).Select(_ => (long)Math.Pow(most, random.NextDouble()))];
        Parallel.ForEach(values, histogram.Record);
        Array.Sort(values);
        Assert.Equal(values.Length, histogram.Count);
        foreach (double share in (double[])[0.001, 0.5, 0.9, 0.99, 0.999, 1])
        {
            long right = values[(int)Math.Ceiling(share * values.Length) - 1];
            Assert.InRange(histogram.At(share), right * (1 - BucketWidth), right * (1 + BucketWidth));
        }

        LatencySummary summary = histogram.Summarize();
        Assert.Equal(values[0] * 1000.0 / Stopwatch.Frequency, summary.Min);
        Assert.Equal(values[^1] * 1000.0 / Stopwatch.Frequency, summary.Max);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(long.MaxValue)]
    public void One_value_is_every_percentile(long value)
    {
        var histogram = new LatencyHistogram();
        histogram.Record(value);
        Assert.Equal(value, histogram.At(0.001));
        Assert.Equal(value, histogram.At(1));
    }

    [Fact]
    public void Nothing_recorded_is_all_zeros() =>
        Assert.Equal(new LatencySummary(0, 0, 0, 0, 0, 0, 0), new LatencyHistogram().Summarize());
}
