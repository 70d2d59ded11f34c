using FsCheck;
using FsCheck.Fluent;
using JobNode.Commands;
using JobNode.Queue;
using JobNode.Scheduling;

namespace JobNode.Tests.Scheduling;

public class DispatcherTests
{
    private static readonly NodeId A = new(1);
    private static readonly NodeId B = new(2);

    [Fact]
    public void Jobs_go_to_every_hash_thread_of_every_node_before_any_second_lane_fills()
    {
        Dispatcher dispatcher = WithWorkers((A, 2, 16), (B, 2, 16));
        AddLong(dispatcher, 1, 4);
        Assert.Equal([2, 2], CountsAfterAssign(dispatcher));
        AddLong(dispatcher, 5, 28);
        Assert.Equal([16, 16], CountsAfterAssign(dispatcher));
    }

    [Fact]
    public void Hand_is_bounded_for_long_jobs_and_short_ones_still_fit()
    {
        Dispatcher dispatcher = WithWorkers((A, 1, 4));
        AddLong(dispatcher, 1, 100);
        Assert.Equal([SchedulingLimits.LongJobsPerLane * 4], CountsAfterAssign(dispatcher));
        dispatcher.AddPending(Pending(500, 1_000));
        List<Assignment> given = [];
        dispatcher.Assign(given);
        Assert.Equal(new JobId(500), Assert.Single(given).Job.Id);
    }

    [Fact]
    public void Higher_priority_is_handed_out_first()
    {
        Dispatcher dispatcher = WithWorkers();
        dispatcher.AddPending(Pending(1, 1_000, priority: 0));
        dispatcher.AddPending(Pending(2, 1_000, priority: 9));
        dispatcher.Connect(A, Hello(1, 1), 0);
        List<Assignment> given = [];
        dispatcher.Assign(given);
        Assert.Equal(new JobId(2), given[0].Job.Id);
    }

    [Fact]
    public void Of_long_jobs_the_least_served_goes_first_and_now_and_then_the_one_that_waited_longest()
    {
        Dispatcher dispatcher = WithWorkers();
        for (ulong job = 1; job <= 20; job++)
        {
            dispatcher.AddPending(new PendingJob(new JobId(job), default, job <= 10 ? Long / 2 : 1, Long, 0));
        }

        dispatcher.Connect(A, Hello(1, 16), 0);
        List<Assignment> given = [];
        dispatcher.Assign(given);
        IEnumerable<ulong> expected = [11, 12, 13, 14, 15, 16, 17, 1, 18, 19, 20, 2, 3, 4, 5, 6, 7, 8, 9, 10];
        Assert.Equal(expected, given.Select(static assignment => (ulong)assignment.Id.Value));
    }

    [Fact]
    public void Full_hand_makes_room_for_what_was_served_less_and_no_work_is_done_twice()
    {
        Dispatcher dispatcher = WithWorkers((A, 1, 1));
        AddLong(dispatcher, 1, SchedulingLimits.LongJobsPerLane);
        dispatcher.Assign([]);
        AddLong(dispatcher, 10, 1);
        Assert.Empty(Replace(dispatcher, out _));
        dispatcher.Move(A, [new ChainProgress(new JobId(1), Digest(5), 2_000_000)]);
        Assignment drop = Assert.Single(Replace(dispatcher, out List<Assignment> given));
        Assert.Equal((A, new JobId(1)), (drop.Worker, drop.Id));
        Assert.Equal((A, new JobId(10)), (given[0].Worker, given[0].Id));
        dispatcher.Move(B, [new ChainProgress(new JobId(1), Digest(9), 2_900_000)]);
        dispatcher.Move(A, [new ChainProgress(new JobId(1), Digest(6), 2_500_000)]);

        dispatcher.Finish(A, new JobId(10), Digest(1), 0);
        given.Clear();
        dispatcher.Assign(given);
        Assert.Equal(new JobInHand(new JobId(1), Digest(6), 2_500_000, Long, 0), Assert.Single(given).Job);
        Assert.True(given[0].IsTurn);
    }

    [Fact]
    public void Full_hand_makes_room_for_a_higher_priority_and_not_for_its_own()
    {
        Dispatcher dispatcher = WithWorkers((A, 1, 1));
        AddLong(dispatcher, 1, SchedulingLimits.LongJobsPerLane);
        dispatcher.Assign([]);
        dispatcher.Move(A, [new ChainProgress(new JobId(1), Digest(5), 1_000_001)]);
        dispatcher.AddPending(new PendingJob(new JobId(50), default, 1_000_001, Long, 0));
        Assert.Empty(Replace(dispatcher, out _));
        dispatcher.AddPending(new PendingJob(new JobId(51), default, 9_000_000, Long, 1));
        Assert.Equal(new JobId(1), Assert.Single(Replace(dispatcher, out List<Assignment> given)).Id);
        Assert.Equal(new JobId(51), Assert.Single(given).Id);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(999_999, 0)]
    [InlineData(1_000_000, 1)]
    [InlineData(7_999_999, 1)]
    [InlineData(8_000_000, 2)]
    [InlineData(4_096_000_000, 5)]
    [InlineData(ulong.MaxValue, 5)]
    public void Service_levels_span_eight_times_the_one_before(ulong done, int level) =>
        Assert.Equal(level, ServiceLevel.Of(done));

