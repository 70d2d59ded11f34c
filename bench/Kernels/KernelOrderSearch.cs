using System.Diagnostics;
using System.Runtime.Intrinsics.X86;
using JobNode.KernelGenerator;

namespace JobNode.Bench.Kernels;

/// <summary>
/// Which legal order of its statements makes the kernel of sixteen lanes fastest on this machine? Climbs from the
/// checked-in one by mutations of a seeded sequence; the winner goes into <see cref="KernelFiles.Wide"/> by hand.
/// </summary>
internal static class KernelOrderSearch
{
    private const int RoundsOfTrial = 60;
    private const int RoundsOfFinal = 400;

    /// <summary>What a candidate must gain to take the lead: less is noise.</summary>
    private const double GainLeast = 1.002;

    /// <summary>Searches for so long and prints each new leader, and at last the shares of the limit.</summary>
    public static int Run(int seed, TimeSpan time)
    {
        if (!Avx512F.IsSupported)
        {
            Console.Error.WriteLine("order: this machine has no AVX-512");
            return 1;
        }

        Random random = new(seed);
        long start = Stopwatch.GetTimestamp();
        OrderCandidate first = OrderCandidate.Of(KernelFiles.Wide);
        OrderCandidate leader = first;
        int tried = 0;
        for (; Stopwatch.GetElapsedTime(start) < time; tried++)
        {
            OrderCandidate next = OrderCandidate.Of(leader.Order.Mutate(random));
            Compare(RoundsOfTrial, leader, next);
            if (next.Best > GainLeast * leader.Best)
            {
                Console.WriteLine($"{tried}: {next.Best / leader.Best:0.0000} of the leader before; {next.Order}");
                leader = next;
            }
        }

        OrderCandidate limit = OrderCandidate.Limit();
        Compare(RoundsOfFinal, first, leader, limit);
        Console.WriteLine($"seed {seed}, {tried} orders; of the limit ({limit.Best / 1e6:0.00} M/s):");
        Console.WriteLine($"  had   {first.Best / limit.Best:0.0000} ({first.Best / 1e6:0.00} M/s)");
        Console.WriteLine($"  found {leader.Best / limit.Best:0.0000} ({leader.Best / 1e6:0.00} M/s): {leader.Order}");
        return 0;
    }

    private static void Compare(int rounds, params ReadOnlySpan<OrderCandidate> candidates)
    {
        foreach (OrderCandidate candidate in candidates)
        {
            candidate.Forget();
        }

        for (int round = 0; round < rounds; round++)
        {
            foreach (OrderCandidate candidate in candidates)
            {
                candidate.Measure();
            }
        }
    }
}
