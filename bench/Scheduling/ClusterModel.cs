using System.Diagnostics;
using JobNode.Commands;
using JobNode.Queue;
using JobNode.Scheduling;

namespace JobNode.Bench.Scheduling;

/// <summary>
/// A leader and its workers in virtual time: the product's dispatcher, hands and lane schedulers; modelled are the
/// kernel's speed, messages of half a millisecond each way, and a log that commits at once.
/// </summary>
internal sealed class ClusterModel(Workload workload, double reportSeconds = 1) : IDisposable
{
    private const double MessageSeconds = 0.000_5;
    private const double TurnSeconds = 0.001;
    private const double TickSeconds = SchedulingLimits.TickMs / 1e3;

    private readonly List<ModelJob> _jobs = workload.Draw();
    private readonly ModelWorker[] _workers = [.. Enumerable.Range(0, workload.Nodes).Select(_ => new ModelWorker())];
    private readonly double[] _visitAt = new double[workload.Nodes];
    private readonly PriorityQueue<Event, (double At, long Number)> _events = new();
    private readonly Queue<int>[] _unread = [.. Enumerable.Range(0, 20).Select(static _ => new Queue<int>())];
    private readonly Dispatcher _dispatcher = new();
    private readonly List<Assignment> _given = [];
    private readonly List<Assignment> _drops = [];
    private long _eventNumber;
    private long _dispatcherTicks;
    private int _arrived;
    private bool _isTurnDue;
    private double _turnAt;

    private enum Kind
    {
        Visit,
        Report,
        Message,
        Results,
        Progress,
        Turn,
        Tick,
    }

    /// <summary>The jobs, with their ends once it ran.</summary>
    public IReadOnlyList<ModelJob> Jobs => _jobs;

    /// <summary>Jobs handed out, each as often as it was.</summary>
    public long Assignments { get; private set; }

    /// <summary>Long jobs that had to make room.</summary>
    public long Replaced { get; private set; }

    /// <summary>Long jobs that went to a worker with more to spare.</summary>
    public long Moved { get; private set; }

    /// <summary>
    /// Leader's time in the dispatcher, in microseconds of this machine, over <see cref="Assignments"/>.
    /// </summary>
    public double MicrosecondsPerAssignment =>
        _dispatcherTicks * 1e6 / Stopwatch.Frequency / Math.Max(1, Assignments);

    /// <summary>Share of the lanes with a chain, over the times when jobs were ready and in no hand.</summary>
    public double LanesBusyShare => LaneSamples == 0 ? 1 : LanesBusy / LaneSamples;

    /// <summary>Longest time that a job was in no hand, in seconds.</summary>
    public double LongestWaitSeconds { get; private set; }

    /// <summary>Iterations computed over iterations needed.</summary>
    public double WorkRatio { get; private set; }

    private double LanesBusy { get; set; }

    private double LaneSamples { get; set; }

    /// <summary>Runs until every job has its result.</summary>
    public void Run()
    {
        for (int worker = 0; worker < _workers.Length; worker++)
        {
            double full = ModelKernel.Lanes * ModelKernel.ChainRate;
            var rates = new HashRates(full, 0, ModelKernel.ChainRate);
            _dispatcher.Connect(NodeOf(worker), new WorkHello(1, ModelKernel.Lanes, rates, "modelled", [], []), 0);
            _visitAt[worker] = double.PositiveInfinity;
            Post(reportSeconds * worker / _workers.Length, new Event(Kind.Report, worker));
        }

        Post(TickSeconds, new Event(Kind.Tick, 0));
        int ended = 0;
        while (ended < _jobs.Count)
        {
            _events.TryPeek(out _, out (double At, long Number) next);
            if (_arrived < _jobs.Count && _jobs[_arrived].ArrivesAt <= next.At)
            {
                Arrive(_jobs[_arrived].ArrivesAt);
            }
            else
            {
                _events.TryDequeue(out Event due, out next);
                ended += Handle(next.At, due);
            }
        }

        ulong computed = 0;
        foreach (ModelWorker worker in _workers)
        {
            computed += worker.Hand.Measure().Iterations;
        }

        WorkRatio = computed / _jobs.Sum(static job => (double)(job.Iterations - 1));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (ModelWorker worker in _workers)
        {
            worker.Dispose();
        }
    }

