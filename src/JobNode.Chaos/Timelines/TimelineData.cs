using JobNode.Chaos.Histories;

namespace JobNode.Chaos.Timelines;

/// <summary>What a timeline shows of a history, already counted into steps of time.</summary>
internal sealed class TimelineData
{
    /// <summary>Steps that a timeline is cut into at most: no screen has more columns to tell apart.</summary>
    private const int StepsMax = 1500;

    private readonly Dictionary<int, int> _faultPlaces = [];
    private readonly List<TimelineFault> _faults = [];
    private readonly Dictionary<string, List<TimelineSegment>> _nodes = [];

    private TimelineData(long lengthUs)
    {
        LengthUs = Math.Max(lengthUs, 1_000_000);
        StepUs = Math.Max(1_000_000, LengthUs / StepsMax);
        int steps = (int)(LengthUs / StepUs) + 1;
        Acknowledged = new long[steps];
        Pulled = new long[steps];
        Refused = new long[steps];
        Unknown = new long[steps];
    }

    /// <summary>Length of the history, in microseconds.</summary>
    public long LengthUs { get; }

    /// <summary>Length of a step, in microseconds.</summary>
    public long StepUs { get; }

    /// <summary>Jobs acknowledged in each step.</summary>
    public long[] Acknowledged { get; }

    /// <summary>Results pulled in each step.</summary>
    public long[] Pulled { get; }

    /// <summary>Attempts refused in each step.</summary>
    public long[] Refused { get; }

    /// <summary>Attempts of unknown outcome in each step.</summary>
    public long[] Unknown { get; }

    /// <summary>Faults in the order in which they began.</summary>
    public IReadOnlyList<TimelineFault> Faults => _faults;

    /// <summary>What each node said of itself, merged into segments; nodes in the order of their names.</summary>
    public IEnumerable<(string Node, IReadOnlyList<TimelineSegment> Segments)> Nodes =>
        _nodes.OrderBy(node => node.Key, StringComparer.Ordinal)
            .Select(node => (node.Key, (IReadOnlyList<TimelineSegment>)node.Value));

    /// <summary>Reads a history of this length.</summary>
    public static TimelineData Of(History history, TimeSpan length)
    {
        TimelineData data = new((long)length.TotalMicroseconds);
        foreach (HistoryRecord record in history.Read())
        {
            data.Take(record);
        }

        return data;
    }

    private void Take(HistoryRecord record)
    {
        int step = (int)Math.Min(record.AtUs / StepUs, Acknowledged.Length - 1);
        switch (record)
        {
            case Operation { Outcome: Outcome.Refused, Status: not (404 or 409) }:
                Refused[step]++;
                break;
            case Operation { Outcome: Outcome.Unknown }:
                Unknown[step]++;
                break;
            case Operation { Kind: OperationKind.Enqueue or OperationKind.BatchLine, Outcome: Outcome.Ok }:
                Acknowledged[step]++;
                break;
            case Operation { Kind: OperationKind.Pull, Outcome: Outcome.Ok } pull:
                Pulled[step] += pull.Jobs?.Count ?? 0;
                break;
            case StatusSeen status:
                Add(status);
                break;
            case FaultBegan fault:
                _faultPlaces[fault.Fault] = _faults.Count;
                _faults.Add(new TimelineFault(fault, LengthUs));
                break;
            case FaultEnded fault when _faultPlaces.TryGetValue(fault.Fault, out int place):
                _faults[place] = _faults[place] with { EndUs = fault.AtUs };
                break;
        }
    }

    private void Add(StatusSeen status)
    {
        if (!_nodes.TryGetValue(status.Node, out List<TimelineSegment>? segments))
        {
            segments = [];
            _nodes.Add(status.Node, segments);
        }

        string role = status.Role is null ? TimelineSegment.NoAnswer : status.Role;
        ulong term = role == "leader" ? status.Term : 0;
        long beginUs = role == TimelineSegment.NoAnswer ? status.BeginUs : status.AtUs;
        if (segments.Count > 0)
        {
            TimelineSegment last = segments[^1];
            beginUs = Math.Max(beginUs, last.BeginUs);
            // What a node was holds until it is asked again.
            segments[^1] = last with { EndUs = Math.Max(last.BeginUs, beginUs) };
            if (last.Role == role && last.Term == term)
            {
                segments[^1] = last with { EndUs = status.AtUs };
                return;
            }
        }

        segments.Add(new TimelineSegment(role, term, beginUs, status.AtUs));
    }
}

/// <summary>A fault, and when it was over.</summary>
internal sealed record TimelineFault(FaultBegan Fault, long EndUs);

/// <summary>A time in which a node said the same of itself.</summary>
/// <param name="Role">As its status says, or <see cref="NoAnswer"/>.</param>
/// <param name="Term">Raft term of a leader, else 0.</param>
/// <param name="BeginUs">Microseconds of the history.</param>
/// <param name="EndUs">Microseconds of the history.</param>
internal sealed record TimelineSegment(string Role, ulong Term, long BeginUs, long EndUs)
{
    /// <summary>The role of a node that does not answer.</summary>
    public const string NoAnswer = "no answer";
}
