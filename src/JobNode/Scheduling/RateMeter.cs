using JobNode.Commands;

namespace JobNode.Scheduling;

/// <summary>
/// A node's rates: throughput over the last seconds, and capacity. Pure: time is passed in. Not thread-safe.
/// <para>
/// The capacity is the kernel's start-up figure times a speed: the kernel time that the work should have taken by the
/// start-up figures, over the time it took. It is a mean over the last seconds of hashing, not of the clock: an idle
/// node keeps the last speed, a job of three iterations weighs nothing, and lanes that are empty do not count against
/// it. With all lanes busy it is exactly what was measured.
/// </para>
/// </summary>
/// <param name="atStart">Rates as the kernel measured them at start.</param>
/// <param name="hashThreads">Hash threads, whose hashing time is summed.</param>
internal sealed class RateMeter(HashRates atStart, int hashThreads)
{
    /// <summary>Samples kept: with one per <see cref="SchedulingLimits.ProgressIntervalMs"/>, four seconds.</summary>
    public const int SamplesMax = 9;

    /// <summary>Seconds of hashing, per thread, after which an older speed weighs 1/e.</summary>
    public const double SpeedSeconds = 2;

    private readonly Queue<(long TimeMs, ulong Iterations)> _samples = new();
    private long _lastMs;
    private HandMeasure _last;
    private double _speed = 1;

    /// <summary>The rates as of the last sample.</summary>
    public HashRates Rates => new(atStart.Full * _speed, Throughput(), atStart.Chain * _speed);

    /// <summary>Notes what the threads have done since the start of the process.</summary>
    /// <param name="timeMs">Monotonic milliseconds.</param>
    /// <param name="measure">Sums that never go back.</param>
    public void Sample(long timeMs, HandMeasure measure)
    {
        Invariant.That(timeMs >= _lastMs || _samples.Count == 0, "a rate meter's time does not go back");
        Invariant.That(measure.Iterations >= _last.Iterations, "the count of iterations does not go back");
        NoteSpeed(measure.KernelSeconds - _last.KernelSeconds, measure.ExpectedSeconds - _last.ExpectedSeconds);
        _last = measure;
        _lastMs = timeMs;
        _samples.Enqueue((timeMs, measure.Iterations));
        if (_samples.Count > SamplesMax)
        {
            _samples.Dequeue();
        }
    }

    private void NoteSpeed(double kernelSeconds, double expectedSeconds)
    {
        Invariant.That(kernelSeconds >= 0 && expectedSeconds >= 0, "time in the kernel does not go back");
        if (kernelSeconds > 0 && expectedSeconds > 0)
        {
            // Weighed by how long was hashed: a call that the system interrupted for long weighs as long as that took.
            double kept = Math.Exp(-kernelSeconds / (SpeedSeconds * hashThreads));
            _speed = (_speed * kept) + (expectedSeconds / kernelSeconds * (1 - kept));
        }

        Invariant.That(double.IsFinite(_speed) && _speed > 0, "a speed is a positive number");
    }

    private double Throughput()
    {
        if (_samples.Count < 2)
        {
            return 0;
        }

        (long timeMs, ulong iterations) = _samples.Peek();
        return _lastMs > timeMs ? (_last.Iterations - iterations) * 1000.0 / (_lastMs - timeMs) : 0;
    }
}
