using System.Globalization;
using System.Text;
using JobNode.Chaos.Histories;
using JobNode.Chaos.Hosts;

namespace JobNode.Chaos;

/// <summary>What a run showed.</summary>
/// <param name="Options">What it was asked for.</param>
/// <param name="Rounds">Rounds of faults.</param>
/// <param name="Verdict">Of the checker.</param>
/// <param name="Faults">All faults of the rounds that came to their end.</param>
/// <param name="Findings">What the harness saw itself: nodes that ended unasked, a cluster that did not heal.</param>
/// <param name="Counts">What was done to nodes beside the faults.</param>
/// <param name="Hits">Faults below the C library that took effect, by host.</param>
/// <param name="Packets">Handed over.</param>
/// <param name="PacketsLost">Taken by faults.</param>
internal sealed record RunResult(
    ChaosOptions Options,
    int Rounds,
    Verdict Verdict,
    IReadOnlyList<InflictedFault> Faults,
    IReadOnlyList<string> Findings,
    IReadOnlyDictionary<string, int> Counts,
    IReadOnlyDictionary<string, ShimHits> Hits,
    long Packets,
    long PacketsLost)
{
    private const int ViolationsShown = 20;

    /// <summary>True when nothing was found.</summary>
    public bool IsRight => Verdict.IsRight && Findings.Count == 0;

    /// <summary>The figures in Markdown.</summary>
    public string Summary()
    {
        Figures figures = Verdict.Figures;
        StringBuilder text = new();
        double minutes = figures.Length.TotalMinutes;
        Add(text, $"seed {Options.Seed}, {Options.Nodes} nodes, {minutes:F1} minutes, {Rounds} rounds");
        Add(text, $"");
        Add(text, $"| calls | done | refused | outcome unknown |");
        Add(text, $"| --- | --- | --- | --- |");
        foreach ((OperationKind kind, AttemptCounts counts) in figures.Attempts.OrderBy(pair => pair.Key))
        {
            Add(text, $"| {kind} | {counts.Ok} | {counts.Refused} | {counts.Unknown} |");
        }

        Add(text, $"");
        Add(text, $"| fault | alone | longest time without an accepted job | with others | longest then |");
        Add(text, $"| --- | --- | --- | --- | --- |");
        foreach (IGrouping<string, InflictedFault> kind in Faults
            .GroupBy(fault => fault.Kind)
            .OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            InflictedFault[] alone = [.. kind.Where(fault => fault.IsAlone)];
            InflictedFault[] mixed = [.. kind.Where(fault => !fault.IsAlone)];
            Add(text, $"| {kind.Key} | {alone.Length} | {Longest(alone)} | {mixed.Length} | {Longest(mixed)} |");
        }

        Add(text, $"");
        Add(text, $"| figure | value |");
        Add(text, $"| --- | --- |");
        Add(text, $"| jobs acknowledged | {figures.Acknowledged} |");
        Add(text, $"| lost | {Verdict.Lost} |");
        Add(text, $"| doubled | {Verdict.Doubled} |");
        Add(text, $"| wrong | {Verdict.Wrong} |");
        Add(text, $"| other rules broken | {Verdict.Other + Findings.Count} |");
        Add(text, $"| results compared with the oracle | {figures.ResultsCompared} |");
        Add(text, $"| cancelled | {figures.Cancelled} |");
        Add(text, $"| enqueues repeated under their key | {figures.EnqueuesRepeated} |");
        Add(text, $"| pulls recovered after a lost answer | {figures.PullsRecovered} |");
        Add(text, $"| state digests compared between nodes | {figures.DigestsCompared} |");
        Add(text, $"| terms with a leader | {figures.LeaderTerms} |");
        Add(text, $"| longest time without an accepted job | {figures.LongestGap.Length.TotalSeconds:F1} s |");
        Add(text, $"| packets passed, taken by faults | {Packets}, {PacketsLost} |");
        Add(text, $"| false clock readings | {Hits.Values.Sum(hit => hit.Clock)} |");
        Add(text, $"| failed syncs | {Hits.Values.Sum(hit => hit.Syncs)} |");
        Add(text, $"| failed writes | {Hits.Values.Sum(hit => hit.Writes)} |");
        Add(text, $"| failed reads | {Hits.Values.Sum(hit => hit.Reads)} |");
        Add(text, $"| slow syncs | {Hits.Values.Sum(hit => hit.Delays)} |");
        foreach ((string what, int count) in Counts)
        {
            Add(text, $"| {what} | {count} |");
        }

        IEnumerable<string> found = Findings.Concat(Verdict.Violations.Select(violation => violation.ToString()));
        foreach (string sentence in found.Take(ViolationsShown))
        {
            Add(text, $"");
            Add(text, $"FOUND: {sentence}");
        }

        return text.ToString();
    }

    /// <summary>Shorter gaps than half a second are not told one by one.</summary>
    private string Longest(InflictedFault[] faults)
    {
        TimeSpan longest = faults.Select(fault => fault.LongestOf(Verdict.Figures.Gaps)).DefaultIfEmpty().Max();
        return faults.Length == 0 ? ""
            : longest == TimeSpan.Zero ? "< 0.5 s"
            : string.Create(CultureInfo.InvariantCulture, $"{longest.TotalSeconds:F1} s");
    }

    private static void Add(StringBuilder text, FormattableString line) =>
        text.AppendLine(line.ToString(CultureInfo.InvariantCulture));
}
