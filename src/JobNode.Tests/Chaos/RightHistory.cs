using JobNode.Chaos.Histories;

namespace JobNode.Tests.Chaos;

/// <summary>
/// Makes up histories of a queue that does everything right, on three nodes, with answers that get lost before or after
/// the call took effect. What takes effect does so in the moment in which its call ends.
/// </summary>
internal sealed class RightHistory(int seed)
{
    private const int Nodes = 3;

    private readonly Random _random = new(seed);
    private readonly WrittenHistory _history = new();
    private readonly Dictionary<string, (string State, ulong Done)> _jobs = [];
    private readonly Dictionary<string, string[]> _batches = [];
    private readonly List<string> _openEnqueues = [];
    private readonly List<string> _openPulls = [];
    private ulong _index = 1;
    private int _keys;

    /// <summary>Records of a run of so many calls, drained in the end.</summary>
    public static IReadOnlyList<HistoryRecord> Of(int seed, int calls)
    {
        RightHistory run = new(seed);
        for (int call = 0; call < calls; call++)
        {
            run.Step();
        }

        run.Drain();
        return run._history.Records;
    }

    private void Step()
    {
        _history.Wait(_random.Next(100_000));
        switch (_random.Next(12))
        {
            case < 4:
                Enqueue(Again(_openEnqueues) ?? $"job {_keys++}");
                break;
            case < 6:
                Pull(Again(_openPulls) ?? $"pull {_keys++}");
                break;
            case 6 when _jobs.Count > 0:
                Cancel(Any());
                break;
            case 7 when _jobs.Count > 0:
                Advance(Any());
                break;
            case < 10 when _jobs.Count > 0:
                Read(Any());
                break;
            case 10:
                _history.Fault(_random.Next(2) == 0 ? "pause" : "kill -9", _random.Next(1_500_000));
                break;
            default:
                Probe();
                break;
        }
    }

    private void Enqueue(string key)
    {
        Outcome outcome = AnyOutcome();
        if (outcome == Outcome.Ok || (outcome == Outcome.Unknown && _random.Next(2) == 0))
        {
            Change(() => _jobs.TryAdd(key, ("pending", 1)));
        }

        Settle(_openEnqueues, key, outcome == Outcome.Ok);
        _history.Enqueue(key, outcome, node: AnyNode());
    }

    private void Pull(string key)
    {
        Outcome outcome = AnyOutcome();
        if (outcome == Outcome.Ok || (outcome == Outcome.Unknown && _random.Next(2) == 0))
        {
            Take(key, top: _random.Next(1, 4));
        }

        // Only an answer with results is certain: after an empty one an earlier attempt may still take some.
        Settle(_openPulls, key, outcome == Outcome.Ok);
        _history.Pull(key, outcome, outcome == Outcome.Ok ? _batches.GetValueOrDefault(key, []) : []);
    }

    private void Take(string key, int top)
    {
        string[] batch = [.. _jobs.Where(job => job.Value.State == "completed").Select(job => job.Key).Take(top)];
        if (batch.Length > 0 && _batches.TryAdd(key, batch))
        {
            Change(() => Array.ForEach(batch, job => _jobs[job] = ("pulled", 3)));
        }
    }

    private void Cancel(string job)
    {
        bool isPossible = _jobs[job].State is "pending" or "cancelled";
        Outcome outcome = AnyOutcome();
        bool takesEffect = isPossible
            && (outcome == Outcome.Ok || (outcome == Outcome.Unknown && _random.Next(2) == 0));
        if (takesEffect)
        {
            Change(() => _jobs[job] = ("cancelled", _jobs[job].Done));
        }

        _history.Cancel(job, isPossible || outcome != Outcome.Ok ? outcome : Outcome.Refused, isPossible ? 200 : 409);
    }

    private void Advance(string job)
    {
        (string state, ulong done) = _jobs[job];
        if (state == "pending")
        {
            Change(() => _jobs[job] = done == 1 && _random.Next(2) == 0 ? ("pending", 2UL) : ("completed", 3UL));
        }
    }

    private void Read(string job)
    {
        (string state, ulong done) = _jobs[job];
        if (_random.Next(3) == 0)
        {
            _history.List(job, state, done, AnyNode());
        }
        else
        {
            _history.Read(job, state, done, AnyNode());
        }
    }

    private void Probe()
    {
        for (int node = 1; node <= Nodes; node++)
        {
            _history.Status($"n{node}", _index, $"digest {_index}", node == 1 ? "leader" : "voter", term: 7);
        }
    }

    private void Drain()
    {
        foreach (string job in _jobs.Keys.ToArray())
        {
            for (int step = 0; step < 2; step++)
            {
                Advance(job);
            }
        }

        foreach (string key in _openPulls.Append("the last pull"))
        {
            Take(key, _jobs.Count);
            _history.Pull(key, _batches.GetValueOrDefault(key, []));
        }

        foreach ((string job, (string state, ulong done)) in _jobs)
        {
            _history.Read(job, state, done, AnyNode());
        }

        Probe();
        _history.Add(new LoadEnded());
        _history.Add(new Drained());
    }

    private void Change(Action change)
    {
        change();
        _index++;
    }

    private static void Settle(List<string> open, string key, bool isKnown)
    {
        open.Remove(key);
        if (!isKnown)
        {
            open.Add(key);
        }
    }

    private Outcome AnyOutcome() => _random.Next(5) switch
    {
        0 => Outcome.Unknown,
        1 => Outcome.Refused,
        _ => Outcome.Ok,
    };

    private string? Again(List<string> open) =>
        open.Count > 0 && _random.Next(2) == 0 ? open[_random.Next(open.Count)] : null;

    private string Any() => _jobs.Keys.ElementAt(_random.Next(_jobs.Count));

    private string AnyNode() => $"n{_random.Next(1, Nodes + 1)}";
}
