using System.Globalization;
using System.Net;
using System.Text;

namespace JobNode.Bench.Report;

/// <summary>
/// Horizontal bars in groups as SVG, readable on light and dark paper. Each group has its own scale from zero, since
/// groups differ by orders of magnitude; a thin line over the end of a bar goes from the least to the most. The greys
/// are readable on both also where the media query is not understood.
/// </summary>
internal static class BarChart
{
    private const int Width = 860;
    private const int LabelWidth = 290;
    private const int ValueWidth = 90;
    private const int BarHeight = 18;
    private const int BarGap = 6;
    private const int GroupGap = 34;
    private const int Top = 46;

    private const string Style = """
        text { font: 13px system-ui, sans-serif; fill: #6e7781 }
        .title { font-weight: 600; font-size: 15px }
        .group { font-weight: 600 }
        .label { text-anchor: end }
        .ours { fill: #1a7f64 }
        .other { fill: #8c9bab }
        .spread { stroke: #57606a; stroke-width: 1.5 }
        .axis { stroke: #8c9bab }
        @media (prefers-color-scheme: dark) {
          text { fill: #e6edf3 }
          .ours { fill: #3fb994 }
          .other { fill: #6e7b89 }
          .spread { stroke: #e6edf3 }
        }
        """;

    /// <summary>Draws a group for each cell of a question.</summary>
    public static string Draw(Samples samples, string question, string metric, string title)
    {
        var body = new StringBuilder();
        int y = Top;
        foreach (string cell in samples.Cells(question))
        {
            (string Side, Spread Value)[] bars =
            [
                .. samples.Sides(question)
                    .Where(side => samples.Of(question, cell, side, metric) is not null)
                    .Select(side => (side, samples.Of(question, cell, side, metric)!)),
            ];
            body.Append(Text(0, y, "group", cell));
            y += BarGap;
            double most = bars.Max(static bar => bar.Value.Max);
            foreach ((string side, Spread value) in bars)
            {
                body.Append(Bar(y, side, value, most));
                y += BarHeight + BarGap;
            }

            body.Append(Line("axis", LabelWidth, LabelWidth, y - (bars.Length * (BarHeight + BarGap)), y));
            y += GroupGap;
        }

        int height = y - GroupGap + 14;
        return $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{Width}\" height=\"{height}\" "
            + $"viewBox=\"-8 0 {Width} {height}\">\n<style>\n{Style}\n</style>\n"
            + $"{Text(0, 20, "title", title)}{body}</svg>\n";
    }

    private static string Bar(int y, string side, Spread value, double most)
    {
        double scale = (Width - LabelWidth - ValueWidth - 20) / most;
        int middle = y + (BarHeight / 2);
        double end = LabelWidth + (value.Max * scale);
        string whose = side.StartsWith("jobnode", StringComparison.Ordinal) ? "ours" : "other";
        return Text(LabelWidth - 8, middle + 5, "label", side)
            + string.Create(
                CultureInfo.InvariantCulture,
                $"<rect class=\"{whose}\" x=\"{LabelWidth}\" y=\"{y}\" width=\"{value.Median * scale:0.0}\" ")
            + $"height=\"{BarHeight}\"/>\n"
            + Line("spread", LabelWidth + (value.Min * scale), end, middle, middle)
            + Text(end + 8, middle + 5, "value", Figures.Short(value.Median));
    }

    private static string Line(string style, double x1, double x2, double y1, double y2) => string.Create(
        CultureInfo.InvariantCulture,
        $"<line class=\"{style}\" x1=\"{x1:0.0}\" x2=\"{x2:0.0}\" y1=\"{y1:0.0}\" y2=\"{y2:0.0}\"/>\n");

    private static string Text(double x, double y, string style, string text) => string.Create(
        CultureInfo.InvariantCulture,
        $"<text class=\"{style}\" x=\"{x:0.0}\" y=\"{y:0.0}\">{WebUtility.HtmlEncode(text)}</text>\n");
}
