using JobNode.Commands;

namespace JobNode.Scheduling;

/// <summary>
/// A node's iterations per second over the last few seconds; what its kernel measured at start while it is idle. Pure:
/// time is passed in. Not thread-safe.
/// </summary>
/// <param name="idleRate">Iterations per second to answer when nothing was computed lately.</param>
internal sealed class RateMeter(double idleRate)
{
    /// <summary>Samples kept: with one per 500 ms, four seconds.</summary>
    public const int SamplesMax = 9;

    private readonly Queue<(long TimeMs, ulong Iterations)> _samples = new();
    private (long TimeMs, ulong Iterations) _last;

    /// <summary>Notes the iterations done since the start of the process.</summary>
    /// <param name="timeMs">Monotonic milliseconds.</param>
    /// <param name="iterations">A counter that never goes back.</param>
    public void Sample(long timeMs, ulong iterations)
    {
        Invariant.That(timeMs >= _last.TimeMs || _samples.Count == 0, "a rate meter's time does not go back");
        Invariant.That(iterations >= _last.Iterations, "the count of iterations does not go back");
        if (iterations == _last.Iterations)
        {
            // Idle: the window starts again with the next work, so that the pause does not count against it.
            _samples.Clear();
        }

        _last = (timeMs, iterations);
        _samples.Enqueue(_last);
        if (_samples.Count > SamplesMax)
        {
            _samples.Dequeue();
        }
    }

    /// <summary>Iterations per second.</summary>
    public double IterationsPerSecond
    {
        get
        {
            if (_samples.Count < 2)
            {
                return idleRate;
            }

            (long timeMs, ulong iterations) = _samples.Peek();
            ulong done = _last.Iterations - iterations;
            long elapsedMs = _last.TimeMs - timeMs;
            return done == 0 || elapsedMs == 0 ? idleRate : done * 1000.0 / elapsedMs;
        }
    }
}
