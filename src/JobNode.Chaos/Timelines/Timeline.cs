using System.Globalization;
using System.Text;
using JobNode.Chaos.Histories;

namespace JobNode.Chaos.Timelines;

/// <summary>One HTML file in which a person can see what happened in a run; it needs nothing beside it.</summary>
internal static class Timeline
{
    private const string Style = """
        body{font:14px/1.45 system-ui,sans-serif;margin:20px;color:#1c2126;background:#fff}
        h1{font-size:20px;margin:0 0 4px} h2{font-size:16px;margin:20px 0 6px}
        .right{color:#14755a} .wrong{color:#b3261e}
        table{border-collapse:collapse;margin:8px 0} td,th{padding:2px 14px 2px 0;text-align:left;vertical-align:top}
        td.n,th.n{text-align:right} th{font-weight:600;border-bottom:1px solid #c9ced3}
        .tables{display:flex;gap:48px;flex-wrap:wrap;align-items:flex-start}
        .scroll{overflow-x:auto;border:1px solid #d8dce0;padding:6px}
        svg text{font:12px system-ui,sans-serif;fill:#1c2126}
        .axis{text-anchor:middle} svg text.axis{fill:#555} .rate{text-anchor:end}
        svg text.rate{fill:#777;font-size:10px}
        .tick{stroke:#999} .grid{stroke:#e3e6e9} .ground{fill:#f3f5f7} .gap{fill:#b3261e;fill-opacity:.13}
        svg text.gaplabel{fill:#b3261e;font-size:11px} svg text.inside{fill:#fff;font-size:11px;pointer-events:none}
        .silent{fill:#3b3f44} .voter{fill:#bcd5c9} .candidate{fill:#f0c36d} .other{fill:#c3d3ea}
        .violation{fill:#b3261e} .cursor{stroke:#1c2126;stroke-dasharray:3 3;visibility:hidden}
        .legend span{display:inline-block;margin-right:16px} .legend i{display:inline-block;width:14px;height:12px;
        margin-right:5px;vertical-align:-1px} li{margin:3px 0;overflow-wrap:anywhere} #at{color:#555}
        """;

    private const string Script = """
        const svg=document.getElementById('timeline'),line=document.getElementById('cursor'),d=svg.dataset;
        svg.addEventListener('mousemove',e=>{const x=e.offsetX,s=(x-d.left)/d.plot*d.seconds;
        const inside=s>=0&&s<=+d.seconds;line.style.visibility=inside?'visible':'hidden';
        line.setAttribute('x1',x);line.setAttribute('x2',x);
        document.getElementById('at').textContent=inside?s.toFixed(1)+' s':''});
        """;

    /// <summary>Checks the history and writes its timeline.</summary>
    public static void Write(History history, string path) => Write(history, HistoryChecker.Check(history), path);

    /// <summary>Writes the timeline of a history that is checked already.</summary>
    public static void Write(History history, Verdict verdict, string path)
    {
        TimelineData data = TimelineData.Of(history, verdict.Figures.Length);
        TimelineDrawing drawing = new(data, verdict);
        StringBuilder page = new();
        page.Append(CultureInfo.InvariantCulture, $"""
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><title>jobnode chaos: timeline</title>
            <style>{Style}</style></head><body>
            <h1>jobnode under faults: {Clock(verdict.Figures.Length)}</h1>
            <p class="{(verdict.IsRight ? "right" : "wrong")}"><b>lost {verdict.Lost}, doubled {verdict.Doubled},
            wrong {verdict.Wrong}, other violations {verdict.Other}</b></p>
            <div class="tables">{AttemptTable(verdict.Figures)}{FigureTable(verdict.Figures)}{FaultTable(verdict)}</div>
            {Legend()}
            <div class="scroll">{drawing.Draw()}</div>
            {ViolationList(verdict)}
            <script>{Script}</script>
            </body></html>

            """);
        File.WriteAllText(path, page.ToString());
    }

    private static string Legend() =>
        $"""
        <p class="legend"><span><i style="background:{TimelineDrawing.LeaderColour(1)}"></i>leader (a colour per
        term)</span><span><i style="background:#bcd5c9"></i>voter</span><span><i
        style="background:#c3d3ea"></i>stand-by or spare</span><span><i
        style="background:#f0c36d"></i>candidate</span><span><i
        style="background:#3b3f44"></i>does not answer</span><span><i
        style="background:#f4dcda"></i>no enqueue acknowledged</span><span id="at"></span></p>
        """;

    private static string AttemptTable(Figures figures)
    {
        StringBuilder rows = new("<table><tr><th>attempts</th><th class=n>done</th><th class=n>refused</th>"
            + "<th class=n>unknown</th></tr>");
        foreach ((OperationKind kind, AttemptCounts counts) in figures.Attempts.OrderBy(pair => pair.Key))
        {
            rows.Append(CultureInfo.InvariantCulture,
                $"<tr><td>{NameOf(kind)}</td><td class=n>{counts.Ok}</td><td class=n>{counts.Refused}</td>"
                + $"<td class=n>{counts.Unknown}</td></tr>");
        }

        return rows.Append("</table>").ToString();
    }

    private static string FigureTable(Figures figures)
    {
        (string Name, string Value)[] rows =
        [
            ("jobs acknowledged", $"{figures.Acknowledged}"),
            ("of these pulled", $"{figures.Pulled}"),
            ("of these cancelled", $"{figures.Cancelled}"),
            ("results compared", $"{figures.ResultsCompared}"),
            ("enqueues repeated", $"{figures.EnqueuesRepeated}"),
            ("broken pulls recovered", $"{figures.PullsRecovered}"),
            ("checkpoints seen", $"{figures.CheckpointsSeen}"),
            ("digests compared", $"{figures.DigestsCompared}"),
            ("terms with a leader", $"{figures.LeaderTerms}"),
            ("longest unavailability", Seconds(figures.LongestGap.Length)),
        ];
        IEnumerable<string> lines = rows.Select(row => $"<tr><td>{row.Name}</td><td class=n>{row.Value}</td></tr>");
        return $"<table>{string.Concat(lines)}</table>";
    }

    private static string FaultTable(Verdict verdict)
    {
        StringBuilder rows = new("<table><tr><th>fault</th><th class=n>times</th>"
            + "<th class=n>longest unavailability</th></tr>");
        foreach ((string kind, FaultFigures figures) in verdict.Figures.Faults)
        {
            rows.Append(CultureInfo.InvariantCulture,
                $"<tr><td>{SvgWriter.Escape(kind)}</td><td class=n>{figures.Count}</td>"
                + $"<td class=n>{Seconds(figures.LongestGap)}</td></tr>");
        }

        return rows.Append("</table>").ToString();
    }

    private static string ViolationList(Verdict verdict) => verdict.IsRight
        ? ""
        : $"<h2 class=wrong>Violations</h2><ol>{string.Concat(verdict.Violations.Select(violation =>
            $"<li><b>{violation.Rule}</b> ({Findings.Time(violation.AtUs)}): "
            + $"{SvgWriter.Escape(violation.Sentence)}</li>"))}"
            + "</ol>";

    private static string NameOf(OperationKind kind) => kind switch
    {
        OperationKind.BatchLine => "line of a batch",
        _ => kind.ToString().ToLowerInvariant(),
    };

    private static string Seconds(TimeSpan time) =>
        string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:F2} s");

    private static string Clock(TimeSpan time) => time.ToString(time.TotalHours >= 1 ? @"h\:mm\:ss" : @"m\:ss");
}