    private static NodeId NodeOf(int worker) => new((ulong)worker + 1);

    private static int WorkerOf(NodeId node) => (int)node.Value - 1;

    private void Post(double at, Event what) => _events.Enqueue(what, (at, _eventNumber++));

    private void Arrive(double now)
    {
        ModelJob job = _jobs[_arrived];
        bool isShort = job.Iterations <= SchedulingLimits.ShortJobIterationsMax;
        _unread[(job.Priority * 2) + (isShort ? 0 : 1)].Enqueue(_arrived++);
        DueTurn(now);
    }

    private void DueTurn(double now)
    {
        if (!_isTurnDue)
        {
            _isTurnDue = true;
            Post(Math.Max(now, _turnAt + TurnSeconds), new Event(Kind.Turn, 0));
        }
    }

    /// <summary>Something happens.</summary>
    /// <returns>Jobs that ended.</returns>
    private int Handle(double now, Event due)
    {
        switch (due.Kind)
        {
            case Kind.Visit:
                // One that was set before another turn came in between is void.
                if (_visitAt[due.Worker] == now)
                {
                    Visit(now, due.Worker, isSnapshot: false);
                }

                return 0;
            case Kind.Report:
                Report(now, due.Worker);
                return 0;
            case Kind.Message:
                _workers[due.Worker].Hand.Drop(due.Drops!);
                _workers[due.Worker].Hand.Add(due.Jobs!);
                Visit(now, due.Worker, isSnapshot: false);
                return 0;
            case Kind.Results:
                return Finish(now, due);
            case Kind.Progress:
                var rates = new HashRates(ModelKernel.Lanes * ModelKernel.ChainRate, 0, ModelKernel.ChainRate);
                Measured(() => _dispatcher.Report(
                    NodeOf(due.Worker), new WorkProgress(0, rates, due.Progress!), (long)(now * 1e3)));
                return 0;
            case Kind.Tick:
                Tick(now);
                return 0;
            default:
                LeadTurn(now);
                return 0;
        }
    }

    private void Visit(double now, int number, bool isSnapshot)
    {
        ModelWorker worker = _workers[number];
        worker.Turn(now, isSnapshot);
        List<JobResult> results = [];
        worker.Hand.TakeFinished(int.MaxValue, results);
        List<ChainProgress> aside = [];
        worker.Hand.TakePutAside(int.MaxValue, aside);
        if (results.Count > 0)
        {
            Post(now + MessageSeconds, new Event(Kind.Results, number) { Results = results });
        }

        if (aside.Count > 0)
        {
            Post(now + MessageSeconds, new Event(Kind.Progress, number) { Progress = aside });
        }

        if (worker.NextAt != _visitAt[number])
        {
            _visitAt[number] = worker.NextAt;
            if (double.IsFinite(worker.NextAt))
            {
                Post(worker.NextAt, new Event(Kind.Visit, number));
            }
        }
    }

    private void Report(double now, int number)
    {
        ModelWorker worker = _workers[number];
        if (worker.LanesBusy > 0)
        {
            Visit(now, number, isSnapshot: true);
            List<ChainProgress> moved = [];
            worker.Hand.TakeNews(moved);
            Post(now + MessageSeconds, new Event(Kind.Progress, number) { Progress = moved });
        }

        Post(now + reportSeconds, new Event(Kind.Report, number));
    }

