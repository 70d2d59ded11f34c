using JobNode.Commands;
using JobNode.Queue;
using JobNode.Scheduling;

namespace JobNode.Tests.Scheduling;

public class VerifyTests
{
    private const int Jobs = 60;
    private const int Turns = 5_000;

    private static readonly NodeId A = new(1);
    private static readonly NodeId B = new(2);
    private static readonly NodeId C = new(3);

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void With_everything_checked_no_wrong_result_is_given_out_and_the_faulty_one_of_three_is_found(int every)
    {
        for (int seed = 0; seed < 60; seed++)
        {
            VerifyModel model = ModelOf(seed, 1, 1, 2, 3);
            model.FaultyEvery.Add(B, every);
            model.AddJobs(Jobs);
            Assert.True(model.Run(Turns), $"seed {seed}: {model.Unfinished} jobs were forgotten");
            Assert.True(model.WrongGivenOut == 0, $"seed {seed}: {model.WrongGivenOut} wrong results");
            Assert.True(model.Quarantined.SetEquals([B]), $"seed {seed}: {string.Join(", ", model.Quarantined)}");
            Assert.Equal(0, model.Dispatcher.ChecksOpen);
        }
    }

    [Fact]
    public void With_a_small_share_a_node_that_is_always_wrong_is_found_and_its_work_computed_again()
    {
        int recalled = 0;
        for (int seed = 0; seed < 60; seed++)
        {
            VerifyModel model = ModelOf(seed, 0.01, 1, 2, 3);
            model.AddJobs(Jobs);
            for (int turn = 0; turn < 3; turn++)
            {
                model.Turn();
            }

            model.FaultyEvery.Add(A, 1);
            model.AddJobs(200);
            model.Run(Turns);
            model.Connect(1);
            model.AddJobs(20);
            Assert.True(model.Run(Turns), $"seed {seed}: {model.Unfinished} jobs were forgotten");
            Assert.True(model.Quarantined.SetEquals([A]), $"seed {seed}: {string.Join(", ", model.Quarantined)}");
            Assert.True(model.AreAllRight, $"seed {seed}: a wrong result stayed");
            recalled += model.Recalled;
        }

        Assert.True(recalled > 0, "nothing was ever recalled");
    }

    [Fact]
    public void Nothing_is_lost_or_doubled_and_no_good_node_blamed_while_workers_come_and_go()
    {
        for (int seed = 0; seed < 60; seed++)
        {
            var random = new Random(seed);
            VerifyModel model = ModelOf(seed, random.Next(3) == 0 ? 1 : 0.2, 1, 2, 3, 4);
            model.FaultyEvery.Add(C, random.Next(1, 10));
            for (int turn = 0; turn < 300; turn++)
            {
                ulong node = (ulong)random.Next(1, 5);
                switch (random.Next(8))
                {
                    case 0:
                        model.Lose(node);
                        break;
                    case 1 or 2:
                        model.Connect(node);
                        break;
                    case 3:
                        model.AddJobs(5);
                        break;
                }

                model.Turn();
            }

            foreach (ulong node in (ulong[])[1, 2, 3, 4])
            {
                model.Connect(node);
            }

            Assert.True(model.Run(Turns), $"seed {seed}: {model.Unfinished} jobs were forgotten");
            Assert.True(model.Quarantined.IsSubsetOf([C]), $"seed {seed}: {string.Join(", ", model.Quarantined)}");
        }
    }

    [Fact]
    public void Of_two_nodes_that_contradict_each_other_neither_is_believed_until_a_third_one_comes()
    {
        VerifyModel model = ModelOf(7, 1, 1, 2);
        model.FaultyEvery.Add(B, 1);
        model.AddJobs(10);
        Assert.False(model.Run(200));
        Assert.Equal(0, model.WrongGivenOut);
        Assert.Empty(model.Quarantined);
        Assert.Equal([A, B], model.Dispatcher.Suspects.Order());
        model.Connect(3);
        Assert.True(model.Run(Turns));
        Assert.Equal([B], model.Quarantined);
        Assert.True(model.AreAllRight);
        Assert.Empty(model.Dispatcher.Suspects);
    }

