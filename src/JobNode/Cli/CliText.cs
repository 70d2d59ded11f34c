using System.Globalization;

namespace JobNode.Cli;

/// <summary>Numbers as people read them.</summary>
internal static class CliText
{
    private static readonly string[] Units = ["", "k", "M", "G", "T", "P", "E"];

    /// <summary>For example 12.3M.</summary>
    public static string Short(double value)
    {
        int unit = 0;
        while (Math.Abs(value) >= 999.5 && unit < Units.Length - 1)
        {
            value /= 1000;
            unit++;
        }

        return value.ToString(unit == 0 ? "0" : "0.0", CultureInfo.InvariantCulture) + Units[unit];
    }

    /// <summary>For example 45 s, 12 min, 3.5 h, 2.1k days.</summary>
    public static string Duration(double? seconds) => seconds switch
    {
        null => "unknown",
        < 90 => $"{Math.Ceiling(seconds.Value):0} s",
        < 5400 => $"{seconds.Value / 60:0} min",
        < 172_800 => (seconds.Value / 3600).ToString("0.0", CultureInfo.InvariantCulture) + " h",
        _ => $"{Short(seconds.Value / 86_400)} days",
    };

    /// <summary>For example 1 job, 2 jobs.</summary>
    public static string Count(long count, string thing) => $"{count} {thing}{(count == 1 ? "" : "s")}";

    /// <summary>For example 51.2%; never 100% before it is.</summary>
    public static string Percent(double share) =>
        (Math.Floor(share * 1000) / 10).ToString("0.0", CultureInfo.InvariantCulture) + "%";

    /// <summary>The first sentence: what is wrong, without what to do about it.</summary>
    public static string FirstSentence(string text)
    {
        int end = text.IndexOf(". ", StringComparison.Ordinal);
        return end < 0 ? text : text[..(end + 1)];
    }

    /// <summary>So many cells, full as far as the share goes.</summary>
    public static string Bar(double share, int cells)
    {
        int full = (int)(Math.Clamp(share, 0, 1) * cells);
        return new string('#', full) + new string('.', cells - full);
    }

    /// <summary>Columns as wide as their widest cell; numbers to the right.</summary>
    public static IEnumerable<string> Table(IReadOnlyList<string[]> rows, IReadOnlySet<int> rightAligned)
    {
        int columns = rows[0].Length;
        int[] widths = [.. Enumerable.Range(0, columns).Select(column => rows.Max(row => row[column].Length))];
        foreach (string[] row in rows)
        {
            IEnumerable<string> cells = row.Select((cell, column) =>
                rightAligned.Contains(column) ? cell.PadLeft(widths[column]) : cell.PadRight(widths[column]));
            yield return string.Join("  ", cells).TrimEnd();
        }
    }
}