    private int Finish(double now, Event due)
    {
        NodeId node = NodeOf(due.Worker);
        foreach (JobResult result in due.Results!)
        {
            Measured(() => _dispatcher.Finish(node, result.Id, result.Result, (long)(now * 1e3)));
        }

        int ended = 0;
        foreach (FinishedChain chain in _dispatcher.News.Results)
        {
            ModelJob job = _jobs[(int)(ulong)chain.Id.Value - 1];
            ended += job.EndsAt < 0 ? 1 : 0;
            job.EndsAt = job.EndsAt < 0 ? now : job.EndsAt;
            Measured(() => _dispatcher.Settle(chain.Worker, chain.Id));
        }

        foreach ((NodeId worker, JobId id) in _dispatcher.News.Settled)
        {
            _workers[WorkerOf(worker)].Hand.Settle([id]);
        }

        _dispatcher.News.Results.Clear();
        _dispatcher.News.Settled.Clear();
        Drop(now);
        DueTurn(now);
        return ended;
    }

    private void Tick(double now)
    {
        Measured(() => _dispatcher.Rebalance((long)(now * 1e3), _drops, _given));
        Moved += _drops.Count;
        Replaced -= _drops.Count;
        Measured(() => _dispatcher.Replace(_drops, _given));
        foreach (Assignment drop in _drops)
        {
            _jobs[(int)(ulong)drop.Id.Value - 1].ReadyAt = now;
        }

        Replaced += _drops.Count;
        Send(now);
        if (_dispatcher.ReadyCount > 0 && (long)(now / TickSeconds) % 10 == 0)
        {
            LanesBusy += _workers.Sum(static worker => worker.LanesBusy);
            LaneSamples += _workers.Length * ModelKernel.Lanes;
        }

        Post(now + TickSeconds, new Event(Kind.Tick, 0));
    }

    private void LeadTurn(double now)
    {
        _isTurnDue = false;
        _turnAt = now;
        Measured(() =>
        {
            for (int kind = 0; kind < _unread.Length; kind++)
            {
                while (_dispatcher.WantsMore(kind / 2, kind % 2 == 0) && _unread[kind].TryDequeue(out int number))
                {
                    ModelJob job = _jobs[number];
                    _dispatcher.AddPending(new PendingJob(
                        new JobId((ulong)number + 1), default, 1, job.Iterations, job.Priority));
                }
            }

            _dispatcher.Assign(_given);
        });
        Send(now);
    }

    private void Send(double now)
    {
        foreach (Assignment assignment in _given)
        {
            ModelJob job = _jobs[(int)(ulong)assignment.Id.Value - 1];
            LongestWaitSeconds = Math.Max(LongestWaitSeconds, now - job.ReadyAt);
        }

        Assignments += _given.Count;
        ILookup<NodeId, JobId> drops = _drops.ToLookup(static drop => drop.Worker, static drop => drop.Job.Id);
        foreach (IGrouping<NodeId, Assignment> group in _given.GroupBy(static assignment => assignment.Worker))
        {
            Post(now + MessageSeconds, new Event(Kind.Message, WorkerOf(group.Key))
            {
                Drops = [.. drops[group.Key]],
                Jobs = [.. group.Select(static assignment => assignment.Job)],
            });
        }

        foreach (IGrouping<NodeId, JobId> group in drops)
        {
            if (!_given.Exists(assignment => assignment.Worker == group.Key))
            {
                var drop = new Event(Kind.Message, WorkerOf(group.Key)) { Drops = [.. group], Jobs = [] };
                Post(now + MessageSeconds, drop);
            }
        }

        _given.Clear();
        _drops.Clear();
    }

    private void Drop(double now)
    {
        foreach ((NodeId worker, JobId id) in _dispatcher.News.Drops)
        {
            Post(now + MessageSeconds, new Event(Kind.Message, WorkerOf(worker)) { Drops = [id], Jobs = [] });
        }

        _dispatcher.News.Drops.Clear();
    }

    private void Measured(Action action)
    {
        long before = Stopwatch.GetTimestamp();
        action();
        _dispatcherTicks += Stopwatch.GetTimestamp() - before;
    }

    /// <summary>Something that happens to a worker, or to the leader.</summary>
    private readonly record struct Event(Kind Kind, int Worker)
    {
        public IReadOnlyList<JobId>? Drops { get; init; }

        public IReadOnlyList<JobInHand>? Jobs { get; init; }

        public IReadOnlyList<JobResult>? Results { get; init; }

        public IReadOnlyList<ChainProgress>? Progress { get; init; }
    }
}
