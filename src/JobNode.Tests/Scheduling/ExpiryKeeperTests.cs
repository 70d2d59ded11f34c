using JobNode.Commands;
using JobNode.Scheduling;

namespace JobNode.Tests.Scheduling;

public class ExpiryKeeperTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(SchedulingLimits.ExpiryIntervalMs);
    private static readonly TimeSpan Retention = TimeSpan.FromMilliseconds(Limits.RetentionMs);

    [Fact]
    public async Task Cancelled_job_is_expired_once_its_retention_ended_and_not_before()
    {
        LeaderStage stage = WithCancelled(1);
        await using var running = new RunningKeeper(stage);
        await running.LookAsync(Interval);
        await running.LookAsync(Retention - Interval);
        Assert.Empty(stage.Proposed);
        Assert.NotNull(stage.Machine.View.Find(new JobId(1)));

        await running.LookAsync(Interval);
        ulong beforeMs = (ulong)stage.Time.GetUtcNow().ToUnixTimeMilliseconds() - Limits.RetentionMs;
        await WorkCluster.UntilAsync(() => Task.FromResult(!stage.Logged.IsEmpty), "the keeper says what it did");
        Assert.Equal(new Expire(beforeMs, 0, Limits.JobsPerCommandMax), Assert.Single(stage.Proposed));
        Assert.Null(stage.Machine.View.Find(new JobId(1)));
        Assert.Equal("JobsExpired", Assert.Single(stage.Logged).Name);
    }

    [Fact]
    public async Task More_than_a_command_takes_goes_in_one_look()
    {
        LeaderStage stage = WithCancelled(Limits.JobsPerCommandMax + 1);
        await using var running = new RunningKeeper(stage);
        await running.LookAsync(Retention + Interval);
        await WorkCluster.UntilAsync(() => Task.FromResult(stage.Machine.View.Counts.Cancelled == 0), "all are gone");
        Assert.Equal(2, stage.Proposed.Count);
    }

    [Fact]
    public async Task Failed_proposal_is_logged_and_the_next_look_tries_again()
    {
        LeaderStage stage = WithCancelled(1);
        stage.NextFailure = new IOException("a test");
        await using var running = new RunningKeeper(stage);
        await running.LookAsync(Retention + Interval);
        await WorkCluster.UntilAsync(
            () => Task.FromResult(stage.Logged.Any(static entry => entry.Name == "ExpiryFailed")), "the failure");
        Assert.Equal(1, stage.Machine.View.Counts.Cancelled);
        await running.LookAsync(Interval);
        await WorkCluster.UntilAsync(() => Task.FromResult(stage.Machine.View.Counts.Cancelled == 0), "it is gone");
        Assert.Equal(2, stage.Proposed.Count);
    }

    [Fact]
    public async Task Result_that_nobody_pulled_goes_after_the_time_that_the_leader_was_told()
    {
        var stage = new LeaderStage();
        stage.Apply(new Enqueue([LeaderStage.Job(1, 1)]));
        var periods = new RetentionPeriods(TimeSpan.FromDays(9), TimeSpan.FromHours(1));
        var keeper = new ExpiryKeeper(stage, stage, stage.Machine.View, stage.Time, periods, stage);
        stage.Time.Advance(TimeSpan.FromMinutes(59));
        Assert.Equal(0, await keeper.ExpireOnceAsync(CancellationToken.None));
        stage.Time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(1, await keeper.ExpireOnceAsync(CancellationToken.None));
        Assert.Null(stage.Machine.View.Find(new JobId(1)));
    }

    [Fact]
    public async Task Completed_job_that_nobody_pulled_stays()
    {
        var stage = new LeaderStage();
        stage.Apply(new Enqueue([LeaderStage.Job(1, 1)]));
        stage.Time.Advance(100 * Retention);
        var keeper = new ExpiryKeeper(
            stage, stage, stage.Machine.View, stage.Time, RetentionPeriods.Default, stage);
        Assert.Equal(0, await keeper.ExpireOnceAsync(CancellationToken.None));
        Assert.Empty(stage.Proposed);
        Assert.Equal(1, stage.Machine.View.Counts.Completed);
    }

    private static LeaderStage WithCancelled(int jobs)
    {
        var stage = new LeaderStage();
        for (uint job = 1; job <= jobs; job++)
        {
            Assert.Equal(ResultCode.Ok, stage.Apply(new Enqueue([LeaderStage.Job(job, 10)])).Code);
            Assert.Equal(ResultCode.Ok, stage.Apply(new Cancel(new JobId(job))).Code);
        }

        return stage;
    }

    private sealed class RunningKeeper : IAsyncDisposable
    {
        private readonly LeaderStage _stage;
        private readonly CancellationTokenSource _ending = new();
        private readonly Task _running;

        public RunningKeeper(LeaderStage stage)
        {
            _stage = stage;
            _running = new ExpiryKeeper(
                stage, stage, stage.Machine.View, stage.Time, RetentionPeriods.Default, stage).RunAsync(_ending.Token);
        }

        /// <summary>Moves the clock and waits until the keeper looked.</summary>
        public async Task LookAsync(TimeSpan after)
        {
            int reads = _stage.Reads;
            _stage.Time.Advance(after);
            await WorkCluster.UntilAsync(() => Task.FromResult(_stage.Reads > reads), "a look");
        }

        public async ValueTask DisposeAsync()
        {
            await _ending.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _running);
            _ending.Dispose();
        }
    }
}
