namespace JobNode.Commands;

/// <summary>
/// The leader's view of the work going on, as it sends it to every node about once a second. Not replicated.
/// </summary>
/// <param name="Nodes">One row per node that takes work.</param>
/// <param name="RunningJobs">Jobs in some node's hands.</param>
/// <param name="LongestChainSeconds">Seconds of the longest chain that the leader has read, in hands or next to be
/// handed out, with a hash thread to itself. The leader reads at least the next few thousand jobs; a longer one behind
/// these counts once it is read.</param>
/// <param name="TakenAt">When the leader made it.</param>
internal sealed record WorkReport(
    IReadOnlyList<NodeWork> Nodes, long RunningJobs, double LongestChainSeconds, DateTimeOffset TakenAt)
{
    /// <summary>Before any leader was heard.</summary>
    public static readonly WorkReport Empty = new([], 0, 0, DateTimeOffset.MinValue);

    /// <summary>The nodes' capacity: iterations a second with every lane busy.</summary>
    public double IterationsPerSecond => Nodes.Sum(static node => node.Rates.Full);

    /// <summary>What the nodes did over the last seconds, in iterations a second.</summary>
    public double IterationsPerSecondNow => Nodes.Sum(static node => node.Rates.Now);

    /// <summary>
    /// What a chain in a lane gets, in iterations a second: the mean over the lanes busy now, or of an idle cluster
    /// what one alone would get. 0 when nobody's rate is known.
    /// </summary>
    public double LaneIterationsPerSecond
    {
        get
        {
            double busy = Nodes.Sum(static node => (double)node.LanesBusy);
            return busy > 0
                ? Nodes.Sum(static node => node.LanesBusy * node.LaneIterationsPerSecond) / busy
                : Nodes.Select(static node => node.Rates.Chain).DefaultIfEmpty().Max();
        }
    }

    /// <summary>
    /// Seconds until this much work is done: no sooner than all lanes together could do it, nor than the longest chain
    /// could be walked. Null when nobody's rate is known.
    /// </summary>
    public double? SecondsFor(UInt128 iterations)
    {
        if (iterations == 0)
        {
            return 0;
        }

        double rate = IterationsPerSecond;
        return rate > 0 ? Math.Max((double)iterations / rate, LongestChainSeconds) : null;
    }
}

/// <summary>What came of computing work again on other nodes, since the leader leads. Not replicated.</summary>
/// <param name="Checked">Pieces of work that another node confirmed.</param>
/// <param name="Differed">Pieces that came out otherwise.</param>
/// <param name="Unverified">Pieces that were to be checked while no other node was there.</param>
/// <param name="Recalled">Jobs that went back to before a faulty node had them.</param>
/// <param name="Delivered">Jobs of a faulty node whose results were given out already.</param>
/// <param name="Suspects">Nodes that contradict each other, where nobody can tell yet which is right.</param>
internal sealed record VerifyReport(
    ulong Checked,
    ulong Differed,
    ulong Unverified,
    ulong Recalled,
    ulong Delivered,
    IReadOnlyList<NodeId> Suspects)
{
    /// <summary>Before any leader told.</summary>
    public static readonly VerifyReport Empty = new(0, 0, 0, 0, 0, []);
}

/// <summary>One node's work.</summary>
/// <param name="Node">Who.</param>
/// <param name="HashThreads">Hash threads it runs.</param>
/// <param name="Lanes">Chains it can advance at once: threads times lanes per thread.</param>
/// <param name="LanesBusy">Of these, lanes with a job.</param>
/// <param name="JobsHeld">Jobs in its hands, running or next.</param>
/// <param name="Rates">How fast it is.</param>
/// <param name="KernelPath">scalar, avx2 or avx512.</param>
internal readonly record struct NodeWork(
    NodeId Node, int HashThreads, int Lanes, int LanesBusy, int JobsHeld, HashRates Rates, string KernelPath)
{
    /// <summary>
    /// What one of its chains gets, in iterations a second: with a hash thread to itself the rate of one alone, else at
    /// least its share with all lanes busy.
    /// </summary>
    public double LaneIterationsPerSecond =>
        LanesBusy <= HashThreads ? Rates.Chain : Math.Min(Rates.Chain, Rates.Full / Math.Max(1, Lanes));
}

/// <summary>Where the latest <see cref="WorkReport"/> hangs; written by scheduling, read by the API.</summary>
internal sealed class WorkBoard
{
    private volatile WorkReport _current = WorkReport.Empty;
    private volatile VerifyReport _verified = VerifyReport.Empty;

    /// <summary>The latest report on checks.</summary>
    public VerifyReport Verified
    {
        get => _verified;
        set => _verified = value;
    }

    /// <summary>The latest report.</summary>
    public WorkReport Current
    {
        get => _current;
        set => _current = value;
    }
}
