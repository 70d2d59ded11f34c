using JobNode.Commands;
using JobNode.Queue;

namespace JobNode.Tests.Queue;

public class JobStateMachineTests
{
    private readonly JobStateMachine _machine = new(new StateLimits(5));
    private ulong _index;

    [Fact]
    public void New_work_is_told_once_and_too_many_finished_jobs_become_one_event()
    {
        Enqueue(Job(1));
        Enqueue(Job(2));
        Assert.Equal([new JobEvent(JobEventKind.WorkAdded, default)], Events());

        var large = new JobStateMachine(StateLimits.Default);
        for (int sent = 0; sent <= JobStateMachine.EventsMax; sent += Limits.JobsPerCommandMax)
        {
            large.Apply(1, 100, new Enqueue(
            [
                .. Enumerable.Range(sent, Limits.JobsPerCommandMax)
                    .Select(static id => Job(id) with { IterationsTotal = 1 }),
            ]));
        }

        var events = new List<JobEvent>();
        large.DrainEvents(events);
        Assert.Equal([new JobEvent(JobEventKind.Reset, default)], events);
    }

    [Fact]
    public void A_new_job_is_pending_after_its_first_iteration()
    {
        Assert.Equal(ResultCode.Ok, Enqueue(Job(1)).Code);
        Assert.Equal(
            new JobDetails(Id(1), JobState.Pending, Digest(1), 1, 10, 0, 100, 0), _machine.View.Find(Id(1)));
        Assert.Equal(new QueueCounts(1, 0, 0, 0, 9, 0), _machine.View.Counts);
        Assert.Equal([new JobEvent(JobEventKind.WorkAdded, default)], Events());
    }

    [Fact]
    public void A_job_of_one_iteration_is_completed_when_it_is_enqueued()
    {
        Enqueue(Job(1) with { IterationsTotal = 1 });
        Assert.Equal(
            new JobDetails(Id(1), JobState.Completed, Digest(1), 1, 1, 0, 100, 100), _machine.View.Find(Id(1)));
        Assert.Equal([new JobEvent(JobEventKind.Finished, Id(1))], Events());
    }

    [Fact]
    public void An_idempotency_key_gives_the_first_job_again_even_after_it_moved_on()
    {
        Enqueue(Job(1) with { IdempotencyKey = 7 });
        Checkpoint(1, 5);
        Complete(1, 50);
        Assert.Equal(
            new JobOutcome(Id(1), ResultCode.Duplicate), Enqueue(Job(2, chain: 1) with { IdempotencyKey = 7 }));
        Assert.Null(_machine.View.Find(Id(2)));
    }

    [Theory]
    [InlineData(2, 10, 0)]
    [InlineData(1, 11, 0)]
    [InlineData(1, 10, 1)]
    public void An_idempotency_key_with_other_content_is_refused(int chain, ulong total, byte priority)
    {
        Enqueue(Job(1) with { IdempotencyKey = 7 });
        var other = new NewJob(Id(2), Digest(chain), total, priority, 7);
        Assert.Equal(new JobOutcome(Id(2), ResultCode.IdempotencyKeyReused), Enqueue(other));
    }

    [Fact]
    public void An_idempotency_key_lives_as_long_as_its_job_and_no_longer()
    {
        Enqueue(Job(1) with { IdempotencyKey = 7 });
        Assert.Equal(0, Expire(finishedBeforeMs: 1_000_000));
        Assert.Equal(ResultCode.Duplicate, Enqueue(Job(2, chain: 1) with { IdempotencyKey = 7 }).Code);
        Apply(new Cancel(Id(1)), timeMs: 200);
        Assert.Equal(1, Expire(finishedBeforeMs: 201));
        Assert.Equal(ResultCode.Ok, Enqueue(Job(3) with { IdempotencyKey = 7 }).Code);
    }

    [Fact]
    public void At_the_bound_new_jobs_are_refused_and_all_else_goes_on()
    {
        for (int i = 0; i < 5; i++)
        {
            Enqueue(Job(i));
        }

        Assert.Equal(ResultCode.QueueFull, Enqueue(Job(6)).Code);
        Assert.Equal(ResultCode.Duplicate, Enqueue(Job(0)).Code);
        Assert.Equal(ResultCode.Ok, Complete(0, 50));
        Pull(1);
        Expire(finishedBeforeMs: 1_000);
        Assert.Equal(ResultCode.Ok, Enqueue(Job(6)).Code);
    }

