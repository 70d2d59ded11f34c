using System.Diagnostics;

namespace JobNode.Hashing;

/// <summary>Measures kernels at start, so that the plan rests on this machine and not on another.</summary>
internal static class KernelRate
{
    private const int Rounds = 4;
    private static readonly TimeSpan s_roundTime = TimeSpan.FromMilliseconds(0.4);

    /// <summary>Sets every kernel's time per step: the best of a few rounds, about two milliseconds a kernel.</summary>
    public static void Measure(KernelPath path)
    {
        foreach (LaneKernel kernel in path.Kernels)
        {
            kernel.SecondsPerStep = 1;
            using ChainLanes lanes = new(new LanePlan([new KernelPath(path.Name, kernel)]));
            ulong steps = 1;
            double best = double.PositiveInfinity;
            for (int round = 0; round < Rounds;)
            {
                long start = Stopwatch.GetTimestamp();
                lanes.Advance(kernel.Lanes, steps);
                TimeSpan taken = Stopwatch.GetElapsedTime(start);
                best = Math.Min(best, taken.TotalSeconds / steps);
                if (taken < s_roundTime)
                {
                    // Grow until a round is long enough to tell; the short ones warm up.
                    steps *= 2;
                }
                else
                {
                    round++;
                }
            }

            kernel.SecondsPerStep = best;
        }
    }
}