    [Fact]
    public void Backlog_of_long_jobs_does_not_keep_the_leader_from_reading_short_ones_or_another_priority()
    {
        Dispatcher dispatcher = WithWorkers();
        AddLong(dispatcher, 1, SchedulingLimits.ReadyJobsLow);
        Assert.False(dispatcher.WantsMore(0, isShort: false));
        Assert.True(dispatcher.WantsMore(0, isShort: true));
        Assert.True(dispatcher.WantsMore(1, isShort: false));
    }

    [Fact]
    public void Job_of_a_lost_worker_goes_out_again_first_and_from_its_last_progress()
    {
        Dispatcher dispatcher = WithWorkers((A, 1, 1));
        AddLong(dispatcher, 1, 3);
        dispatcher.Assign([]);
        dispatcher.Report(A, new WorkProgress(1, Rates, [new ChainProgress(new JobId(1), Digest(5), 4_321)]), 10);
        Assert.Equal(2, dispatcher.Disconnect(A));
        dispatcher.Connect(B, Hello(1, 1), 20);
        List<Assignment> given = [];
        dispatcher.Assign(given);
        Assert.Equal(new JobInHand(new JobId(1), Digest(5), 4_321, Long, 0), given[0].Job);
    }

    [Fact]
    public void Newer_replicated_checkpoint_beats_the_last_report()
    {
        Dispatcher dispatcher = WithWorkers((A, 1, 1));
        Assert.True(dispatcher.Adopt(
            A,
            new JobInHand(new JobId(1), Digest(1), 10, Long, 0),
            new PendingJob(new JobId(1), Digest(2), 99, Long, 0)));
        Assert.Equal(new ChainProgress(new JobId(1), Digest(2), 99), dispatcher.FindProgress(new JobId(1)));
    }

    [Fact]
    public void A_job_that_only_waits_has_no_progress_and_one_in_a_hand_has_some()
    {
        Dispatcher dispatcher = WithWorkers();
        dispatcher.AddPending(Pending(1, Long));
        Assert.Null(dispatcher.FindProgress(new JobId(1)));
        dispatcher.Connect(A, Hello(1, 1), 0);
        dispatcher.Assign([]);
        Assert.Equal(1UL, dispatcher.FindProgress(new JobId(1))!.Value.IterationsDone);
        dispatcher.Report(A, new WorkProgress(1, Rates, [new ChainProgress(new JobId(1), Digest(5), 4_321)]), 10);
        dispatcher.Disconnect(A);
        Assert.Equal(4_321UL, dispatcher.FindProgress(new JobId(1))!.Value.IterationsDone);
    }

    [Fact]
    public void New_leader_adopts_what_a_worker_has_and_does_not_hand_it_out_when_it_is_read()
    {
        Dispatcher dispatcher = WithWorkers((A, 1, 1), (B, 1, 1));
        var inHand = new JobInHand(new JobId(1), Digest(3), 500, Long, 0);
        Assert.True(dispatcher.Adopt(A, inHand, Pending(1, Long)));
        Assert.False(dispatcher.Adopt(B, inHand, Pending(1, Long)));
        dispatcher.AddPending(Pending(1, Long));
        List<Assignment> given = [];
        dispatcher.Assign(given);
        Assert.Empty(given);
        Assert.Equal(1, dispatcher.RunningCount);
    }

    [Fact]
    public void Result_of_a_job_not_read_yet_keeps_it_from_being_handed_out()
    {
        Dispatcher dispatcher = WithWorkers((A, 1, 1));
        dispatcher.Finish(A, new JobId(1), Digest(1), 0);
        Assert.Empty(dispatcher.News.Drops);
        dispatcher.AddPending(Pending(1, Long));
        Assert.Equal(0, dispatcher.ReadyCount);
        dispatcher.Settle(A, new JobId(1));
        Assert.Null(dispatcher.FindProgress(new JobId(1)));
    }

    [Fact]
    public void Cancelled_job_is_dropped_by_its_worker()
    {
        Dispatcher dispatcher = WithWorkers((A, 1, 1));
        AddLong(dispatcher, 1, 1);
        dispatcher.Assign([]);
        dispatcher.Forget(new JobId(1));
        dispatcher.Forget(new JobId(1));
        Assert.Equal([(A, new JobId(1))], dispatcher.News.Drops);
        Assert.Equal(0, dispatcher.RunningCount);
    }

    [Fact]
    public void Checkpoint_is_due_after_its_budget_of_work_and_once()
    {
        Dispatcher dispatcher = WithWorkers((A, 1, 1));
        AddLong(dispatcher, 1, 1);
        dispatcher.Assign([]);
        Assert.Empty(CheckpointsAfter(dispatcher, done: 9_000));
        Assert.Equal(10_001UL, Assert.Single(CheckpointsAfter(dispatcher, done: 10_001)).IterationsDone);
        Assert.Empty(CheckpointsAfter(dispatcher, done: 15_000));
    }

