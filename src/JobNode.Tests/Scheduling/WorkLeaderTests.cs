using JobNode.Commands;
using JobNode.Scheduling;
using JobNode.Tests.Commands;

namespace JobNode.Tests.Scheduling;

/// <summary>The leader's loop against workers that the test plays, on a clock that the test moves.</summary>
public class WorkLeaderTests
{
    private const int StepMs = 100;

    private static readonly NodeId A = new(1);
    private static readonly NodeId B = new(2);

    [Fact]
    public async Task Job_of_a_worker_that_falls_silent_goes_to_another_when_its_lease_ends_and_not_before()
    {
        var stage = new LeaderStage();
        stage.Apply(new Enqueue([LeaderStage.Job(1, 1_000_000)]));
        using var ending = new CancellationTokenSource();
        using WorkLeader leader = stage.Lead(A, B);
        Task leading = leader.RunAsync(ending.Token);
        await using var silent = new StagedWorker(leader, A);
        await silent.SettleAsync();
        await using var other = new StagedWorker(leader, B);
        Assert.Equal(new JobId(1), Assert.Single((await silent.NextAsync<WorkAssign>()).Jobs).Id);
        var progress = new ChainProgress(new JobId(1), LeaderStage.Digest(9), 5_000);
        silent.Send(new WorkProgress(1, StagedWorker.Rates, [progress]));
        await silent.SettleAsync();

        long silentMs = 0;
        IReadOnlyList<JobInHand> given = [];
        for (; given.Count == 0 && silentMs < 2 * SchedulingLimits.LeaseDurationMs; silentMs += StepMs)
        {
            stage.Time.Advance(TimeSpan.FromMilliseconds(StepMs));
            other.Send(new WorkProgress(0, StagedWorker.Rates, []));
            given = await other.SettleAsync();
        }

        Assert.Equal(new JobInHand(new JobId(1), LeaderStage.Digest(9), 5_000, 1_000_000, 0), Assert.Single(given));
        Assert.InRange(silentMs, SchedulingLimits.LeaseDurationMs + 1, SchedulingLimits.LeaseDurationMs + 1_000);
        await silent.Served;
        Assert.Contains(stage.Logged, entry =>
            entry.Name == "WorkerLost" && entry.Text.StartsWith($"Worker {A} is gone", StringComparison.Ordinal));
        await ending.CancelAsync();
        await leading;
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    public async Task A_checkpoint_names_its_worker_only_once_the_cluster_has_the_level(int level, bool isNamed)
    {
        var stage = new LeaderStage { FeatureLevel = level };
        stage.Apply(new Enqueue([LeaderStage.Job(1, 1_000_000)]));
        using var ending = new CancellationTokenSource();
        using WorkLeader leader = stage.Lead(A);
        Task leading = leader.RunAsync(ending.Token);
        await using var worker = new StagedWorker(leader, A);
        _ = await worker.NextAsync<WorkAssign>();
        worker.Send(new WorkLeaving([new ChainProgress(new JobId(1), LeaderStage.Digest(9), 5_000)]));
        await worker.Served;
        await ending.CancelAsync();
        await leading;
        Checkpoint checkpoint = Assert.Single(stage.Proposed.OfType<Checkpoint>());
        Assert.Equal(isNamed, checkpoint.NamesWorkers);
        Assert.Equal(A, Assert.Single(checkpoint.Chains).Worker);
        Assert.Equal(isNamed ? 2 : 1, CommandCodecTests.Encode(checkpoint)[0]);
    }

    [Fact]
    public async Task Worker_with_another_result_than_the_stored_one_is_named_in_the_log_and_settled()
    {
        var stage = new LeaderStage();
        stage.Apply(new Enqueue([LeaderStage.Job(1, 10), LeaderStage.Job(2, 10)]));
        stage.Apply(new Complete([
            new FinishedChain(new JobId(1), LeaderStage.Digest(1), B),
            new FinishedChain(new JobId(2), LeaderStage.Digest(2), B),
        ]));
        using var ending = new CancellationTokenSource();
        using WorkLeader leader = stage.Lead(A);
        Task leading = leader.RunAsync(ending.Token);
        await using var worker = new StagedWorker(leader, A);
        worker.Send(new WorkFinished([
            new JobResult(new JobId(1), LeaderStage.Digest(1)),
            new JobResult(new JobId(2), LeaderStage.Digest(66)),
        ]));
        Assert.Equal([new JobId(1), new JobId(2)], (await worker.NextAsync<WorkSettled>()).Jobs);

        (string? _, string text) = Assert.Single(stage.Logged, static entry => entry.Name == "ResultsDiffer");
        Assert.Contains(new JobId(2).ToString(), text, StringComparison.Ordinal);
        Assert.Contains($"node {A} ", text, StringComparison.Ordinal);
        Assert.Equal(LeaderStage.Digest(2), stage.Machine.View.Find(new JobId(2))!.Value.Chain);
        await ending.CancelAsync();
        await leading;
    }
}
