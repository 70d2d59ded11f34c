using System.Globalization;
using JobNode.Chaos.Histories;

namespace JobNode.Chaos.Timelines;

/// <summary>Draws a timeline from top to bottom: time, faults, nodes, rates, violations.</summary>
internal sealed class TimelineDrawing(TimelineData data, Verdict verdict)
{
    private const double LabelWidth = 150;
    private const double RightMargin = 20;
    private const double LaneHeight = 20;
    private const double LaneGap = 4;
    private const double CurveHeight = 130;
    private const double SmallCurveHeight = 60;
    private const double PixelsMin = 1250;

    /// <summary>Pixels for a second of a long run; the page scrolls.</summary>
    private const double PixelsPerSecond = 0.5;

    private const string Rate = "class=\"rate\"";

    private static readonly string[] FaultColours =
    [
        "#b5651d", "#7b4ea3", "#c2428a", "#2a7f8e", "#8a7a12", "#4c6fb3", "#a8443c", "#5b7f3a", "#6b5b53", "#30608f",
    ];

    private readonly SvgWriter _svg = new();
    private double _y = 6;

    private double Plot => Math.Max(PixelsMin, data.LengthUs / 1e6 * PixelsPerSecond);

    /// <summary>The colour of each kind of fault.</summary>
    public IReadOnlyDictionary<string, string> Colours { get; } = data.Faults
        .Select(fault => fault.Fault.Kind).Distinct().Order(StringComparer.Ordinal)
        .Select((kind, place) => (kind, Colour: FaultColours[place % FaultColours.Length]))
        .ToDictionary(pair => pair.kind, pair => pair.Colour);

