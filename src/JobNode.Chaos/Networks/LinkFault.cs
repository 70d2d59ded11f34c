namespace JobNode.Chaos.Networks;

/// <summary>What one direction between two hosts does to packets.</summary>
internal sealed record LinkFault
{
    /// <summary>Nothing at all.</summary>
    public static readonly LinkFault None = new();

    /// <summary>No packet passes.</summary>
    public bool IsCut { get; init; }

    /// <summary>Share of packets that vanish, 0 to 1.</summary>
    public double Loss { get; init; }

    /// <summary>Every packet takes so many milliseconds longer.</summary>
    public int DelayMs { get; init; }

    /// <summary>And up to so many more, evenly distributed: packets overtake each other.</summary>
    public int JitterMs { get; init; }

    /// <summary>Share of packets that come twice, 0 to 1.</summary>
    public double Duplicate { get; init; }

    /// <summary>Share of data packets that become a connection reset, 0 to 1.</summary>
    public double Reset { get; init; }

    /// <summary>Both at once.</summary>
    public LinkFault With(LinkFault other) => new()
    {
        IsCut = IsCut || other.IsCut,
        Loss = 1 - ((1 - Loss) * (1 - other.Loss)),
        DelayMs = DelayMs + other.DelayMs,
        JitterMs = Math.Max(JitterMs, other.JitterMs),
        Duplicate = 1 - ((1 - Duplicate) * (1 - other.Duplicate)),
        Reset = 1 - ((1 - Reset) * (1 - other.Reset)),
    };
}

/// <summary>One direction between two hosts, by their numbers.</summary>
internal readonly record struct Direction(byte From, byte To);
