namespace JobNode.Bench.Scheduling;

/// <summary>What arrives: heavy-tailed jobs, half of them in rushes, so that work has to wait.</summary>
/// <param name="Nodes">Workers, one hash thread with <see cref="ModelKernel.Lanes"/> lanes each.</param>
/// <param name="Load">Work that arrives over what the workers can do, on average.</param>
/// <param name="Seconds">Virtual seconds for which jobs arrive.</param>
/// <param name="Seed">Of everything random.</param>
/// <param name="UrgentShare">Share of the jobs, 0 to 1, with priority 9; the others have 0.</param>
internal sealed record Workload(int Nodes, double Load, double Seconds, int Seed, double UrgentShare = 0)
{
    /// <summary>Iterations of the longest job.</summary>
    public const double IterationsMax = 1e9;

    /// <summary>The exponent of the bounded Pareto distribution from 2 to <see cref="IterationsMax"/>.</summary>
    public const double Alpha = 0.1;

    /// <summary>Half of the jobs arrive evenly, the others in rushes: seconds from one to the next.</summary>
    public const double PeriodSeconds = 200;

    /// <summary>How long a rush lasts, in seconds.</summary>
    public const double RushSeconds = 20;

    private const double IterationsMin = 2;

    /// <summary>Mean of the distribution.</summary>
    public static double MeanIterations => Alpha / (1 - Alpha)
        * Math.Pow(IterationsMin, Alpha)
        * (Math.Pow(IterationsMax, 1 - Alpha) - Math.Pow(IterationsMin, 1 - Alpha))
        / (1 - Math.Pow(IterationsMin / IterationsMax, Alpha));

    /// <summary>The jobs in the order of their arrival: a Poisson process with rushes.</summary>
    public List<ModelJob> Draw()
    {
        var random = new Random(Seed);
        double rate = Load * Nodes * ModelKernel.Lanes * ModelKernel.ChainRate / MeanIterations;
        var jobs = new List<ModelJob>();
        double now = 0;
        while (true)
        {
            bool isRush = now % PeriodSeconds < RushSeconds;
            double factor = isRush ? 0.5 * (1 + (PeriodSeconds / RushSeconds)) : 0.5;
            now -= Math.Log(1 - random.NextDouble()) / (rate * factor);
            if (now >= Seconds)
            {
                return jobs;
            }

            bool isUrgent = UrgentShare > 0 && random.NextDouble() < UrgentShare;
            jobs.Add(new ModelJob(now, DrawIterations(random), isUrgent ? (byte)9 : (byte)0));
        }
    }

    private static ulong DrawIterations(Random random)
    {
        double tail = 1 - (random.NextDouble() * (1 - Math.Pow(IterationsMin / IterationsMax, Alpha)));
        return (ulong)Math.Clamp(Math.Round(IterationsMin / Math.Pow(tail, 1 / Alpha)), IterationsMin, IterationsMax);
    }
}

/// <summary>A job of the model.</summary>
/// <param name="arrivesAt">Seconds.</param>
/// <param name="iterations">In all; the first is done when it arrives.</param>
/// <param name="priority">0 to 9.</param>
internal sealed class ModelJob(double arrivesAt, ulong iterations, byte priority)
{
    /// <summary>Seconds.</summary>
    public double ArrivesAt { get; } = arrivesAt;

    /// <summary>In all; the first is done when it arrives.</summary>
    public ulong Iterations { get; } = iterations;

    /// <summary>0 to 9, higher first.</summary>
    public byte Priority { get; } = priority;

    /// <summary>Seconds when its result is there; negative before.</summary>
    public double EndsAt { get; set; } = -1;

    /// <summary>Seconds since when it is in nobody's hand.</summary>
    public double ReadyAt { get; set; } = arrivesAt;

    /// <summary>Seconds that it takes alone.</summary>
    public double SecondsAlone => (Iterations - 1) / ModelKernel.ChainRate;
}
