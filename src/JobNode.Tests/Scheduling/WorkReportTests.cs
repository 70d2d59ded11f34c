using JobNode.Commands;

namespace JobNode.Tests.Scheduling;

/// <summary>The estimates that everyone draws from a work report.</summary>
public class WorkReportTests
{
    [Fact]
    public void One_long_chain_takes_as_long_as_one_lane_needs_for_it()
    {
        WorkReport report = Report(500_000_000 / 1_800_000.0, Node(lanesBusy: 1), Node(0), Node(0));
        Assert.Equal(277.8, report.SecondsFor(500_000_000)!.Value, 0.1);
    }

    [Fact]
    public void Many_chains_take_as_long_as_all_lanes_need_for_them()
    {
        WorkReport report = Report(longestSeconds: 5, Node(lanesBusy: 16), Node(lanesBusy: 16));
        Assert.Equal(10, report.SecondsFor(200_000_000)!.Value, 0.001);
    }

    [Fact]
    public void Nothing_left_takes_no_time_and_without_a_rate_nobody_knows()
    {
        Assert.Equal(0, WorkReport.Empty.SecondsFor(0));
        Assert.Null(WorkReport.Empty.SecondsFor(1));
    }

    [Fact]
    public void Chain_gets_the_rate_of_one_alone_or_its_share_of_full_lanes_whoever_else_is_idle()
    {
        Assert.Equal(1_800_000, Report(0, Node(lanesBusy: 1), Node(0)).LaneIterationsPerSecond);
        Assert.Equal(1_800_000, Report(0, Node(0), Node(0)).LaneIterationsPerSecond);
        Assert.Equal(10_000_000 / 16.0, Report(0, Node(lanesBusy: 16), Node(0)).LaneIterationsPerSecond);
        Assert.Equal(0, WorkReport.Empty.LaneIterationsPerSecond);
    }

    private static NodeWork Node(int lanesBusy) =>
        new(new NodeId(1), 1, 16, lanesBusy, lanesBusy, new HashRates(10_000_000, 0, 1_800_000), "avx512");

    private static WorkReport Report(double longestSeconds, params NodeWork[] nodes) =>
        new(nodes, 1, longestSeconds, DateTimeOffset.UnixEpoch);
}
