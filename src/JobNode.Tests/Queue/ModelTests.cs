using JobNode.Commands;
using JobNode.Queue;

namespace JobNode.Tests.Queue;

public class ModelTests
{
    private const int Histories = 1_200;
    private const int Commands = 120;

    [Fact]
    public void The_machine_answers_as_the_plain_model_on_random_histories()
    {
        for (int seed = 0; seed < Histories; seed++)
        {
            RunHistory(seed);
        }
    }

    [Fact]
    public void Random_histories_reach_every_outcome()
    {
        var seen = new HashSet<string>();
        for (int seed = 0; seed < 50; seed++)
        {
            var history = new RandomHistory(seed);
            var model = new ModelQueue(30);
            for (int i = 0; i < Commands; i++)
            {
                seen.UnionWith(Outcomes(model.Apply(history.NextTime(), history.NextCommand())));
            }
        }

        Assert.Superset(
            new HashSet<string>(StringComparer.Ordinal)
            {
                "enqueue Ok", "enqueue Duplicate", "enqueue IdempotencyKeyReused", "enqueue QueueFull",
                "chain Ok", "chain Duplicate", "chain ResultMismatch", "chain UnknownJob", "chain AlreadyFinished",
                "chain StaleCheckpoint", "plain Ok", "plain Duplicate", "plain UnknownJob", "plain AlreadyFinished",
                "pull True", "pull False", "expire True", "expire False",
            },
            seen);
    }

    private static IEnumerable<string> Outcomes(CommandResult result) => result switch
    {
        EnqueueResult enqueue => enqueue.Jobs.Select(j => $"enqueue {j.Code}"),
        ChainsResult chains => chains.Jobs.Select(j => $"chain {j.Code}"),
        PullResult pull => [$"pull {pull.Jobs.Count > 0}"],
        ExpireResult expire => [$"expire {expire.Removed > 0}"],
        _ => [$"plain {result.Code}"],
    };

    private static void RunHistory(int seed)
    {
        int jobsHeldMax = seed % 3 == 0 ? 10 : 1_000;
        var history = new RandomHistory(seed);
        var model = new ModelQueue(jobsHeldMax);
        var machine = new JobStateMachine(new StateLimits(jobsHeldMax));
        var working = new HashSet<JobId>();
        var cursor = new PendingCursor();
        for (int i = 0; i < Commands; i++)
        {
            ulong timeMs = history.NextTime();
            Command command = history.NextCommand();
            int expirable = command is Expire expire
                ? machine.View.CountExpirable(expire.FinishedBeforeMs, expire.UnpulledBeforeMs, expire.Max)
                : 0;
            CommandResult result = machine.Apply((ulong)i + 1, timeMs, command);
            Expect(
                RandomHistory.Show(model.Apply(timeMs, command)) == RandomHistory.Show(result), seed, i, command);
            Expect(command is not Expire || expirable == ((ExpireResult)result).Removed, seed, i, command);
            Expect(machine.Digest == machine.RecomputeDigest(), seed, i, command);
            Expect(model.Counts() == machine.View.Counts, seed, i, command);
            Expect(model.Quarantined.SequenceEqual(machine.View.Quarantined), seed, i, command);
            FollowEvents(machine, cursor, working);
            if (i % 5 == 0 || i == Commands - 1)
            {
                Expect(HasSameJobs(model, machine.View), seed, i, command);
                Expect(HasSameOrders(model, machine.View, working), seed, i, command);
            }
        }
    }

    private static void Expect(bool holds, int seed, int step, Command command)
    {
        if (!holds)
        {
            Assert.Fail($"seed {seed}, command {step}: {command}");
        }
    }

    /// <summary>What a scheduler that only hears the events believes to be unfinished.</summary>
    private static void FollowEvents(JobStateMachine machine, PendingCursor cursor, HashSet<JobId> working)
    {
        var events = new List<JobEvent>();
        machine.DrainEvents(events);
        foreach (JobEvent change in events)
        {
            if (change.Kind == JobEventKind.WorkAdded)
            {
                var added = new List<PendingJob>();
                machine.View.ReadPending(cursor, int.MaxValue, added);
                Assert.All(added, job => working.Add(job.Id));
            }
            else if (change.Kind == JobEventKind.Recalled)
            {
                working.Add(change.Id);
            }
            else
            {
                working.Remove(change.Id);
            }
        }
    }

    private static bool HasSameJobs(ModelQueue model, QueueView view) =>
        model.Ids.All(id => model.Find(id) == view.Find(id));

    private static bool HasSameOrders(ModelQueue model, QueueView view, HashSet<JobId> working)
    {
        var pending = new List<PendingJob>();
        view.ReadPending(new PendingCursor(), int.MaxValue, pending);
        return model.PendingInOrder().SequenceEqual(pending.Select(p => p.Id))
            && working.SetEquals(pending.Select(p => p.Id))
            && model.AllInOrder().SequenceEqual(view.Page(null, 10_000, null).Jobs.Select(j => j.Id));
    }
}