    /// <summary>The whole drawing as an SVG element.</summary>
    public string Draw()
    {
        DrawAxis();
        DrawFaults();
        DrawNodes();
        DrawRates();
        DrawFailures();
        DrawViolations();
        double height = _y + 6;
        SvgWriter back = new();
        DrawGaps(back, height);
        double width = LabelWidth + Plot + RightMargin;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"<svg id=\"timeline\" xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:F0}\" height=\"{height:F0}\""
            + $" viewBox=\"0 0 {width:F0} {height:F0}\" data-left=\"{LabelWidth:F0}\" data-plot=\"{Plot:F0}\""
            + $" data-seconds=\"{data.LengthUs / 1e6:F3}\">\n{back}{_svg}"
            + $"<line id=\"cursor\" y1=\"0\" y2=\"{height:F0}\" class=\"cursor\"/></svg>");
    }

    /// <summary>The colour of a leader: another one for every term.</summary>
    public static string LeaderColour(ulong term) => string.Create(
        CultureInfo.InvariantCulture, $"hsl({(term * 67) % 360},70%,40%)");

    private double X(long us) => LabelWidth + (Math.Clamp(us, 0, data.LengthUs) / (double)data.LengthUs * Plot);

    private double Width(long beginUs, long endUs) => Math.Max(1.5, X(endUs) - X(beginUs));

    private void DrawAxis()
    {
        double seconds = data.LengthUs / 1e6;
        double[] nice = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600];
        double step = nice.FirstOrDefault(candidate => seconds / candidate <= Plot / 80, 1800);
        for (double at = 0; at <= seconds; at += step)
        {
            double x = X((long)(at * 1e6));
            _svg.Stroke(x, _y + 16, x, _y + 22, "class=\"tick\"");
            TimeSpan time = TimeSpan.FromSeconds(at);
            _svg.Text(x, _y + 12, time.ToString(seconds >= 3600 ? @"h\:mm\:ss" : @"m\:ss"), "class=\"axis\"");
        }

        _svg.Stroke(LabelWidth, _y + 22, LabelWidth + Plot, _y + 22, "class=\"tick\"");
        _y += 30;
    }

    private void DrawFaults()
    {
        foreach ((string kind, string colour) in Colours)
        {
            FaultFigures? figures = verdict.Figures.Faults.GetValueOrDefault(kind);
            Label($"{kind} ({figures?.Count ?? 0})");
            Ground();
            foreach (TimelineFault fault in data.Faults.Where(fault => fault.Fault.Kind == kind))
            {
                _svg.Box(X(fault.Fault.AtUs), _y + 2, Width(fault.Fault.AtUs, fault.EndUs), LaneHeight - 4,
                    $"fill=\"{colour}\" fill-opacity=\"0.75\"", Describe(fault));
            }

            _y += LaneHeight + LaneGap;
        }

        _y += 8;
    }

    private void DrawNodes()
    {
        foreach ((string node, IReadOnlyList<TimelineSegment> segments) in data.Nodes)
        {
            Label(node);
            Ground();
            foreach (TimelineSegment segment in segments)
            {
                string style = segment.Role switch
                {
                    "leader" => $"fill=\"{LeaderColour(segment.Term)}\"",
                    TimelineSegment.NoAnswer => "class=\"silent\"",
                    "voter" => "class=\"voter\"",
                    "candidate" or "none" => "class=\"candidate\"",
                    _ => "class=\"other\"",
                };
                string term = segment.Term == 0 ? "" : $" of term {segment.Term}";
                _svg.Box(X(segment.BeginUs), _y, Width(segment.BeginUs, segment.EndUs), LaneHeight, style,
                    $"{node}: {segment.Role}{term}, {Findings.Time(segment.BeginUs)}"
                    + $" to {Findings.Time(segment.EndUs)}");
                if (segment.Term != 0 && Width(segment.BeginUs, segment.EndUs) > 50)
                {
                    _svg.Text(X(segment.BeginUs) + 4, _y + 14, $"term {segment.Term}", "class=\"inside\"");
                }
            }

            foreach (TimelineFault fault in data.Faults.Where(fault => fault.Fault.Targets.Contains(node)))
            {
                _svg.Box(X(fault.Fault.AtUs), _y + LaneHeight - 5, Width(fault.Fault.AtUs, fault.EndUs), 5,
                    $"fill=\"{Colours[fault.Fault.Kind]}\" stroke=\"#fff\" stroke-width=\"0.5\"", Describe(fault));
            }

            _y += LaneHeight + LaneGap;
        }

        _y += 8;
    }

    private void DrawRates()
    {
        double seconds = data.StepUs / 1e6;
        double top = Nice(data.Acknowledged.Concat(data.Pulled).Max() / seconds);
        Frame(CurveHeight, top, "jobs / s");
        Curve(data.Pulled, CurveHeight, top, "fill=\"none\" stroke=\"#d08a00\" stroke-width=\"1.2\"");
        Curve(data.Acknowledged, CurveHeight, top, "fill=\"none\" stroke=\"#14755a\" stroke-width=\"1.6\"");
        _svg.Text(4, _y + 34, "acknowledged", "style=\"fill:#14755a\"");
        _svg.Text(4, _y + 50, "pulled", "style=\"fill:#d08a00\"");
        _y += CurveHeight + 14;
    }

    private void DrawFailures()
    {
        double top = Nice(data.Refused.Concat(data.Unknown).Max() / (data.StepUs / 1e6));
        Frame(SmallCurveHeight, top, "attempts / s");
        Curve(data.Refused, SmallCurveHeight, top, "fill=\"none\" stroke=\"#6a6a6a\" stroke-width=\"1.2\"");
        Curve(data.Unknown, SmallCurveHeight, top, "fill=\"none\" stroke=\"#b3261e\" stroke-width=\"1.4\"");
        _svg.Text(4, _y + 32, "unknown", "style=\"fill:#b3261e\"");
        _svg.Text(4, _y + 48, "refused", "style=\"fill:#6a6a6a\"");
        _y += SmallCurveHeight + 14;
    }

    private void DrawViolations()
    {
        Label($"violations: {verdict.Violations.Count}");
        Ground();
        foreach (Violation violation in verdict.Violations)
        {
            _svg.Mark(X(violation.AtUs), _y + 4, "class=\"violation\"", violation.ToString());
        }

        _y += LaneHeight + LaneGap;
    }

    private void DrawGaps(SvgWriter back, double height)
    {
        foreach (Gap gap in verdict.Figures.Gaps)
        {
            string length = string.Create(CultureInfo.InvariantCulture, $"{gap.Length.TotalSeconds:F1} s");
            back.Box(X(gap.BeginUs), 28, Width(gap.BeginUs, gap.EndUs), height - 34, "class=\"gap\"",
                $"no enqueue acknowledged for {length}, until {Findings.Time(gap.EndUs)}");
            if (gap.Length.TotalSeconds >= 2)
            {
                back.Text(X(gap.BeginUs) + 2, height - 2, length, "class=\"gaplabel\"");
            }
        }
    }

    private void Label(string text) => _svg.Text(4, _y + 14, text, "class=\"label\"");

    private void Ground() => _svg.Box(LabelWidth, _y, Plot, LaneHeight, "class=\"ground\"");

    private void Frame(double height, double top, string unit)
    {
        _svg.Text(4, _y + 14, unit, "class=\"label\"");
        foreach (double part in (double[])[0, 0.5, 1])
        {
            double y = _y + (height * (1 - part));
            _svg.Stroke(LabelWidth, y, LabelWidth + Plot, y, "class=\"grid\"");
            _svg.Text(LabelWidth - 4, y + 4, (top * part).ToString("0.#", CultureInfo.InvariantCulture), Rate);
        }
    }

    private void Curve(long[] counts, double height, double top, string style)
    {
        double perSecond = 1e6 / data.StepUs;
        _svg.Curve(
            counts.Select((count, step) => (
                X((step * data.StepUs) + (data.StepUs / 2)),
                _y + (height * (1 - Math.Min(1, count * perSecond / top))))),
            style);
    }

    private static double Nice(double most)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(Math.Max(most, 1))));
        return ((double[])[1, 2, 5, 10]).Select(factor => factor * power).First(top => top >= most);
    }

    private static string Describe(TimelineFault fault) =>
        $"{fault.Fault.Kind} at {string.Join(", ", fault.Fault.Targets)}: {fault.Fault.Description}"
        + $" ({Findings.Time(fault.Fault.AtUs)} to {Findings.Time(fault.EndUs)})";
}
