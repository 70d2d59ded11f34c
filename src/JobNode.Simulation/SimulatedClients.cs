using JobNode.Commands;

namespace JobNode.Simulation;

/// <summary>
/// Clients that put jobs in, cancel some, pull results and read, and try again under the same keys until they have an
/// answer. What they were promised is checked as answers come, and at the end.
/// </summary>
internal sealed class SimulatedClients(SimulatedWorld world, IReadOnlyList<SimulatedNode> nodes)
{
    private const int JobsMax = 80;
    private const int CallsMax = 24;
    private const long CallTimeoutMs = 3_000;
    private const long PauseMs = 100;

    private readonly Random _random = world.Random;
    private readonly List<ClientJob> _jobs = [];
    private readonly List<ClientCall> _calls = [];
    private readonly Dictionary<UInt128, IReadOnlyList<PulledJob>> _pulls = [];
    private readonly ClientReads _reads = new(world, nodes);
    private readonly int _busyness = world.Random.Next(3, 12);
    private ulong _pullSequence;
    private bool _foundNothing;

    /// <summary>Calls that were acknowledged.</summary>
    public long Acknowledged { get; private set; }

    /// <summary>True when every call has its answer.</summary>
    public bool IsQuiet => _calls.Count == 0;

    /// <summary>True when the last pull found nothing.</summary>
    public bool HasDrained => IsQuiet && _foundNothing;

    /// <summary>Starts some new calls and looks after those under way.</summary>
    public void Step(bool mayStart)
    {
        for (int i = 0; mayStart && i < 2 && _calls.Count < CallsMax; i++)
        {
            if (_random.Next(_busyness) == 0)
            {
                StartCall();
            }
        }

        if (mayStart && _random.Next(10) == 0)
        {
            _reads.Start(_jobs);
        }

        for (int i = _calls.Count - 1; i >= 0; i--)
        {
            ClientCall call = _calls[i];
            if (TryEnd(call) is { } result)
            {
                _calls.RemoveAt(i);
                call.End(result);
            }
        }

        _reads.Step();
    }

    /// <summary>In the end somebody pulls all that is left.</summary>
    public void Drain()
    {
        if (IsQuiet && !_foundNothing)
        {
            StartPull(++_pullSequence, top: 20);
        }
    }

    /// <summary>Everything promised must be in the final state, once, and nothing else.</summary>
    public void CheckPromises(Queue.QueueView view, bool isFinished)
    {
        var found = view.Page(null, int.MaxValue, null).Jobs
            .GroupBy(static job => StandInChain.NumberOf(job.Chain))
            .ToDictionary(static group => group.Key, static group => group.ToArray());
        foreach ((ulong number, Queue.JobDetails[] records) in found)
        {
            HistoryChecker.Require((int)number < _jobs.Count, $"job number {number} was never sent");
            HistoryChecker.Require(records.Length == 1, $"job number {number} is there {records.Length} times");
        }

        foreach (ClientJob job in _jobs.Where(static job => job.Id is not null))
        {
            HistoryChecker.Require(
                found.TryGetValue(job.Number, out Queue.JobDetails[]? records) && records[0].Id == job.Id,
                $"job {job.Id}, number {job.Number}, was acknowledged and is lost");
            job.Check(records![0], isFinished);
        }
    }

    private void StartCall()
    {
        if (_jobs.Count < JobsMax && (_jobs.Count < 4 || _random.Next(3) > 0))
        {
            var job = new ClientJob(
                (ulong)_jobs.Count, AnyTotal(), (byte)_random.Next(3), hasKey: _random.Next(3) > 0);
            _jobs.Add(job);
            StartEnqueue(job);
            return;
        }

        ClientJob any = _jobs[_random.Next(_jobs.Count)];
        switch (_random.Next(8))
        {
            case 0 when any.Id is not null && _random.Next(2) == 0:
                StartCancel(any);
                break;
            case 1:
                StartEnqueue(any);
                break;
            case 2 when any.Id is not null && any.Key != UInt128.Zero:
                StartReuse(any);
                break;
            case 3 when _pulls.Count > 0:
                StartPull(_pulls.Keys.ElementAt(_random.Next(_pulls.Count)), top: 1);
                break;
            case 4 or 5:
                StartPull(++_pullSequence, _random.Next(1, 6));
                break;
            default:
                break;
        }
    }

    private ulong AnyTotal() => _random.Next(4) switch
    {
        0 => (ulong)_random.Next(1, 10),
        1 => (ulong)_random.Next(1, 3_000),
        2 => (ulong)_random.Next(3_000, 200_000),
        _ => (ulong)_random.Next(200_000, 600_000),
    };

    private void StartEnqueue(ClientJob job)
    {
        job.NoteCall();
        Start(new ClientCall(
            () => new Enqueue([job.Attempt()]),
            (result, isFirst) =>
            {
                world.Counts.Jobs += job.Id is null ? 1 : 0;
                job.Acknowledge(((EnqueueResult)result).Jobs[0], isFirst);
            }));
    }

