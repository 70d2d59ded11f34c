using System.Globalization;

namespace JobNode.Bench.Report;

/// <summary>Figures as people read them, and tables of them.</summary>
internal static class Figures
{
    /// <summary>Three significant digits or whole thousands: 0.42, 13.7, 256, 12,300.</summary>
    public static string Short(double value) => Math.Abs(value) switch
    {
        0 => "0",
        >= 1e6 => (value / 1e6).ToString("0.0", CultureInfo.InvariantCulture) + "M",
        >= 100 => Math.Round(value, 0).ToString("#,##0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("0.0", CultureInfo.InvariantCulture),
        >= 0.1 => value.ToString("0.00", CultureInfo.InvariantCulture),
        _ => value.ToString("0.0000", CultureInfo.InvariantCulture),
    };

    /// <summary>Median (least–most).</summary>
    public static string Text(Spread? spread) => spread is null
        ? "–"
        : spread.Min == spread.Max
            ? Short(spread.Median)
            : $"{Short(spread.Median)} ({Short(spread.Min)}–{Short(spread.Max)})";

    /// <summary>A table: a row for each side, a column for each cell.</summary>
    public static string Table(Samples samples, string question, string metric, string head)
    {
        IReadOnlyList<string> cells = samples.Cells(question);
        return Lines(
            [head, .. cells],
            samples.Sides(question).Select(side =>
                (string[])[side, .. cells.Select(cell => Text(samples.Of(question, cell, side, metric)))]));
    }

    /// <summary>How many times the first side is each other one.</summary>
    public static string Ratios(Samples samples, string question, string metric, string side)
    {
        IReadOnlyList<string> cells = samples.Cells(question);
        return Lines(
            [$"{side} is … times", .. cells],
            samples.Sides(question).Where(other => other != side).Select(other =>
                (string[])
                [
                    other,
                    .. cells.Select(cell => Text(samples.Ratio(question, cell, side, other, metric))),
                ]));
    }

    /// <summary>Any table.</summary>
    public static string Lines(IReadOnlyList<string> head, IEnumerable<IReadOnlyList<string>> rows) =>
        string.Join('\n', [Row(head), Row([.. head.Select(static _ => "---")]), .. rows.Select(Row)]) + "\n";

    private static string Row(IReadOnlyList<string> cells) => $"| {string.Join(" | ", cells)} |";
}
