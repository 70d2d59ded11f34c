using JobNode.Chaos.Histories;

namespace JobNode.Chaos;

/// <summary>A fault of a round that is over.</summary>
/// <param name="Kind">Which.</param>
/// <param name="BeginUs">When it began, by the history's clock.</param>
internal sealed record InflictedFault(string Kind, long BeginUs)
{
    /// <summary>When the cluster was whole again.</summary>
    public long EndUs { get; init; }

    /// <summary>No other fault was in the round.</summary>
    public bool IsAlone { get; init; }

    /// <summary>The longest of these gaps that overlaps the time from the fault to the recovery.</summary>
    public TimeSpan LongestOf(IEnumerable<Gap> gaps) => gaps
        .Where(gap => gap.EndUs > BeginUs && gap.BeginUs < EndUs)
        .Select(gap => gap.Length)
        .DefaultIfEmpty()
        .Max();
}
