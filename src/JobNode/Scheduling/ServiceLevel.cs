using System.Numerics;

namespace JobNode.Scheduling;

/// <summary>
/// How much service a job has had, in steps that each span eight times the one before: least attained service in the
/// form of a multilevel feedback queue (Kleinrock, Queueing Systems II, section 4.7; Rai, Urvoy-Keller and Biersack,
/// SIGMETRICS 2003). Counted in iterations, which checkpoints replicate: so a level survives leaders and workers.
/// </summary>
internal static class ServiceLevel
{
    /// <summary>Levels: 0 has had least.</summary>
    public const int Count = 6;

    private const int StepBits = 3;

    /// <summary>The level of a job that has had so many iterations.</summary>
    public static int Of(ulong iterationsDone)
    {
        int bits = BitOperations.Log2((iterationsDone / SchedulingLimits.LeaderSliceIterations) | 1);
        int level = iterationsDone < SchedulingLimits.LeaderSliceIterations ? 0 : 1 + (bits / StepBits);
        return Math.Min(level, Count - 1);
    }
}
