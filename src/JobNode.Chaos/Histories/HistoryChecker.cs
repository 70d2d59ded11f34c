namespace JobNode.Chaos.Histories;

/// <summary>
/// Reads a history from its begin to its end and says what in it must not be. It believes nothing but the answers that
/// clients got, and computes every result itself.
/// </summary>
internal sealed class HistoryChecker
{
    private static readonly int[] NeverAnswered = [400, 401, 403, 405, 413, 414, 415, 422, 500];

    private readonly Findings _findings = new();
    private readonly JobLedger _ledger;
    private readonly ReadOrder _order;
    private readonly NodeChecks _nodes;
    private readonly Unavailability _gaps = new();
    private readonly Dictionary<OperationKind, AttemptCounts> _attempts = [];
    private Drained? _drained;
    private long _lastUs;

    private HistoryChecker()
    {
        _ledger = new JobLedger(_findings);
        _order = new ReadOrder(_ledger, _findings);
        _nodes = new NodeChecks(_findings);
    }

    /// <summary>Checks a history that is over.</summary>
    /// <exception cref="InvalidDataException">It is not a history.</exception>
    public static Verdict Check(History history)
    {
        HistoryChecker checker = new();
        foreach (HistoryRecord record in history.Read())
        {
            checker.Take(record);
        }

        return checker.Conclude();
    }

    private void Take(HistoryRecord record)
    {
        if (record.AtUs < _lastUs)
        {
            throw new InvalidDataException($"a record of {record.AtUs} us comes after one of {_lastUs} us");
        }

        _lastUs = record.AtUs;
        switch (record)
        {
            case Operation operation:
                Take(operation);
                break;
            case StatusSeen status:
                _nodes.Status(status);
                break;
            case LeaderSeen leader:
                _nodes.Leader(leader.Node, leader.Term, leader.AtUs);
                break;
            case FaultBegan fault:
                _gaps.Fault(fault);
                break;
            case FaultEnded fault:
                _gaps.Fault(fault);
                break;
            case LoadBegan:
                _gaps.Begin(record.AtUs);
                break;
            case LoadEnded:
                _gaps.End(record.AtUs);
                break;
            case Drained drained:
                _drained = drained;
                break;
            default:
                throw new InvalidDataException($"{record.GetType().Name} is no record of a history");
        }
    }

    private void Take(Operation operation)
    {
        Count(operation);
        if (NeverAnswered.Contains(operation.Status))
        {
            _findings.Add(Rule.UnexpectedAnswer, operation.AtUs,
                $"{Findings.Name(operation)} was answered {operation.Status}: {operation.Error}");
        }

        switch (operation.Kind)
        {
            case OperationKind.Enqueue or OperationKind.BatchLine:
                _ledger.Enqueue(operation);
                if (operation.Outcome == Outcome.Ok)
                {
                    _gaps.Acknowledge(operation.AtUs);
                }

                break;
            case OperationKind.Pull:
                _ledger.Pull(operation);
                break;
            case OperationKind.Cancel:
                _ledger.Cancel(operation);
                break;
            case OperationKind.Read:
                _order.Read(operation, _nodes.LifeOf(operation.Node));
                break;
            case OperationKind.List when operation.Outcome == Outcome.Ok && _nodes.WithLog(operation.Node) is { } life:
                _order.List(operation, life);
                break;
        }
    }

    private void Count(Operation operation)
    {
        AttemptCounts before = _attempts.GetValueOrDefault(operation.Kind) ?? new AttemptCounts(0, 0, 0);
        _attempts[operation.Kind] = operation.Outcome switch
        {
            Outcome.Ok => before with { Ok = before.Ok + 1 },
            Outcome.Refused => before with { Refused = before.Refused + 1 },
            _ => before with { Unknown = before.Unknown + 1 },
        };
    }

    private Verdict Conclude()
    {
        if (_drained is null)
        {
            _findings.Add(Rule.NotDrained, _lastUs, "the history ends before the cluster was drained");
        }
        else if (_drained.Unfinished != 0 || _drained.Completed != 0 || _drained.Unanswered != 0)
        {
            _findings.Add(Rule.NotDrained, _drained.AtUs,
                $"after all faults are healed {_drained.Unfinished} jobs are unfinished, {_drained.Completed} results"
                + $" wait and {_drained.Unanswered} calls got no definite answer");
        }

        FinalChecks final = new(_ledger, _findings, _lastUs);
        final.Check();
        return new Verdict(_findings.InOrder(), new Figures
        {
            Length = TimeSpan.FromMicroseconds(_lastUs),
            Attempts = _attempts,
            Acknowledged = _ledger.Jobs.LongCount(job => job.Enqueue is not null),
            Pulled = _ledger.Jobs.LongCount(job => job is { Enqueue: not null, PulledBy: not null }),
            Cancelled = _ledger.Jobs.LongCount(job => job is { Enqueue: not null, CancelledBy: not null }),
            ResultsCompared = final.ResultsCompared,
            EnqueuesRepeated = _ledger.Keys.LongCount(key => key.Attempts > 1),
            PullsRecovered = _ledger.Pulls.LongCount(pull => pull is { WasUnknown: true, Batch: not null }),
            CheckpointsSeen = _order.CheckpointsSeen,
            DigestsCompared = _nodes.DigestsCompared,
            LeaderTerms = _nodes.LeaderTerms,
            LongestGap = _gaps.Longest,
            Gaps = _gaps.Told,
            Faults = _gaps.ByKind(),
        });
    }
}
