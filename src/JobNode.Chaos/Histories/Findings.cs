using System.Globalization;

namespace JobNode.Chaos.Histories;

/// <summary>Collects violations; of one rule only so many, since one bug can break a rule a million times.</summary>
internal sealed class Findings
{
    private const int SentencesPerRule = 100;

    private readonly List<Violation> _violations = [];
    private readonly Dictionary<Rule, int> _counts = [];

    /// <summary>What was found, in the order of time.</summary>
    public IReadOnlyList<Violation> InOrder()
    {
        List<Violation> all = [.. _violations];
        foreach ((Rule rule, int count) in _counts)
        {
            if (count > SentencesPerRule)
            {
                long last = _violations.Where(violation => violation.Rule == rule).Max(violation => violation.AtUs);
                all.Add(new Violation(rule, last, $"and {count - SentencesPerRule} more like these"));
            }
        }

        return [.. all.OrderBy(violation => violation.AtUs)];
    }

    /// <summary>Notes a violation.</summary>
    public void Add(Rule rule, long atUs, string sentence)
    {
        int count = _counts.GetValueOrDefault(rule);
        _counts[rule] = count + 1;
        if (count < SentencesPerRule)
        {
            _violations.Add(new Violation(rule, atUs, sentence));
        }
    }

    /// <summary>A time for sentences.</summary>
    public static string Time(long us) =>
        string.Create(CultureInfo.InvariantCulture, $"{us / 1e6:F3} s");

    /// <summary>An attempt for sentences: who asked whom for what, and when.</summary>
    public static string Name(Operation operation)
    {
        string what = operation.Kind switch
        {
            OperationKind.Enqueue => $"enqueue '{operation.Key}'",
            OperationKind.BatchLine => $"line '{operation.Key}' of a batch",
            OperationKind.Pull => $"pull '{operation.Key}'",
            OperationKind.Read => $"read of {operation.Id}",
            OperationKind.List => "list",
            _ => $"cancel of {operation.Id}",
        };
        return $"{what} at {operation.Node} ({Time(operation.BeginUs)} to {Time(operation.AtUs)})";
    }
}
