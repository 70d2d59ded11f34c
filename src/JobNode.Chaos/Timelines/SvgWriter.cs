using System.Globalization;
using System.Net;
using System.Text;

namespace JobNode.Chaos.Timelines;

/// <summary>Writes SVG elements. Text is escaped here and nowhere else; coordinates are pixels.</summary>
internal sealed class SvgWriter
{
    private readonly StringBuilder _svg = new();

    /// <summary>A rectangle with a tooltip.</summary>
    public void Box(double x, double y, double width, double height, string style, string? tooltip = null)
    {
        string title = tooltip is null ? "" : $"<title>{Escape(tooltip)}</title>";
        Line($"<rect x=\"{x:F1}\" y=\"{y:F1}\" width=\"{width:F1}\" height=\"{height:F1}\" {style}>{title}</rect>");
    }

    /// <summary>A text; its class says where it is anchored.</summary>
    public void Text(double x, double y, string text, string style = "") =>
        Line($"<text x=\"{x:F1}\" y=\"{y:F1}\" {style}>{Escape(text)}</text>");

    /// <summary>A straight line.</summary>
    public void Stroke(double x1, double y1, double x2, double y2, string style) =>
        Line($"<line x1=\"{x1:F1}\" y1=\"{y1:F1}\" x2=\"{x2:F1}\" y2=\"{y2:F1}\" {style}/>");

    /// <summary>A line through points, or the area below it.</summary>
    public void Curve(IEnumerable<(double X, double Y)> points, string style)
    {
        string all = string.Join(' ', points.Select(point => string.Create(
            CultureInfo.InvariantCulture, $"{point.X:F1},{point.Y:F1}")));
        Line($"<polyline points=\"{all}\" {style}/>");
    }

    /// <summary>A small triangle that points up, with a tooltip.</summary>
    public void Mark(double x, double y, string style, string tooltip) => Line(
        $"<path d=\"M{x - 6:F1} {y + 12:F1} l6 -12 l6 12 Z\" {style}><title>{Escape(tooltip)}</title></path>");

    /// <summary>Text as it may stand in HTML and SVG.</summary>
    public static string Escape(string text) => WebUtility.HtmlEncode(text);

    /// <inheritdoc/>
    public override string ToString() => _svg.ToString();

    private void Line(FormattableString element) =>
        _svg.AppendLine(element.ToString(CultureInfo.InvariantCulture));
}
