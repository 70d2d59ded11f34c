namespace JobNode.Chaos.Histories;

/// <summary>What a history can be found to break.</summary>
internal enum Rule
{
    /// <summary>An acknowledged job is gone, or never came to an end.</summary>
    Lost = 0,

    /// <summary>Results were taken by a pull, and no answer ever gave them.</summary>
    PullAnswerLost = 1,

    /// <summary>One result came with two pulls.</summary>
    PulledTwice = 2,

    /// <summary>One pull key gave two batches.</summary>
    BatchChanged = 3,

    /// <summary>One key made two jobs, or two keys one job.</summary>
    KeyMadeTwoJobs = 4,

    /// <summary>A job that nobody sent.</summary>
    NeverSent = 5,

    /// <summary>A result that is not what the oracle says, or of another job.</summary>
    WrongResult = 6,

    /// <summary>A job was cancelled and yet came to a result, or is cancelled though nobody asked for it.</summary>
    CancelBroken = 7,

    /// <summary>An answer is older than one that was given before.</summary>
    WentBack = 8,

    /// <summary>Two nodes have different states at one index.</summary>
    DigestsDiffer = 9,

    /// <summary>Two nodes led in one term.</summary>
    TwoLeaders = 10,

    /// <summary>Something is left though every fault is healed.</summary>
    NotDrained = 11,

    /// <summary>An answer that no right request should get.</summary>
    UnexpectedAnswer = 12,
}

/// <summary>One thing that must not be.</summary>
/// <param name="Rule">What it breaks.</param>
/// <param name="AtUs">When it became visible, in microseconds of the history.</param>
/// <param name="Sentence">What happened, with ids and operations.</param>
internal sealed record Violation(Rule Rule, long AtUs, string Sentence)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Rule}: {Sentence}";
}

/// <summary>A time without any acknowledged enqueue.</summary>
/// <param name="BeginUs">The acknowledgement before, or the begin of the load.</param>
/// <param name="EndUs">The acknowledgement after, or the end of the load.</param>
internal sealed record Gap(long BeginUs, long EndUs)
{
    /// <summary>How long it was.</summary>
    public TimeSpan Length => TimeSpan.FromMicroseconds(EndUs - BeginUs);
}

/// <summary>How attempts of one kind ended.</summary>
internal sealed record AttemptCounts(long Ok, long Refused, long Unknown)
{
    /// <summary>All of them.</summary>
    public long All => Ok + Refused + Unknown;
}

/// <summary>Faults of one kind.</summary>
/// <param name="Count">How many.</param>
/// <param name="LongestGap">The longest gap that overlaps one of them; with faults in parallel each is charged for
/// it.</param>
internal sealed record FaultFigures(int Count, TimeSpan LongestGap);

/// <summary>What a run was like.</summary>
internal sealed record Figures
{
    /// <summary>From the first to the last record.</summary>
    public TimeSpan Length { get; init; }

    /// <summary>Attempts by kind.</summary>
    public IReadOnlyDictionary<OperationKind, AttemptCounts> Attempts { get; init; } =
        new Dictionary<OperationKind, AttemptCounts>();

    /// <summary>Jobs that were acknowledged.</summary>
    public long Acknowledged { get; init; }

    /// <summary>Of these, jobs whose result a pull gave.</summary>
    public long Pulled { get; init; }

    /// <summary>Of these, jobs that were cancelled.</summary>
    public long Cancelled { get; init; }

    /// <summary>Results compared with the oracle.</summary>
    public long ResultsCompared { get; init; }

    /// <summary>Enqueue keys that needed more than one attempt.</summary>
    public long EnqueuesRepeated { get; init; }

    /// <summary>Pull keys whose first answer was lost and that gave results when they were repeated.</summary>
    public long PullsRecovered { get; init; }

    /// <summary>Moves of a checkpoint that somebody saw.</summary>
    public long CheckpointsSeen { get; init; }

    /// <summary>Points (index, digest) that at least two nodes showed, and were compared.</summary>
    public long DigestsCompared { get; init; }

    /// <summary>Terms in which somebody led.</summary>
    public int LeaderTerms { get; init; }

    /// <summary>The longest time without an acknowledged enqueue, while there was load.</summary>
    public Gap LongestGap { get; init; } = new(0, 0);

    /// <summary>Gaps long enough to be told, in order.</summary>
    public IReadOnlyList<Gap> Gaps { get; init; } = [];

    /// <summary>Faults by kind.</summary>
    public IReadOnlyDictionary<string, FaultFigures> Faults { get; init; } = new Dictionary<string, FaultFigures>();
}

/// <summary>What the checker says of a history.</summary>
internal sealed record Verdict(IReadOnlyList<Violation> Violations, Figures Figures)
{
    private static readonly Rule[] LostRules = [Rule.Lost, Rule.PullAnswerLost, Rule.NotDrained];
    private static readonly Rule[] DoubledRules = [Rule.PulledTwice, Rule.KeyMadeTwoJobs];
    private static readonly Rule[] WrongRules = [Rule.WrongResult, Rule.NeverSent];

    /// <summary>True when nothing is broken.</summary>
    public bool IsRight => Violations.Count == 0;

    /// <summary>Violations that say that something was lost.</summary>
    public int Lost => Count(LostRules);

    /// <summary>Violations that say that something is there twice.</summary>
    public int Doubled => Count(DoubledRules);

    /// <summary>Violations that say that a result is wrong.</summary>
    public int Wrong => Count(WrongRules);

    /// <summary>Violations of any other kind.</summary>
    public int Other => Violations.Count - Lost - Doubled - Wrong;

    private int Count(Rule[] rules) => Violations.Count(violation => rules.Contains(violation.Rule));
}
