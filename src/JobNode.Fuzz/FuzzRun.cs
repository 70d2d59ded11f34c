using System.Diagnostics;
using System.Security.Cryptography;

namespace JobNode.Fuzz;

/// <summary>An input, and what went wrong with it.</summary>
internal sealed record FuzzFinding(string Target, byte[] Input, string What)
{
    /// <summary>A short name for the input, for files.</summary>
    public string Name => Convert.ToHexStringLower(SHA256.HashData(Input))[..16];
}

/// <summary>Tries inputs of one target, one after the other; deterministic without coverage.</summary>
internal sealed class FuzzRun
{
    private const int PoolMax = 5000;

    private static readonly TimeSpan SlowestTry = TimeSpan.FromSeconds(5);

    private readonly FuzzTarget _target;
    private readonly Random _random;
    private readonly Mutator _mutator;
    private readonly Coverage? _coverage;
    private readonly List<byte[]> _pool = [];
    private readonly Dictionary<string, FuzzFinding> _findings = [];
    private byte[] _current = [];
    private long _tryBeganAt;

    /// <summary>A run from a seed; with coverage it keeps what goes new ways.</summary>
    public FuzzRun(FuzzTarget target, int seed, Coverage? coverage = null)
    {
        _target = target;
        _random = new Random(seed);
        _mutator = new Mutator(_random, target.Words);
        _coverage = coverage;
    }

    /// <summary>Inputs tried.</summary>
    public long Tries { get; private set; }

    /// <summary>Inputs to mutate.</summary>
    public int PoolCount => _pool.Count;

    /// <summary>One finding for each place that failed.</summary>
    public IReadOnlyCollection<FuzzFinding> Findings => _findings.Values;

    /// <summary>Gets every input that went a new way.</summary>
    public Action<byte[]>? Kept { get; init; }

    /// <summary>The input that is being tried, and for how long already: for who watches for hangs.</summary>
    public (byte[] Input, TimeSpan Since) Current =>
        (_current, Stopwatch.GetElapsedTime(Interlocked.Read(ref _tryBeganAt)));

    /// <summary>Tries the target's seeds and a corpus.</summary>
    public void Begin(IEnumerable<byte[]> corpus)
    {
        foreach (byte[] input in _target.Seeds(_random).Concat(corpus))
        {
            _ = Try(input);
            _pool.Add(input);
        }

        // A file may be empty, too.
        _pool.Add([]);
    }

    /// <summary>Tries one mutation.</summary>
    public void Mutate()
    {
        byte[] input = _mutator.Mutate(Pick(), Pick());
        if (_target.Repair is not null && _random.Next(4) != 0)
        {
            input = _target.Repair(input);
        }

        if (Try(input))
        {
            Kept?.Invoke(input);
            if (_pool.Count < PoolMax)
            {
                _pool.Add(input);
            }
            else
            {
                _pool[_random.Next(PoolMax)] = input;
            }
        }
    }

    /// <summary>Tries one input; true when it went a new way.</summary>
    public bool Try(byte[] input)
    {
        Tries++;
        _current = input;
        Interlocked.Exchange(ref _tryBeganAt, Stopwatch.GetTimestamp());
        if (_coverage is not null)
        {
            Coverage.Begin();
        }

        long allocatedBefore = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            _target.Try([.. input]);
            long allocated = GC.GetAllocatedBytesForCurrentThread() - allocatedBefore;
            long allowed = _target.AllocatedMax + (_target.AllocatedPerByteMax * input.Length);
            FuzzFindingException.ThrowUnless(
                allocated <= allowed, $"allocated {allocated} bytes for {input.Length}, allowed are {allowed}");
            FuzzFindingException.ThrowUnless(Current.Since < SlowestTry, $"took {Current.Since}");
        }
        catch (Exception error)
        {
            Note(input, error);
        }

        return _coverage?.IsNew() == true;
    }

    /// <summary>The newest half is picked as often as all the rest.</summary>
    private byte[] Pick() => _random.Next(2) == 0
        ? _pool[_random.Next(_pool.Count)]
        : _pool[_random.Next(_pool.Count / 2, _pool.Count)];

    private void Note(byte[] input, Exception error)
    {
        string place = error.StackTrace?.Split('\n')
            .FirstOrDefault(line => line.Contains("JobNode.", StringComparison.Ordinal))
            ?? "";
        string key = error is FuzzFindingException
            ? new string([.. error.Message.Split(':')[0].Where(character => !char.IsAsciiDigit(character))])
            : $"{error.GetType().Name}{place}";
        if (!_findings.TryGetValue(key, out FuzzFinding? known) || known.Input.Length > input.Length)
        {
            _findings[key] = new FuzzFinding(_target.Name, input, error.ToString());
        }
    }
}
