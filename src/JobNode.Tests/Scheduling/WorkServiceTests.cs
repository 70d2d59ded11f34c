using JobNode.Commands;
using JobNode.Queue;

namespace JobNode.Tests.Scheduling;

public class WorkServiceTests
{
    /// <summary>At least three seconds of a chain alone: its progress is reported on the way.</summary>
    private static readonly ulong LongIterations = 3 * WorkCluster.ChainIterationsPerSecond();

    [Fact]
    public async Task Jobs_of_all_lengths_finish_with_the_right_results_on_three_workers()
    {
        await using var cluster = new WorkCluster(1, 1, 1);
        cluster.SetLeader(0);
        List<(JobId Id, ulong Iterations)> jobs = [];
        ulong[] lengths = [2, 3, 10, 64, 1_000, 2_500, 10_000, 30_000, 100_000];
        for (int i = 0; i < 60; i++)
        {
            ulong iterations = lengths[i % lengths.Length];
            jobs.Add((await cluster.EnqueueAsync(iterations, (byte)(i % 10)), iterations));
        }

        foreach ((JobId id, ulong iterations) in jobs)
        {
            JobDetails job = await cluster.WaitFinishedAsync(id);
            Assert.Equal(WorkCluster.Expected(id, iterations), job.Chain);
        }

        Assert.All(Enumerable.Range(0, 3), node => Assert.True(cluster[node].Service.IterationsDone > 0));
    }

    [Fact]
    public async Task Many_tiny_jobs_flow()
    {
        await using var cluster = new WorkCluster(2);
        cluster.SetLeader(0);
        var all = new List<NewJob>();
        for (int i = 0; i < 20_000; i++)
        {
            JobId id = JobId.Create(DateTimeOffset.UtcNow);
            all.Add(new NewJob(id, WorkCluster.FirstDigest(id), 3, 0, 0));
        }

        foreach (NewJob[] part in all.Chunk(Limits.JobsPerCommandMax))
        {
            await cluster.EnqueueAsync(part);
        }

        foreach (NewJob job in all)
        {
            await cluster.WaitFinishedAsync(job.Id);
        }

        Assert.Equal(WorkCluster.Expected(all[777].Id, 3), cluster.Find(all[777].Id)!.Value.Chain);
        Assert.Equal(2UL * 20_000, cluster[0].Service.IterationsDone);
    }

    [Fact]
    public async Task Job_of_a_lost_worker_resumes_from_its_last_progress()
    {
        await using var cluster = new WorkCluster(0, 1, 1);
        cluster.SetLeader(0);
        JobId id = await cluster.EnqueueAsync(LongIterations);
        ChainProgress progress = await WaitProgressAsync(cluster[0], id);
        int first = cluster[1].Service.IterationsDone > 0 ? 1 : 2;
        await WorkCluster.CutAsync(cluster[first]);

        JobDetails job = await cluster.WaitFinishedAsync(id);
        Assert.Equal(WorkCluster.Expected(id, LongIterations), job.Chain);
        ulong byOther = cluster[3 - first].Service.IterationsDone;
        Assert.InRange(byOther, 1UL, LongIterations - progress.IterationsDone);
    }

    [Fact]
    public async Task New_leader_takes_over_running_work_instead_of_starting_it_again()
    {
        await using var cluster = new WorkCluster(0, 0, 1, 1);
        cluster.SetLeader(0);
        JobId[] ids = [await cluster.EnqueueAsync(LongIterations), await cluster.EnqueueAsync(LongIterations)];
        foreach (JobId id in ids)
        {
            await WaitProgressAsync(cluster[0], id);
        }

        cluster.SetLeader(null);
        cluster.SetLeader(1);
        foreach (JobId id in ids)
        {
            JobDetails job = await cluster.WaitFinishedAsync(id);
            Assert.Equal(WorkCluster.Expected(id, LongIterations), job.Chain);
        }

        ulong done = cluster[2].Service.IterationsDone + cluster[3].Service.IterationsDone;
        Assert.Equal(2 * (LongIterations - 1), done);
    }

    [Fact]
    public async Task Work_goes_on_without_a_leader_and_its_results_reach_the_next_one()
    {
        await using var cluster = new WorkCluster(0, 1);
        cluster.SetLeader(0);
        JobId id = await cluster.EnqueueAsync(LongIterations);
        await WaitProgressAsync(cluster[0], id);
        cluster.SetLeader(null);
        await WorkCluster.UntilAsync(
            () => Task.FromResult(cluster[1].Service.IterationsDone == LongIterations - 1),
            "the chain ends leaderless");
        Assert.Equal(JobState.Pending, cluster.Find(id)!.Value.State);

        cluster.SetLeader(0);
        await cluster.WaitFinishedAsync(id);
        Assert.Equal(LongIterations - 1, cluster[1].Service.IterationsDone);
    }

    [Fact]
    public async Task Follower_learns_progress_and_work_report_from_the_leader()
    {
        await using var cluster = new WorkCluster(0, 1, 0);
        cluster.SetLeader(0);
        JobId id = await cluster.EnqueueAsync(ulong.MaxValue / 4);
        ChainProgress progress = await WaitProgressAsync(cluster[2], id);
        Assert.True(progress.IterationsDone > 1);
        await WorkCluster.UntilAsync(
            () => Task.FromResult(cluster[2].WorkBoard.Current is { RunningJobs: 1, Nodes.Count: 3 }), "a work report");
        Assert.Null(await cluster[2].Service.FindProgressAsync(JobId.Create(DateTimeOffset.UtcNow), default));
    }

