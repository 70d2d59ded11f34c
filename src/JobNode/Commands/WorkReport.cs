namespace JobNode.Commands;

/// <summary>
/// The leader's view of the work going on, as it sends it to every node about once a second. Not replicated.
/// </summary>
/// <param name="Nodes">One row per node that takes work.</param>
/// <param name="RunningJobs">Jobs in some node's hands.</param>
/// <param name="TakenAt">When the leader made it.</param>
internal sealed record WorkReport(IReadOnlyList<NodeWork> Nodes, long RunningJobs, DateTimeOffset TakenAt)
{
    /// <summary>Before any leader was heard.</summary>
    public static readonly WorkReport Empty = new([], 0, DateTimeOffset.MinValue);

    /// <summary>Sum of the nodes' measured rates, in iterations a second.</summary>
    public double IterationsPerSecond
    {
        get
        {
            double sum = 0;
            foreach (NodeWork node in Nodes)
            {
                sum += node.IterationsPerSecond;
            }

            return sum;
        }
    }
}

/// <summary>One node's work.</summary>
/// <param name="Node">Who.</param>
/// <param name="HashThreads">Hash threads it runs.</param>
/// <param name="Lanes">Chains it can advance at once: threads times lanes per thread.</param>
/// <param name="LanesBusy">Of these, lanes with a job.</param>
/// <param name="JobsHeld">Jobs in its hands, running or next.</param>
/// <param name="IterationsPerSecond">Measured; when idle, what its kernel measured at start.</param>
/// <param name="KernelPath">scalar, avx2 or avx512.</param>
internal readonly record struct NodeWork(
    NodeId Node, int HashThreads, int Lanes, int LanesBusy, int JobsHeld, double IterationsPerSecond,
    string KernelPath);

/// <summary>Where the latest <see cref="WorkReport"/> hangs; written by scheduling, read by the API.</summary>
internal sealed class WorkBoard
{
    private volatile WorkReport _current = WorkReport.Empty;

    /// <summary>The latest report.</summary>
    public WorkReport Current
    {
        get => _current;
        set => _current = value;
    }
}