    [Fact]
    public void Of_two_nodes_the_one_that_contradicts_itself_is_found()
    {
        Dispatcher dispatcher = TwoWithResult(good: Digest(1), out Assignment check);
        Assert.Equal(B, check.Worker);
        dispatcher.Finish(B, check.Job.Id, Digest(2), 0);
        Assert.Equal([A, B], dispatcher.Suspects);
        Assignment again = AssignOne(dispatcher);
        Assert.True(again.IsCheck);
        Digest512 answer = again.Worker == B ? Digest(1) : Digest(2);
        dispatcher.Finish(again.Worker, again.Job.Id, answer, 0);
        Quarantine quarantine = Assert.Single(dispatcher.News.Quarantines);
        Assert.Equal(again.Worker, quarantine.Node);
        Assert.Contains("two different results", quarantine.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_result_waits_for_its_check_by_another_node_and_goes_to_the_next_when_that_one_is_lost()
    {
        Dispatcher dispatcher = TwoWithResult(good: Digest(1), out Assignment check);
        Assert.True(check.IsCheck);
        Assert.Equal(B, check.Worker);
        Assert.Equal((1UL, 1_000UL), (check.Job.IterationsDone, check.Job.IterationsTotal));
        Assert.Equal(1_000UL, dispatcher.FindProgress(new JobId(1))!.Value.IterationsDone);
        Assert.Empty(dispatcher.News.Results);
        dispatcher.Connect(C, Hello, 0);
        dispatcher.Disconnect(B);
        Assignment next = AssignOne(dispatcher);
        Assert.Equal(C, next.Worker);
        dispatcher.Finish(C, next.Job.Id, Digest(1), 0);
        Assert.Equal(new FinishedChain(new JobId(1), Digest(1), A), Assert.Single(dispatcher.News.Results));
        Assert.Equal(1UL, dispatcher.Checked);
    }

    [Fact]
    public void With_nobody_to_check_it_a_result_goes_out_and_is_counted()
    {
        Dispatcher dispatcher = TwoWithResult(good: Digest(1), out _);
        dispatcher.Disconnect(B);
        dispatcher.Assign([]);
        Assert.Single(dispatcher.News.Results);
        Assert.Equal(1UL, dispatcher.Unverified);
        Assert.Equal(0, dispatcher.ChecksOpen);
    }

    [Fact]
    public void A_late_result_of_work_that_began_again_is_not_believed()
    {
        var dispatcher = new Dispatcher(new VerifyOptions(1, 1));
        dispatcher.Connect(A, Hello, 0);
        dispatcher.Connect(B, Hello, 0);
        dispatcher.Connect(C, Hello, 0);
        dispatcher.AddPending(Job(1, 50_000_000));
        Assert.Equal(A, AssignOne(dispatcher).Worker);
        dispatcher.Move(A, [new ChainProgress(new JobId(1), Digest(66), 20_000_000)]);
        dispatcher.Disconnect(A);
        List<Assignment> given = [];
        dispatcher.Assign(given);
        Assignment second = given.Single(assignment => !assignment.IsCheck);
        Assignment check = given.Single(assignment => assignment.IsCheck);
        dispatcher.Finish(check.Worker, check.Job.Id, Digest(2), 0);
        Assignment third = AssignOne(dispatcher);
        dispatcher.Finish(third.Worker, third.Job.Id, Digest(2), 0);
        Assert.Equal(A, Assert.Single(dispatcher.News.Quarantines).Node);
        Assert.Equal(new ChainProgress(new JobId(1), Digest(1), 1), Assert.Single(dispatcher.News.Recalls));
        Assert.Contains((second.Worker, new JobId(1)), dispatcher.News.Drops);

        dispatcher.Finish(second.Worker, new JobId(1), Digest(67), 0);
        Assert.Empty(dispatcher.News.Results);
        Assignment afresh = AssignOne(dispatcher);
        Assert.Equal((new JobId(1), 1UL), (afresh.Id, afresh.Job.IterationsDone));
        Assert.NotEqual(new JobId(1), afresh.Job.Id);
    }

    [Fact]
    public void A_quarantined_node_keeps_nothing_and_gets_nothing_until_it_is_released()
    {
        var dispatcher = new Dispatcher(new VerifyOptions(0.1, 1));
        dispatcher.SetQuarantined([new QuarantinedNode(A, 1, "why")]);
        dispatcher.Connect(A, Hello, 0);
        Assert.False(dispatcher.Adopt(A, new JobInHand(new JobId(1), Digest(9), 5, 1_000, 0), Job(1, 1_000)));
        List<Assignment> given = [];
        dispatcher.Assign(given);
        Assert.Empty(given);
        dispatcher.Finish(A, new JobId(1), Digest(9), 0);
        Assert.Empty(dispatcher.News.Results);
        dispatcher.SetQuarantined([]);
        Assert.Equal(new JobId(1), AssignOne(dispatcher).Job.Id);
    }

    private static WorkHello Hello { get; } =
        new(1, 1, new HashRates(1_000_000, 0, 1_000_000), "scalar", [], []);

    private static VerifyModel ModelOf(int seed, double share, params ulong[] nodes)
    {
        var model = new VerifyModel(seed, share);
        foreach (ulong node in nodes)
        {
            model.Connect(node);
        }

        return model;
    }

    private static Dispatcher TwoWithResult(Digest512 good, out Assignment check)
    {
        var dispatcher = new Dispatcher(new VerifyOptions(1, 1));
        dispatcher.Connect(A, Hello, 0);
        dispatcher.Connect(B, Hello, 0);
        dispatcher.AddPending(Job(1, 1_000));
        Assert.Equal(A, AssignOne(dispatcher).Worker);
        dispatcher.Finish(A, new JobId(1), good, 0);
        check = AssignOne(dispatcher);
        return dispatcher;
    }

    private static Assignment AssignOne(Dispatcher dispatcher)
    {
        List<Assignment> given = [];
        dispatcher.Assign(given);
        return Assert.Single(given);
    }

    private static PendingJob Job(ulong number, ulong total) => new(new JobId(number), Digest(1), 1, total, 0);

    private static Digest512 Digest(byte value) => Digest512.From(Enumerable.Repeat(value, 64).ToArray());
}