    [Fact]
    public void Silent_worker_is_found()
    {
        Dispatcher dispatcher = WithWorkers((A, 1, 1), (B, 1, 1));
        dispatcher.Report(B, new WorkProgress(0, Rates, []), 5_000);
        List<NodeId> silent = [];
        dispatcher.CollectSilent(2_000, silent);
        Assert.Equal([A], silent);
    }

    [Fact]
    public void Waiting_long_jobs_move_to_a_node_that_joins()
    {
        Dispatcher dispatcher = WithWorkers((A, 1, 2));
        AddLong(dispatcher, 1, 4);
        dispatcher.Assign([]);
        dispatcher.Connect(B, Hello(1, 2), 0);
        List<Assignment> drops = [];
        List<Assignment> given = [];
        dispatcher.Rebalance(10_000, drops, given);
        Assert.Equal(2, given.Count);
        Assert.All(drops, static drop => Assert.Equal(A, drop.Worker));
        Assert.Equal([2, 2], dispatcher.Describe().Select(static row => row.JobsHeld));
    }

    [Fact]
    public void Whatever_happens_no_job_is_in_two_hands_and_none_is_forgotten() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(300),
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), static seed => new DispatcherModel(seed).Run(200)));

    [Fact]
    public void Longest_chain_counts_at_the_rate_of_its_worker_and_ready_ones_at_the_best()
    {
        var dispatcher = new Dispatcher();
        AddLong(dispatcher, 1, 1);
        Assert.Equal(0, dispatcher.LongestChainSeconds);
        dispatcher.Connect(A, Hello(1, 1), 0);
        Assert.Equal((Long - 1) / 1_000.0, dispatcher.LongestChainSeconds);
        dispatcher.Assign([]);
        dispatcher.Report(A, new WorkProgress(1, Rates, [new ChainProgress(new JobId(1), Digest(5), 4_000_000)]), 10);
        Assert.Equal((Long - 4_000_000) / 1_000.0, dispatcher.LongestChainSeconds);
        dispatcher.Report(A, new WorkProgress(1, new HashRates(16_000, 0, 2_000), []), 20);
        Assert.Equal((Long - 4_000_000) / 2_000.0, dispatcher.LongestChainSeconds);
        dispatcher.Forget(new JobId(1));
        Assert.Equal(0, dispatcher.LongestChainSeconds);
    }

    [Fact]
    public void Hand_is_filled_by_the_capacity_and_not_by_the_throughput()
    {
        var dispatcher = new Dispatcher();
        dispatcher.Connect(A, new WorkHello(1, 1, new HashRates(5_000_000, 4, 1_000), "scalar", [], []), 0);
        for (ulong job = 1; job <= 2_000; job++)
        {
            dispatcher.AddPending(Pending(job, 1_001));
        }

        List<Assignment> given = [];
        dispatcher.Assign(given);
        Assert.Equal(5_000_000 * SchedulingLimits.HandSeconds / 1_000, given.Count);
    }

    private const ulong Long = 10_000_000;

    private static readonly HashRates Rates = new(1_000, 1, 1_000);

    private static Dispatcher WithWorkers(params (NodeId Node, int Threads, int Lanes)[] workers)
    {
        var dispatcher = new Dispatcher();
        foreach ((NodeId node, int threads, int lanes) in workers)
        {
            dispatcher.Connect(node, Hello(threads, lanes), 0);
        }

        return dispatcher;
    }

    private static WorkHello Hello(int threads, int lanes) => new(threads, lanes, Rates, "scalar", [], []);

    private static PendingJob Pending(ulong number, ulong total, byte priority = 0) =>
        new(new JobId(number), Digest((byte)number), 1, total, priority);

    private static void AddLong(Dispatcher dispatcher, ulong first, int count)
    {
        for (int i = 0; i < count; i++)
        {
            dispatcher.AddPending(Pending(first + (ulong)i, Long));
        }
    }

    private static List<Assignment> Replace(Dispatcher dispatcher, out List<Assignment> given)
    {
        List<Assignment> drops = [];
        given = [];
        dispatcher.Replace(drops, given);
        return drops;
    }

    private static IEnumerable<int> CountsAfterAssign(Dispatcher dispatcher)
    {
        dispatcher.Assign([]);
        return dispatcher.Describe().Select(static row => row.JobsHeld);
    }

    private static List<ChainProgress> CheckpointsAfter(Dispatcher dispatcher, ulong done)
    {
        dispatcher.Report(A, new WorkProgress(1, Rates, [new ChainProgress(new JobId(1), Digest(5), done)]), 10);
        List<ChainProgress> due = [];
        dispatcher.TakeCheckpoints(10, due);
        return due;
    }

    private static Digest512 Digest(byte value) => Digest512.From(Enumerable.Repeat(value, 64).ToArray());
}