    [Fact]
    public void A_second_different_result_is_counted_and_the_first_one_stays()
    {
        Enqueue(Job(1));
        Assert.Equal(ResultCode.Ok, Complete(1, 50));
        Assert.Equal(ResultCode.Duplicate, Complete(1, 50));
        Assert.Equal(ResultCode.ResultMismatch, Complete(1, 51));
        Assert.Equal(Digest(50), _machine.View.Find(Id(1))!.Value.Chain);
        Assert.Equal(1UL, _machine.View.Counts.ResultMismatches);
        Pull(1);
        Assert.Equal(ResultCode.ResultMismatch, Complete(1, 51));
    }

    [Theory]
    [InlineData(5, false)]
    [InlineData(4, false)]
    [InlineData(6, true)]
    [InlineData(9, true)]
    [InlineData(10, false)]
    [InlineData(11, false)]
    public void A_checkpoint_only_moves_forward_and_never_to_the_end(ulong done, bool moves)
    {
        Enqueue(Job(1));
        Checkpoint(1, 5);
        Assert.Equal(moves ? ResultCode.Ok : ResultCode.StaleCheckpoint, Checkpoint(1, done));
        Assert.Equal(moves ? done : 5, _machine.View.Find(Id(1))!.Value.IterationsDone);
    }

    [Fact]
    public void Results_are_pulled_in_the_order_of_completion_from_either_end()
    {
        foreach (int job in (int[])[3, 1, 4, 2])
        {
            Enqueue(Job(job));
        }

        foreach (int job in (int[])[1, 2, 3, 4])
        {
            Complete(job, job);
        }

        Assert.Equal([Id(1)], Pull(1, top: 1));
        Assert.Equal([Id(4), Id(3)], Pull(2, top: 2, PullOrder.Newest));
        Assert.Equal([Id(2)], Pull(3, top: 100));
    }

    [Fact]
    public void A_repeated_pull_gives_the_same_batch_and_an_empty_one_is_not_remembered()
    {
        Enqueue(Job(1));
        Enqueue(Job(2));
        Assert.Empty(Pull(9));
        Complete(1, 1);
        Assert.Equal([Id(1)], Pull(9));
        Complete(2, 2);
        Assert.Equal([Id(1)], Pull(9, top: 2, PullOrder.Newest));
        Assert.Equal(JobState.Pulled, _machine.View.Find(Id(1))!.Value.State);
        Assert.Equal(JobState.Completed, _machine.View.Find(Id(2))!.Value.State);
    }

    [Fact]
    public void The_largest_pulls_follow_one_another()
    {
        var machine = new JobStateMachine(StateLimits.Default);
        SnapshotTests.Fill(machine, 10_000);
        for (int first = 0; first < 10_000; first += 2_000)
        {
            IEnumerable<FinishedChain> chains =
                Enumerable.Range(first, 2_000).Select(i => new FinishedChain(Id(i), Digest(i), new NodeId(1)));
            machine.Apply(10_000, 6, new Complete([.. chains]));
        }

        int[] sizes = [.. Enumerable.Range(1, 4).Select(key => ((PullResult)machine.Apply(
            10_000, 7, new Pull((UInt128)key, Limits.PullTopMax, PullOrder.Oldest))).Jobs.Count)];
        Assert.Equal([4_096, 4_096, 1_808, 0], sizes);
        machine.Apply(10_000, 8, new Expire(8, 0, 4_096));
        Assert.Equal(10_000 - 4_096, machine.View.Counts.Pulled);
    }

    [Fact]
    public void The_retention_of_a_result_counts_from_its_pull()
    {
        Enqueue(Job(1));
        Complete(1, 1);
        Apply(new Pull(9, 1, PullOrder.Oldest), timeMs: 5_000);
        Assert.Equal(0, Expire(finishedBeforeMs: 5_000));
        Assert.Equal([Id(1)], Pull(9));
        Assert.Equal(2, Expire(finishedBeforeMs: 5_001));
        Assert.Null(_machine.View.Find(Id(1)));
    }

