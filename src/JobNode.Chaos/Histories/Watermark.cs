namespace JobNode.Chaos.Histories;

/// <summary>How far a job is: its state, and while it is pending the iterations of its last checkpoint.</summary>
internal readonly record struct Position(int Rank, ulong Done) : IComparable<Position>
{
    /// <summary>The states in the order in which a job goes through them.</summary>
    public static Position Of(string? state, ulong done) => state switch
    {
        "pending" => new(0, done),
        // Progress of a running job is the leader's view, not replicated: it binds nothing that comes later.
        "running" => new(0, 0),
        "completed" => new(1, 0),
        "pulled" => new(2, 0),
        "cancelled" => new(3, 0),
        _ => throw new InvalidDataException($"'{state}' is no state of a job"),
    };

    /// <inheritdoc/>
    public int CompareTo(Position other) =>
        Rank != other.Rank ? Rank.CompareTo(other.Rank) : Done.CompareTo(other.Done);

    /// <inheritdoc/>
    public override string ToString() => Rank switch
    {
        0 => $"pending with {Done} iterations",
        1 => "completed",
        2 => "pulled",
        _ => "cancelled",
    };
}

/// <summary>
/// The furthest that anybody was told, and since when. A call that begins after an answer came must not be told less;
/// calls that overlap bind each other in no way.
/// </summary>
internal sealed class Watermark
{
    private readonly List<(Position Position, long SinceUs)> _steps = [];

    /// <summary>What a call that begins at this time must at least be told, or null.</summary>
    public (Position Position, long SinceUs)? Before(long beginUs)
    {
        for (int step = _steps.Count - 1; step >= 0; step--)
        {
            if (_steps[step].SinceUs < beginUs)
            {
                return _steps[step];
            }
        }

        return null;
    }

    /// <summary>Somebody was told this. True when it is further than before.</summary>
    public bool Raise(Position position, long atUs)
    {
        if (_steps.Count > 0 && _steps[^1].Position.CompareTo(position) >= 0)
        {
            return false;
        }

        _steps.Add((position, atUs));
        return true;
    }
}
