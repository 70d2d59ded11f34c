namespace JobNode.Chaos.Histories;

/// <summary>Times without any acknowledged enqueue while there was load, and which faults they fall into.</summary>
internal sealed class Unavailability
{
    /// <summary>Shorter gaps are not told one by one; what is longest is known all the same.</summary>
    private const long ToldUs = 500_000;

    private readonly List<Gap> _gaps = [];
    private readonly Dictionary<int, (FaultBegan Fault, long EndUs)> _faults = [];
    private long _previousUs = -1;

    /// <summary>Every gap long enough to matter to some kind of fault, in order.</summary>
    private const long KeptUs = 50_000;

    /// <summary>The longest of all.</summary>
    public Gap Longest { get; private set; } = new(0, 0);

    /// <summary>Gaps long enough to be told.</summary>
    public IReadOnlyList<Gap> Told =>
        [.. _gaps.Where(gap => gap.EndUs - gap.BeginUs >= ToldUs)];

    /// <summary>The clients begin.</summary>
    public void Begin(long atUs) => _previousUs = atUs;

    /// <summary>A job was acknowledged.</summary>
    public void Acknowledge(long atUs)
    {
        if (_previousUs >= 0)
        {
            Close(atUs);
            _previousUs = atUs;
        }
    }

    /// <summary>The clients send nothing new any more.</summary>
    public void End(long atUs)
    {
        Acknowledge(atUs);
        _previousUs = -1;
    }

    /// <summary>A fault begins; until it is said to be over it goes on.</summary>
    public void Fault(FaultBegan fault) => _faults[fault.Fault] = (fault, long.MaxValue);

    /// <summary>A fault is over.</summary>
    public void Fault(FaultEnded fault)
    {
        if (_faults.TryGetValue(fault.Fault, out (FaultBegan Fault, long EndUs) open))
        {
            _faults[fault.Fault] = (open.Fault, fault.AtUs);
        }
    }

    /// <summary>How many faults of each kind, and the longest gap that overlaps one.</summary>
    public IReadOnlyDictionary<string, FaultFigures> ByKind() => _faults.Values
        .GroupBy(open => open.Fault.Kind)
        .OrderBy(group => group.Key, StringComparer.Ordinal)
        .ToDictionary(
            group => group.Key,
            group => new FaultFigures(group.Count(), group.Select(LongestIn).Max()));

    private TimeSpan LongestIn((FaultBegan Fault, long EndUs) open) => _gaps
        .Where(gap => gap.EndUs > open.Fault.AtUs && gap.BeginUs < open.EndUs)
        .Select(gap => gap.Length)
        .DefaultIfEmpty()
        .Max();

    private void Close(long atUs)
    {
        Gap gap = new(_previousUs, atUs);
        if (gap.Length > Longest.Length)
        {
            Longest = gap;
        }

        if (atUs - _previousUs >= KeptUs)
        {
            _gaps.Add(gap);
        }
    }
}
