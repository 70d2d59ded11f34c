namespace JobNode.Observability;

/// <summary>Counts durations by fixed bounds. Any thread may record and read, and none waits: two interlocked adds.
/// </summary>
internal sealed class Histogram
{
    private readonly double[] _boundsSeconds;
    private readonly long[] _counts;
    private long _sumMicroseconds;

    /// <summary>An empty one.</summary>
    /// <param name="boundsSeconds">Upper bounds of the buckets, ascending; what is more falls into one beyond.</param>
    public Histogram(double[] boundsSeconds)
    {
        _boundsSeconds = boundsSeconds;
        _counts = new long[boundsSeconds.Length + 1];
    }

    /// <summary>Bounds for what a disk and a log take, in seconds.</summary>
    public static double[] DiskBoundsSeconds { get; } =
        [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    /// <summary>Bounds for what a client waits for, in seconds.</summary>
    public static double[] RequestBoundsSeconds { get; } =
        [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60];

    /// <summary>Counts one.</summary>
    public void Record(TimeSpan duration)
    {
        double seconds = duration.TotalSeconds;
        int bucket = 0;
        while (bucket < _boundsSeconds.Length && seconds > _boundsSeconds[bucket])
        {
            bucket++;
        }

        Interlocked.Increment(ref _counts[bucket]);
        Interlocked.Add(ref _sumMicroseconds, (long)duration.TotalMicroseconds);
    }

    /// <summary>What was counted until now.</summary>
    public HistogramReading Read()
    {
        long[] counts = new long[_counts.Length];
        for (int bucket = 0; bucket < counts.Length; bucket++)
        {
            counts[bucket] = Interlocked.Read(ref _counts[bucket]);
        }

        return new HistogramReading(_boundsSeconds, counts, Interlocked.Read(ref _sumMicroseconds) / 1e6);
    }
}

/// <summary>A histogram at one time.</summary>
/// <param name="BoundsSeconds">Upper bounds, ascending.</param>
/// <param name="Counts">Of each bucket by itself, and of one more for what exceeds the last bound.</param>
/// <param name="SumSeconds">Sum of all.</param>
internal readonly record struct HistogramReading(
    IReadOnlyList<double> BoundsSeconds, IReadOnlyList<long> Counts, double SumSeconds);
