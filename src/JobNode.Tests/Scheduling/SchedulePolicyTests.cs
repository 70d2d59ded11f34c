using JobNode.Bench.Scheduling;

namespace JobNode.Tests.Scheduling;

/// <summary>The policy as a whole, in virtual time: a hundred nodes, heavy-tailed jobs, a rush at the start.</summary>
public class SchedulePolicyTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public void Short_jobs_overtake_long_ones_and_nobody_starves(int seed)
    {
        var workload = new Workload(Nodes: 100, Load: 2, Seconds: 200, seed);
        using var model = new ClusterModel(workload);
        model.Run();
        double[] ends = [.. model.Jobs.Select(static job => job.EndsAt)];
        double[] sharing = IdealQueues.ShareProcessors(model.Jobs, workload.Nodes);
        double[] fifo = IdealQueues.FirstInFirstOut(model.Jobs, workload.Nodes);

        SlowdownRow shortOurs = SlowdownTable.Of("ours", model.Jobs, ends)[0];
        SlowdownRow shortFifo = SlowdownTable.Of("fifo", model.Jobs, fifo)[0];
        Assert.True(shortFifo.P99 > 100, $"jobs had to wait: {shortFifo}");
        Assert.True(shortOurs.P99 < shortFifo.P99 / 20, $"{shortOurs} against {shortFifo}");

        SlowdownRow all = SlowdownTable.Of("ours", model.Jobs, ends)[^1];
        SlowdownRow allSharing = SlowdownTable.Of("sharing", model.Jobs, sharing)[^1];
        Assert.True(all.Mean < 2 * allSharing.Mean, $"{all} against {allSharing}");
        Assert.True(model.LanesBusyShare > 0.97, $"lanes busy while jobs wait: {model.LanesBusyShare}");
        Assert.True(model.WorkRatio < 1.01, $"work done over work needed: {model.WorkRatio}");
        Assert.True(all.Max < 50, $"nobody starves: {all}");
        Assert.True(model.Replaced > 0, "long jobs had to make room");
        Assert.True(ends.Max() < 1.5 * sharing.Max(), $"the last job ended at {ends.Max()}, not {sharing.Max()}");
    }

    [Fact]
    public void Higher_priority_does_not_notice_the_others()
    {
        var workload = new Workload(Nodes: 100, Load: 2, Seconds: 200, Seed: 3, UrgentShare: 0.2);
        using var model = new ClusterModel(workload);
        model.Run();
        List<ModelJob> urgent = [.. model.Jobs.Where(static job => job.Priority > 0)];
        List<ModelJob> others = [.. model.Jobs.Where(static job => job.Priority == 0)];
        SlowdownRow fast = SlowdownTable.Of("9", urgent, [.. urgent.Select(static job => job.EndsAt)])[^1];
        SlowdownRow slow = SlowdownTable.Of("0", others, [.. others.Select(static job => job.EndsAt)])[^1];
        Assert.True(fast.Mean < slow.Mean, $"{fast} against {slow}");
        double[] alone = IdealQueues.ShareProcessors(urgent, workload.Nodes);
        SlowdownRow ideal = SlowdownTable.Of("alone", urgent, alone)[^1];
        Assert.True(fast.Mean < 3 * ideal.Mean, $"{fast} against {ideal}");
    }
}
