using JobNode.Hashing;

namespace JobNode.Bench.Scheduling;

/// <summary>A hash thread's kernel; only its speed is modelled: four lanes, as with AVX2 on a Zen 4 core.</summary>
internal static unsafe class ModelKernel
{
    /// <summary>Lanes of a thread.</summary>
    public const int Lanes = 4;

    /// <summary>Iterations a second of one chain, whatever runs in the other lanes.</summary>
    public const double ChainRate = 2.6e6;

    private static readonly LanePlan Plan = new([new KernelPath("modelled", CreateKernel())]);

    /// <summary>Lanes for one thread.</summary>
    public static ChainLanes CreateLanes() => new(Plan);

    private static LaneKernel CreateKernel() =>
        new(Lanes, Lanes, static (_, _, _, _) => { }) { SecondsPerStep = 1 / ChainRate };
}