    private void StartReuse(ClientJob job) => Start(new ClientCall(
        () => new Enqueue([job.Attempt(otherTotal: job.Total + 1)]),
        (result, _) => HistoryChecker.Require(
            ((EnqueueResult)result).Jobs[0].Code == ResultCode.IdempotencyKeyReused,
            $"the key of job {job.Id} was taken for another job")));

    private void StartCancel(ClientJob job) => Start(new ClientCall(
        () => new Cancel(job.Id!.Value),
        (result, _) =>
        {
            HistoryChecker.Require(
                result.Code is ResultCode.Ok or ResultCode.AlreadyFinished, $"a cancel gave {result.Code}");
            job.IsCancelled |= result.Code == ResultCode.Ok;
            job.IsFinished |= result.Code == ResultCode.AlreadyFinished;
            HistoryChecker.Require(
                !(job.IsCancelled && job.IsFinished), $"job {job.Id} is cancelled and finished");
        }));

    private void StartPull(UInt128 key, int top)
    {
        var order = (PullOrder)_random.Next(2);
        Start(new ClientCall(
            () => new Pull(key, top, order),
            (result, _) => NotePull(key, ((PullResult)result).Jobs))
        {
            LosesAnswer = _random.Next(5) == 0,
        });
    }

    private void NotePull(UInt128 key, IReadOnlyList<PulledJob> batch)
    {
        _foundNothing = batch.Count == 0;
        if (_pulls.TryGetValue(key, out IReadOnlyList<PulledJob>? known))
        {
            HistoryChecker.Require(known.SequenceEqual(batch), $"the pull {key} gave another batch when asked again");
            return;
        }

        if (batch.Count > 0)
        {
            _pulls.Add(key, batch);
        }

        foreach (PulledJob pulled in batch)
        {
            ulong number = StandInChain.NumberOf(pulled.Result);
            HistoryChecker.Require((int)number < _jobs.Count, $"job number {number} was pulled and never sent");
            ClientJob job = _jobs[(int)number];
            HistoryChecker.Require(job.Id is null || job.Id == pulled.Id, $"job {job.Id} was pulled as {pulled.Id}");
            HistoryChecker.Require(pulled.Iterations == job.Total, $"job {pulled.Id} was pulled with other iterations");
            HistoryChecker.Require(
                pulled.Result == StandInChain.Of(number, job.Total), $"the result of job {pulled.Id} is wrong");
            HistoryChecker.Require(job.PulledUnder == UInt128.Zero, $"job {pulled.Id} was pulled twice");
            HistoryChecker.Require(!job.IsCancelled, $"job {pulled.Id} was pulled, though it is cancelled");
            job.PulledUnder = key;
            world.Counts.Results++;
        }
    }

    private void Start(ClientCall call)
    {
        _calls.Add(call);
        Try(call);
    }

    /// <summary>Any node that is up; most of the time one that says it leads.</summary>
    private void Try(ClientCall call)
    {
        SimulatedNode node = nodes[_random.Next(nodes.Count)];
        foreach (SimulatedNode other in nodes)
        {
            if (other.IsUp && other.Board!.Current.IsLeader && _random.Next(4) > 0)
            {
                node = other;
            }
        }

        call.Try(node.Proposer, world.Time.NowMs);
    }

    /// <summary>The answer that counts, when there is one.</summary>
    private CommandResult? TryEnd(ClientCall call)
    {
        long nowMs = world.Time.NowMs;
        if (call.Attempt is not { IsCompleted: true } attempt)
        {
            // No answer: the node died with the question, or is cut off. The client tries another under the same key.
            if (nowMs - call.StartedMs > (call.Attempt is null ? PauseMs : CallTimeoutMs))
            {
                call.Pause(nowMs, mayHaveWorked: call.Attempt is not null);
                Try(call);
            }

            return null;
        }

        Proposed proposed = attempt.Result;
        switch (proposed.Result.Code)
        {
            case ResultCode.NotLeader or ResultCode.Overloaded or ResultCode.Stopping:
                HistoryChecker.Require(proposed.LogIndex == 0, "what was never logged has no index");
                call.Pause(nowMs, mayHaveWorked: false);
                return null;
            case ResultCode.OutcomeUnknown:
                world.Counts.Unknown++;
                call.Pause(nowMs, mayHaveWorked: true);
                return null;
            default:
                world.Counts.Acknowledged++;
                Acknowledged++;
                _reads.NoteAcknowledged(proposed.LogIndex);
                if (!call.LosesAnswer)
                {
                    return proposed.Result;
                }

                world.Counts.LostAnswers++;
                call.LosesAnswer = false;
                call.Pause(nowMs, mayHaveWorked: true);
                return null;
        }
    }
}
