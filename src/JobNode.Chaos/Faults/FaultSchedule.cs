namespace JobNode.Chaos.Faults;

/// <summary>One fault of a round.</summary>
/// <param name="Kind">Which.</param>
/// <param name="Seed">Of its own dice.</param>
/// <param name="Delay">After the begin of the round.</param>
/// <param name="Duration">Until it is taken back.</param>
internal sealed record PlannedFault(FaultKind Kind, int Seed, TimeSpan Delay, TimeSpan Duration);

/// <summary>
/// What happens when, decided by the seed alone: rounds of one to four faults, alone or overlapping. Each kind comes as
/// often as any other (a shuffled deck), and no round has more loss of data than is promised to be survived.
/// </summary>
internal sealed class FaultSchedule(int seed, IReadOnlyList<FaultKind> kinds)
{
    private const int FaultsMax = 4;
    private const int OverlapMs = 6_000;
    private const int ShortMs = 1_000;
    private const int LongMs = 15_000;
    private const int VeryLongMs = 50_000;
    private const int VeryLongInverse = 12;

    private readonly Random _random = new(seed);
    private readonly Queue<FaultKind> _deck = new();

    /// <summary>The next round.</summary>
    public IReadOnlyList<PlannedFault> NextRound()
    {
        // Half of the rounds have one fault alone, so that what it costs by itself is seen.
        int count = _random.Next(2) == 0 ? 1 : _random.Next(2, FaultsMax + 1);
        List<PlannedFault> round = [];
        for (int i = 0; i < count; i++)
        {
            FaultKind kind = Draw();
            int faultSeed = _random.Next();
            int delayMs = i == 0 ? 0 : _random.Next(OverlapMs);
            int durationMs = _random.Next(VeryLongInverse) == 0
                ? _random.Next(LongMs, VeryLongMs)
                : _random.Next(ShortMs, LongMs);
            if (kind.Group == FaultGroup.Harmless || round.All(other => other.Kind.Group == FaultGroup.Harmless))
            {
                round.Add(new PlannedFault(
                    kind, faultSeed, TimeSpan.FromMilliseconds(delayMs), TimeSpan.FromMilliseconds(durationMs)));
            }
            else
            {
                // It may come in the next round.
                _deck.Enqueue(kind);
            }
        }

        return round;
    }

    private FaultKind Draw()
    {
        if (_deck.Count == 0)
        {
            FaultKind[] shuffled = [.. kinds];
            _random.Shuffle(shuffled);
            foreach (FaultKind kind in shuffled)
            {
                _deck.Enqueue(kind);
            }
        }

        return _deck.Dequeue();
    }
}