    [Fact]
    public async Task Cancelled_job_leaves_the_lanes()
    {
        await using var cluster = new WorkCluster(0, 1);
        cluster.SetLeader(0);
        JobId endless = await cluster.EnqueueAsync(ulong.MaxValue / 4);
        await WaitProgressAsync(cluster[0], endless);
        Assert.Equal(ResultCode.Ok, cluster.Apply(new Cancel(endless)).Code);
        await WorkCluster.UntilAsync(
            () => Task.FromResult(cluster[0].WorkBoard.Current is { RunningJobs: 0, Nodes: [_, { LanesBusy: 0 }] }),
            "the lane is free");
    }

    [Fact]
    public async Task Stopping_node_hands_its_work_back_with_the_last_iteration_it_did()
    {
        await using var cluster = new WorkCluster(0, 1, 0);
        cluster.SetLeader(0);
        JobId id = await cluster.EnqueueAsync(ulong.MaxValue / 4);
        await WaitProgressAsync(cluster[0], id);
        await cluster[1].Service.StopAsync();
        await WorkCluster.UntilAsync(
            () => Task.FromResult(cluster.Find(id)!.Value.IterationsDone == cluster[1].Service.IterationsDone + 1),
            "the checkpoint is replicated");
    }

    [Fact]
    public async Task Leader_that_hands_its_work_back_leads_on_and_not_an_iteration_is_lost()
    {
        await using var cluster = new WorkCluster(1, 0, 1);
        cluster.SetLeader(0);
        JobId[] ids = [await cluster.EnqueueAsync(LongIterations), await cluster.EnqueueAsync(LongIterations)];
        foreach (JobId id in ids)
        {
            await WaitProgressAsync(cluster[0], id);
        }

        await cluster[0].Service.HandBackAsync();
        foreach (JobId id in ids)
        {
            JobDetails job = await cluster.WaitFinishedAsync(id);
            Assert.Equal(WorkCluster.Expected(id, LongIterations), job.Chain);
        }

        Assert.True(cluster[0].Service.IterationsDone > 0, "it did some of the work itself");
        Assert.Equal(
            2 * (LongIterations - 1), cluster[0].Service.IterationsDone + cluster[2].Service.IterationsDone);
    }

    [Fact]
    public async Task Successor_of_a_leader_that_handed_back_finds_the_progress_in_the_log_and_everybody_connected()
    {
        await using var cluster = new WorkCluster(1, 0);
        cluster.SetLeader(0);
        JobId id = await cluster.EnqueueAsync(ulong.MaxValue / 4);
        await WaitProgressAsync(cluster[0], id);
        await cluster[0].Service.HandBackAsync();
        Assert.Equal(cluster[0].Service.IterationsDone + 1, cluster.Find(id)!.Value.IterationsDone);

        cluster.SetLeader(1);
        await WorkCluster.UntilAsync(
            () => Task.FromResult(cluster[1].WorkBoard.Current is { RunningJobs: 0, Nodes: [{ HashThreads: 0 }, _] }),
            "the old leader follows with empty hands");
    }

    [Fact]
    public async Task Tiny_jobs_do_not_wait_for_an_endless_one_to_end()
    {
        await using var cluster = new WorkCluster(1);
        cluster.SetLeader(0);
        for (int i = 0; i < 200; i++)
        {
            await cluster.EnqueueAsync(ulong.MaxValue / 4);
        }

        for (int i = 0; i < 20; i++)
        {
            await cluster.WaitFinishedAsync(await cluster.EnqueueAsync(4));
        }
    }

    [Fact]
    public async Task Short_jobs_do_not_wait_behind_endless_ones()
    {
        await using var cluster = new WorkCluster(1);
        cluster.SetLeader(0);
        for (int i = 0; i < 200; i++)
        {
            await cluster.EnqueueAsync(ulong.MaxValue / 4);
        }

        await WorkCluster.UntilAsync(
            () => Task.FromResult(cluster[0].WorkBoard.Current.RunningJobs > 0), "the endless ones run");
        JobId id = await cluster.EnqueueAsync(5_000);
        JobDetails job = await cluster.WaitFinishedAsync(id);
        Assert.Equal(WorkCluster.Expected(id, 5_000), job.Chain);
    }

    [Fact]
    public async Task A_leader_whose_read_is_turned_away_goes_on_leading_the_work()
    {
        await using var cluster = new WorkCluster(1) { ReadsToAbandon = 3 };
        cluster.SetLeader(0);
        JobId id = await cluster.EnqueueAsync(1_000);
        JobDetails job = await cluster.WaitFinishedAsync(id);
        Assert.Equal(WorkCluster.Expected(id, 1_000), job.Chain);
    }

    [Fact]
    public async Task A_leader_whose_raft_thread_has_failed_still_ends()
    {
        var cluster = new WorkCluster(1) { ReadsToAbandon = int.MaxValue };
        cluster.SetLeader(0);
        await cluster.EnqueueAsync(1_000);
        await cluster[0].Service.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromMinutes(1));
    }

    private static async Task<ChainProgress> WaitProgressAsync(WorkNode node, JobId id)
    {
        ChainProgress found = default;
        await WorkCluster.UntilAsync(
            async () =>
            {
                ChainProgress? progress = await node.Service.FindProgressAsync(id, CancellationToken.None);
                found = progress ?? default;
                return found.IterationsDone > 1;
            },
            "progress");
        return found;
    }
}
