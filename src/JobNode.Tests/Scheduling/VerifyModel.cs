using JobNode.Commands;
using JobNode.Queue;
using JobNode.Scheduling;

namespace JobNode.Tests.Scheduling;

/// <summary>
/// A dispatcher that verifies, with workers some of which compute wrongly, and a plain replicated state: seeded. A
/// chain is a number that grows by the same step with each iteration, so that any piece of it can be checked by sight.
/// </summary>
internal sealed class VerifyModel(int seed, double share)
{
    private const ulong Step = 0x9e3779b97f4a7c15;
    private readonly Random _random = new(seed);
    private readonly Dispatcher _dispatcher = new(new VerifyOptions(share, (ulong)seed));
    private readonly Dictionary<NodeId, Dictionary<JobId, JobInHand>> _hands = [];
    private readonly Dictionary<JobId, PendingJob> _pending = [];
    private readonly Dictionary<JobId, FinishedChain> _completed = [];
    private readonly Dictionary<JobId, PendingJob> _origins = [];
    private ulong _jobs;
    private long _nowMs = 100_000;

    /// <summary>One in how many pieces of work a node gets wrong.</summary>
    public Dictionary<NodeId, int> FaultyEvery { get; } = [];

    public HashSet<NodeId> Quarantined { get; } = [];

    /// <summary>Results that were ever put into the state and are wrong.</summary>
    public int WrongGivenOut { get; private set; }

    public int Recalled { get; private set; }

    public Dispatcher Dispatcher => _dispatcher;

    public int Unfinished => _pending.Count;

    public bool AreAllRight => _completed.Values.All(chain => chain.Result == Right(chain.Id));

    public void Connect(ulong node)
    {
        var id = new NodeId(node);
        _hands[id] = [];
        _dispatcher.Connect(id, new WorkHello(1, 2, new HashRates(1_000_000, 0, 500_000), "scalar", [], []), _nowMs);
    }

    public void Lose(ulong node)
    {
        _hands.Remove(new NodeId(node));
        _dispatcher.Disconnect(new NodeId(node));
    }

    public void AddJobs(int count)
    {
        for (; count > 0; count--)
        {
            var id = new JobId(++_jobs);
            var job = new PendingJob(id, At(id, 1), 1, (ulong)_random.Next(2, 30_000_000), (byte)_random.Next(10));
            _pending.Add(id, job);
            _dispatcher.AddPending(job);
        }
    }

    /// <summary>Random turns until all is done; false when it is not after so many.</summary>
    public bool Run(int turns)
    {
        for (; turns > 0 && Unfinished > 0; turns--)
        {
            Turn();
        }

        return Unfinished == 0;
    }

    public void Turn()
    {
        _nowMs += 100;
        List<Assignment> given = [];
        _dispatcher.Assign(given);
        foreach (Assignment assignment in given)
        {
            Give(assignment);
        }

        foreach (NodeId node in _hands.Keys.ToArray())
        {
            Work(node);
        }

        List<ChainProgress> due = [];
        _dispatcher.TakeCheckpoints(100, due);
        foreach (ChainProgress chain in due)
        {
            if (_pending.TryGetValue(chain.Id, out PendingJob job) && chain.IterationsDone > job.IterationsDone)
            {
                _pending[chain.Id] = job with { Chain = chain.Chain, IterationsDone = chain.IterationsDone };
            }
        }

        List<Assignment> drops = [];
        List<Assignment> moved = [];
        _dispatcher.Rebalance(_nowMs, drops, moved);
        drops.ForEach(drop => _hands[drop.Worker].Remove(drop.Job.Id));
        moved.ForEach(Give);
        CarryOut();
    }

    private void Give(Assignment assignment)
    {
        Assert.DoesNotContain(assignment.Worker, Quarantined);
        _hands[assignment.Worker].Add(assignment.Job.Id, assignment.Job);
    }

    private void Work(NodeId node)
    {
        foreach (JobInHand job in _hands[node].Values.ToArray())
        {
            if (!_hands.TryGetValue(node, out Dictionary<JobId, JobInHand>? hand) || !hand.ContainsKey(job.Id))
            {
                continue;
            }

            ulong steps = Math.Min(job.IterationsLeft, (ulong)_random.NextInt64(1, 8_000_000));
            Digest512 chain = Advance(job.Chain, steps);
            if (FaultyEvery.TryGetValue(node, out int every) && _random.Next(every) == 0)
            {
                // By the place: the same work gives the same wrong chain, and two pieces never a right one.
                BitConverter.TryWriteBytes(chain.Bytes[8..], job.IterationsDone + steps);
            }

            ulong done = job.IterationsDone + steps;
            if (done == job.IterationsTotal)
            {
                hand.Remove(job.Id);
                _dispatcher.Finish(node, job.Id, chain, _nowMs);
            }
            else
            {
                hand[job.Id] = job with { Chain = chain, IterationsDone = done };
                _dispatcher.Move(node, [new ChainProgress(job.Id, chain, done)]);
            }

            CarryOut();
        }
    }

    private void CarryOut()
    {
        DispatchNews news = _dispatcher.News;
        foreach ((NodeId worker, JobId id) in news.Drops)
        {
            if (_hands.TryGetValue(worker, out Dictionary<JobId, JobInHand>? hand))
            {
                Assert.True(hand.Remove(id), $"seed {seed}: {worker} is to drop what it does not have");
            }
        }

        news.Drops.Clear();
        foreach (ChainProgress place in news.Recalls)
        {
            Recall(place);
        }

        news.Recalls.Clear();
        Quarantined.UnionWith(news.Quarantines.Select(static quarantine => quarantine.Node));
        news.Quarantines.Clear();
        FinishedChain[] results = [.. news.Results];
        news.Results.Clear();
        foreach (FinishedChain result in results)
        {
            WrongGivenOut += result.Result == Right(result.Id) ? 0 : 1;
            Assert.True(_pending.Remove(result.Id, out PendingJob job), $"seed {seed}: a job was finished twice");
            _completed.Add(result.Id, result);
            _origins[result.Id] = job;
            _dispatcher.Settle(result.Worker, result.Id);
        }

        news.Settled.Clear();
        news.Differences.Clear();
    }

    private void Recall(ChainProgress place)
    {
        if (_completed.Remove(place.Id))
        {
            Recalled++;
            PendingJob job = _origins[place.Id] with { Chain = place.Chain, IterationsDone = place.IterationsDone };
            _pending.Add(place.Id, job);
            _dispatcher.AddPending(job);
        }
        else if (_pending.TryGetValue(place.Id, out PendingJob job) && job.IterationsDone > place.IterationsDone)
        {
            Recalled++;
            _pending[place.Id] = job with { Chain = place.Chain, IterationsDone = place.IterationsDone };
        }
    }

    private Digest512 Right(JobId id) =>
        At(id, _origins.TryGetValue(id, out PendingJob job) ? job.IterationsTotal : _pending[id].IterationsTotal);

    private static Digest512 At(JobId id, ulong done)
    {
        Digest512 start = default;
        BitConverter.TryWriteBytes(start.Bytes, (ulong)id.Value);
        return Advance(start, done);
    }

    private static Digest512 Advance(Digest512 chain, ulong steps)
    {
        BitConverter.TryWriteBytes(chain.Bytes, unchecked(BitConverter.ToUInt64(chain.Bytes) + (steps * Step)));
        return chain;
    }
}