    [Fact]
    public void Results_nobody_pulled_stay_unless_the_command_says_otherwise()
    {
        Enqueue(Job(1));
        Complete(1, 1);
        Assert.Equal(0, Expire(finishedBeforeMs: 1_000_000));
        Assert.Equal(1, Expire(finishedBeforeMs: 0, unpulledBeforeMs: 1_000_000));
    }

    [Fact]
    public void Only_a_pending_job_can_be_cancelled()
    {
        Enqueue(Job(1));
        Enqueue(Job(2) with { IterationsTotal = 1 });
        Assert.Equal(ResultCode.Ok, Apply(new Cancel(Id(1))).Code);
        Assert.Equal(ResultCode.Ok, Apply(new Cancel(Id(1))).Code);
        Assert.Equal(ResultCode.AlreadyFinished, Apply(new Cancel(Id(2))).Code);
        Assert.Equal(ResultCode.UnknownJob, Apply(new Cancel(Id(3))).Code);
        Assert.Equal(ResultCode.AlreadyFinished, Complete(1, 1));
        Assert.Equal(UInt128.Zero, _machine.View.Counts.IterationsRemaining);
    }

    [Fact]
    public void Time_never_goes_back()
    {
        Apply(new Enqueue([Job(1)]), timeMs: 500);
        Apply(new Enqueue([Job(2)]), timeMs: 400);
        Assert.Equal(500UL, _machine.View.Find(Id(2))!.Value.EnqueuedAtMs);
        Assert.Equal(500UL, _machine.View.LastTimeMs);
    }

    [Fact]
    public void The_log_index_never_goes_back()
    {
        _machine.Advance(7);
        Assert.Throws<InvariantException>(() => _machine.Advance(6));
        Assert.Throws<InvariantException>(() => _machine.Apply(6, 1, new Cancel(Id(1))));
        _machine.Apply(7, 1, new Cancel(Id(1)));
        Assert.Equal(7UL, _machine.AppliedIndex);
    }

    [Fact]
    public void An_invalid_command_breaks_an_invariant()
    {
        Assert.Throws<InvariantException>(() => Enqueue(Job(1) with { IterationsTotal = 0 }));
        Assert.Throws<InvariantException>(() => Enqueue(Job(1) with { Priority = 10 }));
        Assert.Throws<InvariantException>(() => Apply(new Enqueue([])));
        Assert.Throws<InvariantException>(() => Apply(new Pull(0, 1, PullOrder.Oldest)));
        Assert.Throws<InvariantException>(() => Apply(new Expire(0, 0, 0)));
    }

    private static JobId Id(int value) => RandomHistory.IdOf(value);

    private static Digest512 Digest(int value) => RandomHistory.DigestOf(value);

    private static NewJob Job(int id, int? chain = null) => new(Id(id), Digest(chain ?? id), 10, 0, 0);

    private CommandResult Apply(Command command, ulong timeMs = 100) => _machine.Apply(++_index, timeMs, command);

    private JobOutcome Enqueue(NewJob job) => ((EnqueueResult)Apply(new Enqueue([job]))).Jobs[0];

    private ResultCode Complete(int job, int result) =>
        ((ChainsResult)Apply(new Complete([new FinishedChain(Id(job), Digest(result), new NodeId(1))]))).Jobs[0].Code;

    private ResultCode Checkpoint(int job, ulong done) =>
        ((ChainsResult)Apply(new Checkpoint([new ChainProgress(Id(job), Digest(job), done)]))).Jobs[0].Code;

    private IEnumerable<JobId> Pull(int key, int top = 10, PullOrder order = PullOrder.Oldest) =>
        ((PullResult)Apply(new Pull((UInt128)key, top, order))).Jobs.Select(j => j.Id);

    private int Expire(ulong finishedBeforeMs, ulong unpulledBeforeMs = 0) =>
        ((ExpireResult)Apply(new Expire(finishedBeforeMs, unpulledBeforeMs, 100))).Removed;

    private List<JobEvent> Events()
    {
        var events = new List<JobEvent>();
        _machine.DrainEvents(events);
        return events;
    }
}
