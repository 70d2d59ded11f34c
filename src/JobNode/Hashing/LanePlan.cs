namespace JobNode.Hashing;

/// <summary>Which kernels advance n chains soonest, for every n, by the kernels' measured times.</summary>
/// <remarks>
/// A kernel takes as long for one chain as for all of its lanes, so a few chains are better off with a narrow one, and
/// a number between two widths with several in turn. The shortest sum is found from the bottom up.
/// </remarks>
internal sealed class LanePlan
{
    private readonly LaneKernel[] _first;
    private readonly double[] _seconds;

    /// <summary>Plans with kernels whose times have been measured.</summary>
    public LanePlan(IReadOnlyList<KernelPath> paths)
    {
        Lanes = paths.Max(path => path.Lanes);
        _first = new LaneKernel[Lanes + 1];
        _seconds = new double[Lanes + 1];
        LaneKernel[] kernels = [.. paths.SelectMany(path => path.Kernels)];
        for (int chains = 1; chains <= Lanes; chains++)
        {
            _seconds[chains] = double.PositiveInfinity;
            foreach (LaneKernel kernel in kernels)
            {
                double sum = kernel.SecondsPerStep + _seconds[Math.Max(0, chains - kernel.Lanes)];
                if (sum < _seconds[chains])
                {
                    _seconds[chains] = sum;
                    _first[chains] = kernel;
                }
            }
        }
    }

    /// <summary>Most chains planned for.</summary>
    public int Lanes { get; }

    /// <summary>The kernel that takes the first of this many chains.</summary>
    public LaneKernel First(int chains) => _first[chains];

    /// <summary>Seconds in which this many chains advance by one hash, by the times measured at start.</summary>
    public double SecondsPerStep(int chains) => _seconds[chains];
}
