namespace JobNode.Commands;

/// <summary>How many nodes it takes to empty the queue in time: what autoscaling goes by. Pure.</summary>
internal static class DrainPlan
{
    /// <summary>No more are ever asked for.</summary>
    public const int NodesMax = 10_000;

    /// <summary>
    /// Nodes like those that are there, for all work to be done within the target. Never fewer than the voters, nor
    /// more than could all have a job: a chain cannot be computed by two.
    /// </summary>
    /// <param name="iterations">Work left.</param>
    /// <param name="jobs">Unfinished jobs.</param>
    /// <param name="nodes">What the nodes that compute can do; none that is in quarantine or computes nothing.</param>
    /// <param name="voters">Members that vote.</param>
    /// <param name="target">Time to do it in, more than zero.</param>
    public static int NodesWanted(
        UInt128 iterations, long jobs, IReadOnlyList<NodeWork> nodes, int voters, TimeSpan target)
    {
        Invariant.That(target > TimeSpan.Zero, "work takes time");
        int least = Math.Clamp(voters, 1, NodesMax);
        double rate = 0;
        int present = 0;
        int threads = 0;
        foreach (NodeWork node in nodes)
        {
            if (node.Rates.Full > 0 && node.HashThreads > 0)
            {
                rate += node.Rates.Full;
                threads += node.HashThreads;
                present++;
            }
        }

        if (iterations == 0 || jobs <= 0 || present == 0)
        {
            // Nothing to do; or nobody's rate is known, so neither is what more would bring: one has to begin.
            return least;
        }

        double inTime = rate / present * target.TotalSeconds;
        double wanted = Math.Ceiling((double)iterations / inTime);
        double busy = Math.Ceiling(jobs / Math.Max(1.0, (double)threads / present));
        return (int)Math.Clamp(Math.Min(wanted, busy), least, NodesMax);
    }
}
