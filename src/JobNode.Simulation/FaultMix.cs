namespace JobNode.Simulation;

/// <summary>What may go wrong in a schedule; the names are those of <c>--faults</c>.</summary>
internal enum FaultKind
{
    /// <summary>A node loses power between two turns.</summary>
    Power,

    /// <summary>A node loses power in the middle of a turn, at some disk operation.</summary>
    Crash,

    /// <summary>All lose power at once.</summary>
    Blackout,

    /// <summary>A process dies; nothing written is lost.</summary>
    Kill,

    /// <summary>A node stops in order.</summary>
    Stop,

    /// <summary>A process stands still for a while.</summary>
    Stall,

    /// <summary>Some nodes are cut off, in both directions.</summary>
    Partition,

    /// <summary>Some nodes are cut off in one direction.</summary>
    OneWay,

    /// <summary>The leader is cut off with less than half of the nodes.</summary>
    Minority,

    /// <summary>Messages and answers are lost.</summary>
    Loss,

    /// <summary>Messages arrive twice.</summary>
    Duplicates,

    /// <summary>Messages take long and overtake each other.</summary>
    Delay,

    /// <summary>Work streams break for no reason.</summary>
    Streams,

    /// <summary>Wall clocks jump by hours, back and forth.</summary>
    Clock,

    /// <summary>Disks are full for a while.</summary>
    FullDisk,

    /// <summary>Writes meet I/O errors, or a disk that became read-only, for a while.</summary>
    IoError,

    /// <summary>A sync fails: the process must end, and what it wrote is gone.</summary>
    FailedSync,

    /// <summary>As <see cref="FailedSync"/>, but until the power fails readers still see what the disk never got, and
    /// later syncs say that all is well (Rebello and others, "Can Applications Recover from fsync Failures?", USENIX
    /// ATC 2020). Only when it is asked for by name: the log does not bear it.</summary>
    StaleCache,

    /// <summary>Syncs take long.</summary>
    SlowDisk,

    /// <summary>Faults in the moments of elections.</summary>
    Elections,

    /// <summary>What workers found out is proposed again, later and out of order.</summary>
    Echoes,

    /// <summary>Members come, go, and change roles; machines are bought, wiped and drained.</summary>
    Churn,

    /// <summary>Bits flip and files lose their ends while a node is down. Only with <see cref="Churn"/>, which
    /// replaces what is lost.</summary>
    Corruption,
}

/// <summary>
/// The faults of one schedule (Groce and others, "Swarm Testing", ISSTA 2012): a random half of all kinds, each with an
/// intensity of its own, so that no kind hides what only shows without it.
/// </summary>
internal sealed class FaultMix
{
    private readonly int[] _perMillion;
    private readonly bool[] _isOn;

    private FaultMix(int[] perMillion, bool[] isOn)
    {
        _perMillion = perMillion;
        _isOn = isOn;
    }

    /// <summary>All kinds.</summary>
    public static IReadOnlyList<FaultKind> All { get; } = Enum.GetValues<FaultKind>();

    /// <summary>What "all" stands for.</summary>
    private static IReadOnlyList<FaultKind> Usual { get; } =
        [.. All.Where(static kind => kind != FaultKind.StaleCache)];

    /// <summary>Those that are on.</summary>
    public IReadOnlyList<FaultKind> Kinds => [.. All.Where(Has)];

    /// <summary>What follows from a seed.</summary>
    public static FaultMix Of(int seed)
    {
        var random = new Random(seed ^ 0x5EED);
        int[] perMillion = new int[All.Count];
        bool[] isOn = new bool[All.Count];
        foreach (FaultKind kind in All)
        {
            isOn[(int)kind] = random.Next(2) == 0 && kind != FaultKind.StaleCache;
            perMillion[(int)kind] = (int)(BasePerMillion(kind) * Math.Pow(2, (random.NextDouble() * 4) - 2));
        }

        return new FaultMix(perMillion, isOn);
    }

    /// <summary>The same intensities, for other kinds.</summary>
    public FaultMix With(IReadOnlyCollection<FaultKind> kinds) => new(_perMillion, [.. All.Select(kinds.Contains)]);

    /// <summary>One kind less.</summary>
    public FaultMix Without(FaultKind kind) => With([.. Kinds.Where(each => each != kind)]);

    /// <summary>True when this kind may happen.</summary>
    public bool Has(FaultKind kind) => _isOn[(int)kind];

    /// <summary>How likely it begins in a step of the schedule, in millionths; 0 when it is off.</summary>
    public int PerMillion(FaultKind kind) => Has(kind) ? _perMillion[(int)kind] : 0;

    /// <summary>A list of names, with commas; or "all", "none".</summary>
    public static bool TryParse(string text, out IReadOnlyCollection<FaultKind> kinds)
    {
        List<FaultKind> parsed = [];
        kinds = text == "all" ? Usual : parsed;
        foreach (string name in text is "all" or "none" ? [] : text.Split(','))
        {
            if (!Enum.TryParse(name, ignoreCase: true, out FaultKind kind) || !Enum.IsDefined(kind))
            {
                return false;
            }

            parsed.Add(kind);
        }

        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => Kinds.Count == 0 ? "none" : string.Join(',', Kinds).ToLowerInvariant();

    private static int BasePerMillion(FaultKind kind) => kind switch
    {
        FaultKind.Blackout => 700,
        FaultKind.Power or FaultKind.Kill or FaultKind.Stop or FaultKind.Clock => 2_000,
        FaultKind.FailedSync or FaultKind.StaleCache or FaultKind.SlowDisk => 2_000,
        FaultKind.FullDisk or FaultKind.IoError => 2_000,
        FaultKind.Corruption => 8_000,
        FaultKind.Churn => 20_000,
        FaultKind.Echoes or FaultKind.Streams => 50_000,
        _ => 4_000,
    };
}
