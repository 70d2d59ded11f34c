using System.Diagnostics;
using System.Numerics;

namespace JobNode.Load;

/// <summary>
/// Counts durations in buckets whose width is at most 1/128 of their value, so that percentiles of any number of calls
/// are right to within 1% and take no memory per call. Any thread may record.
/// </summary>
internal sealed class LatencyHistogram
{
    private const int SubBits = 7;
    private const int Buckets = (64 - SubBits) << SubBits;

    private readonly long[] _counts = new long[Buckets];
    private long _count;
    private long _sum;
    private long _min = long.MaxValue;
    private long _max;

    /// <summary>How many were recorded.</summary>
    public long Count => Volatile.Read(ref _count);

    /// <summary>Records one duration, in ticks of <see cref="Stopwatch"/>.</summary>
    public void Record(long ticks)
    {
        Debug.Assert(ticks >= 0, "time does not run backwards");
        Interlocked.Increment(ref _counts[BucketOf(ticks)]);
        Interlocked.Increment(ref _count);
        Interlocked.Add(ref _sum, ticks);
        Lower(ref _min, ticks);
        Raise(ref _max, ticks);
    }

    /// <summary>All figures in milliseconds; zeros when nothing was recorded.</summary>
    public LatencySummary Summarize()
    {
        long count = Count;
        return count == 0 ? new LatencySummary(0, 0, 0, 0, 0, 0, 0) : new LatencySummary(
            Milliseconds(_min),
            Milliseconds(_sum / count),
            Milliseconds(At(0.5)),
            Milliseconds(At(0.9)),
            Milliseconds(At(0.99)),
            Milliseconds(At(0.999)),
            Milliseconds(_max));
    }

    /// <summary>The smallest duration that a share of all calls does not exceed, in ticks.</summary>
    public long At(double share)
    {
        long wanted = Math.Max(1, (long)Math.Ceiling(share * Count));
        long seen = 0;
        for (int bucket = 0; bucket < Buckets; bucket++)
        {
            seen += Volatile.Read(ref _counts[bucket]);
            if (seen >= wanted)
            {
                return Math.Clamp(MiddleOf(bucket), _min, _max);
            }
        }

        return _max;
    }

    /// <summary>Raises a shared maximum.</summary>
    public static void Raise(ref long max, long value)
    {
        long known = Volatile.Read(ref max);
        while (value > known)
        {
            long before = Interlocked.CompareExchange(ref max, value, known);
            if (before == known)
            {
                return;
            }

            known = before;
        }
    }

    private static void Lower(ref long min, long value)
    {
        long known = Volatile.Read(ref min);
        while (value < known)
        {
            long before = Interlocked.CompareExchange(ref min, value, known);
            if (before == known)
            {
                return;
            }

            known = before;
        }
    }

    /// <summary>
    /// Below 256 each value has a bucket; above, each power of two has 128 of them.
    /// </summary>
    private static int BucketOf(long ticks)
    {
        int shift = Math.Max(0, BitOperations.Log2((ulong)ticks) - SubBits);
        return (shift << SubBits) + (int)(ticks >> shift);
    }

    private static long MiddleOf(int bucket)
    {
        int shift = Math.Max(0, (bucket >> SubBits) - 1);
        long low = (long)(bucket - (shift << SubBits)) << shift;
        return low + ((1L << shift) >> 1);
    }

    private static double Milliseconds(long ticks) => ticks * 1000.0 / Stopwatch.Frequency;
}

/// <summary>Durations of calls, all in milliseconds.</summary>
/// <param name="Min">The shortest.</param>
/// <param name="Mean">The arithmetic mean.</param>
/// <param name="Median">Half take no longer.</param>
/// <param name="P90">90% take no longer.</param>
/// <param name="P99">99% take no longer.</param>
/// <param name="P999">99.9% take no longer.</param>
/// <param name="Max">The longest.</param>
internal sealed record LatencySummary(
    double Min, double Mean, double Median, double P90, double P99, double P999, double Max);
