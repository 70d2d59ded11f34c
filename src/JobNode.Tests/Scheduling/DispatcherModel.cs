using JobNode.Commands;
using JobNode.Queue;
using JobNode.Scheduling;

namespace JobNode.Tests.Scheduling;

/// <summary>
/// Drives a dispatcher with seeded random events against what the workers really have in hand, then lets everything
/// finish and checks that nothing was lost. Messages arrive at once: races are the integration tests' business.
/// </summary>
internal sealed class DispatcherModel(int seed)
{
    private readonly Random _random = new(seed);
    private readonly Dispatcher _dispatcher = new();
    private readonly Dictionary<NodeId, Dictionary<JobId, JobInHand>> _hands = [];
    private readonly Dictionary<JobId, ulong> _unfinished = [];
    private readonly Dictionary<JobId, ulong> _reported = [];
    private ulong _jobs;
    private long _nowMs = 100_000;

    public bool Run(int steps)
    {
        for (int i = 0; i < steps; i++)
        {
            Step();
            Check();
        }

        Connect(new NodeId(99));
        for (int i = 0; i < 100_000 && _unfinished.Count > 0; i++)
        {
            Assign();
            FinishOne();
            Check();
        }

        Assert.True(_unfinished.Count == 0, $"seed {seed}: {_unfinished.Count} jobs were forgotten");
        return true;
    }

    private void Step()
    {
        _nowMs += _random.Next(500);
        switch (_random.Next(10))
        {
            case 0:
                Connect(new NodeId((ulong)_random.Next(1, 5)));
                break;
            case 1 when _hands.Count > 0:
                NodeId lost = AnyWorker();
                _hands.Remove(lost);
                _dispatcher.Disconnect(lost);
                break;
            case 2 or 3:
                AddJobs();
                break;
            case 4 when _unfinished.Count > 0:
                Cancel(_unfinished.Keys.ElementAt(_random.Next(_unfinished.Count)));
                break;
            case 5 or 6:
                Progress();
                break;
            case 7:
                Rebalance();
                break;
            case 8:
                FinishOne();
                break;
            default:
                Assign();
                break;
        }
    }

    /// <summary>No job in two hands; the dispatcher's count is the truth; no lane idle while jobs are ready.</summary>
    private void Check()
    {
        List<JobId> held = [.. _hands.Values.SelectMany(static hand => hand.Keys)];
        Assert.True(held.Count == held.Distinct().Count(), $"seed {seed}: a job is in two hands");
        Assert.True(held.Count == _dispatcher.RunningCount, $"seed {seed}: running is not what is in hands");
        Assert.True(
            held.Count + _dispatcher.ReadyCount == _unfinished.Count,
            $"seed {seed}: a job is neither ready nor in hand");
    }

    private void Connect(NodeId node)
    {
        int threads = _random.Next(1, 4);
        _hands[node] = [];
        var hello = new WorkHello(threads, threads * 4, AnyRates(), "scalar", [], []);
        _dispatcher.Connect(node, hello, _nowMs);
    }

    private void AddJobs()
    {
        for (int i = _random.Next(1, 30); i > 0; i--)
        {
            var id = new JobId(++_jobs);
            ulong total = _random.Next(2) == 0 ? (ulong)_random.Next(2, 1_000) : (ulong)_random.Next(2, int.MaxValue);
            _unfinished.Add(id, total);
            _reported[id] = 1;
            _dispatcher.AddPending(new PendingJob(id, default, 1, total, (byte)_random.Next(10)));
        }
    }

    private void Cancel(JobId id)
    {
        _unfinished.Remove(id);
        _dispatcher.Forget(id);
        foreach ((NodeId holder, JobId dropped) in _dispatcher.News.Drops)
        {
            Assert.True(_hands[holder].Remove(dropped), $"seed {seed}: told the wrong worker to drop");
        }

        _dispatcher.News.Drops.Clear();
    }

    private void Assign()
    {
        List<Assignment> given = [];
        _dispatcher.Assign(given);
        Give(given);
        foreach (NodeWork row in _dispatcher.Describe())
        {
            Assert.True(
                _dispatcher.ReadyCount == 0 || row.JobsHeld >= row.Lanes,
                $"seed {seed}: a lane is idle while jobs wait");
        }
    }

    private void Give(List<Assignment> given)
    {
        foreach (Assignment assignment in given)
        {
            Assert.True(
                assignment.Job.IterationsDone >= _reported[assignment.Job.Id], $"seed {seed}: progress was lost");
            _hands[assignment.Worker].Add(assignment.Job.Id, assignment.Job);
        }
    }

    private void Progress()
    {
        foreach ((NodeId node, Dictionary<JobId, JobInHand> hand) in _hands)
        {
            List<ChainProgress> moved = [];
            foreach (JobInHand job in hand.Values.Where(static job => job.IterationsLeft > 1).ToArray())
            {
                ulong done = job.IterationsDone + (ulong)_random.NextInt64((long)job.IterationsLeft);
                hand[job.Id] = job with { IterationsDone = done };
                _reported[job.Id] = done;
                moved.Add(new ChainProgress(job.Id, default, done));
            }

            _dispatcher.Report(node, new WorkProgress(1, AnyRates(), moved), _nowMs);
        }

        List<ChainProgress> due = [];
        _dispatcher.TakeCheckpoints(100, due);
        Assert.All(due, chain => Assert.Equal(_reported[chain.Id], chain.IterationsDone));
    }

    private void Rebalance()
    {
        List<Assignment> drops = [];
        List<Assignment> given = [];
        _dispatcher.Rebalance(_nowMs, drops, given);
        foreach (Assignment drop in drops)
        {
            Assert.True(_hands[drop.Worker].Remove(drop.Job.Id), $"seed {seed}: took a job from one that has it not");
        }

        Give(given);
        drops.Clear();
        given.Clear();
        Assign();
        _dispatcher.Replace(drops, given);
        foreach (Assignment drop in drops)
        {
            Assert.True(_hands[drop.Worker].Remove(drop.Id), $"seed {seed}: took a job from one that has it not");
        }

        Give(given);
        foreach (Assignment drop in drops.Where(drop => !_hands.Values.Any(hand => hand.ContainsKey(drop.Id))))
        {
            // Its worker came further than it had said.
            _reported[drop.Id] += (_unfinished[drop.Id] - _reported[drop.Id]) / 2;
            _dispatcher.Move(drop.Worker, [new ChainProgress(drop.Id, default, _reported[drop.Id])]);
        }
    }

    private void FinishOne()
    {
        foreach ((NodeId node, Dictionary<JobId, JobInHand> hand) in _hands)
        {
            if (hand.Count > 0)
            {
                JobId id = hand.Keys.ElementAt(_random.Next(hand.Count));
                _dispatcher.Finish(node, id, default, _nowMs);
                Assert.True(_dispatcher.News.Drops.Count == 0, $"seed {seed}: two workers had the job");
                hand.Remove(id);
                _unfinished.Remove(id);
                _dispatcher.Settle(node, id);
            }
        }
    }

    private HashRates AnyRates() => new(_random.Next(1, 1_000_000), 0, _random.Next(1, 1_000_000));

    private NodeId AnyWorker() => _hands.Keys.ElementAt(_random.Next(_hands.Count));
}
