namespace JobNode.Bench.Report;

/// <summary>Every figure that was measured: of one side, in one cell of one question, once per round.</summary>
internal sealed class Samples
{
    private readonly Dictionary<(string Question, string Cell, string Side, string Metric), Dictionary<int, double>>
        _values = [];

    /// <summary>Notes a figure.</summary>
    public void Add(string question, string cell, string side, string metric, int round, double value)
    {
        var key = (question, cell, side, metric);
        if (!_values.TryGetValue(key, out Dictionary<int, double>? rounds))
        {
            _values.Add(key, rounds = []);
        }

        rounds[round] = value;
    }

    /// <summary>The sides of a question, in the order in which they were first measured.</summary>
    public IReadOnlyList<string> Sides(string question) =>
        [.. _values.Keys.Where(key => key.Question == question).Select(key => key.Side).Distinct()];

    /// <summary>The cells of a question, in the order in which they were first measured.</summary>
    public IReadOnlyList<string> Cells(string question) =>
        [.. _values.Keys.Where(key => key.Question == question).Select(key => key.Cell).Distinct()];

    /// <summary>Median and spread over the rounds; null when it was not measured.</summary>
    public Spread? Of(string question, string cell, string side, string metric) =>
        _values.TryGetValue((question, cell, side, metric), out Dictionary<int, double>? rounds)
            ? Spread.Of(rounds.Values)
            : null;

    /// <summary>How many times one side is the other, round by round.</summary>
    public Spread? Ratio(string question, string cell, string side, string other, string metric)
    {
        if (!_values.TryGetValue((question, cell, side, metric), out Dictionary<int, double>? ours)
            || !_values.TryGetValue((question, cell, other, metric), out Dictionary<int, double>? theirs))
        {
            return null;
        }

        double[] ratios = [.. ours.Keys.Where(theirs.ContainsKey).Where(round => theirs[round] > 0)
            .Select(round => ours[round] / theirs[round])];
        return ratios.Length == 0 ? null : Spread.Of(ratios);
    }
}

/// <summary>A figure over several rounds.</summary>
internal sealed record Spread(double Median, double Min, double Max)
{
    /// <summary>Of values in any order.</summary>
    public static Spread Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        double middle = sorted.Length % 2 == 1
            ? sorted[sorted.Length / 2]
            : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
        return new Spread(middle, sorted[0], sorted[^1]);
    }
}
