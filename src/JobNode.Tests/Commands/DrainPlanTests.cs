using JobNode.Commands;

namespace JobNode.Tests.Commands;

/// <summary>How many nodes a queue needs.</summary>
public sealed class DrainPlanTests
{
    private static readonly TimeSpan _target = TimeSpan.FromSeconds(100);

    [Theory]
    [InlineData(0, 0, 3, 3)]
    [InlineData(1, 1, 3, 3)]
    [InlineData(1, 1, 0, 1)]
    [InlineData(300_000, 1000, 3, 3)]
    [InlineData(300_001, 1000, 3, 4)]
    [InlineData(1_000_000, 1000, 3, 10)]
    [InlineData(1_000_000, 1000, 9, 10)]
    [InlineData(100_000, 1000, 9, 9)]
    public void The_work_at_the_measured_rate_within_the_target(ulong iterations, long jobs, int voters, int wanted) =>
        Assert.Equal(wanted, DrainPlan.NodesWanted(iterations, jobs, Nodes(3), voters, _target));

    [Fact]
    public void No_more_nodes_are_asked_for_than_could_have_a_job() =>
        Assert.Equal(5, DrainPlan.NodesWanted(UInt128.MaxValue, 10, Nodes(3), 1, _target));

    [Fact]
    public void No_queue_asks_for_more_than_the_bound() =>
        Assert.Equal(
            DrainPlan.NodesMax, DrainPlan.NodesWanted(UInt128.MaxValue, long.MaxValue, Nodes(3), 3, _target));

    [Fact]
    public void Nodes_that_only_answer_do_not_count_into_the_rate()
    {
        var idle = new NodeWork(new NodeId(99), 0, 0, 0, 0, new HashRates(0, 0, 0), "avx2");
        Assert.Equal(10, DrainPlan.NodesWanted(1_000_000, 1000, [.. Nodes(3), idle, idle], 3, _target));
    }

    [Fact]
    public void Without_any_rate_the_voters_are_enough() =>
        Assert.Equal(3, DrainPlan.NodesWanted(1_000_000, 1000, [], 3, _target));

    /// <summary>Each does 1,000 iterations a second on two threads: 100,000 within the target.</summary>
    private static NodeWork[] Nodes(int count) =>
    [
        .. Enumerable.Range(1, count).Select(
            number => new NodeWork(new NodeId((ulong)number), 2, 32, 0, 0, new HashRates(1000, 0, 100), "avx2")),
    ];
}
