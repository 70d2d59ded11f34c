using System.Xml.Linq;
using JobNode.Chaos.Histories;
using JobNode.Chaos.Timelines;
using JobNode.Tests.Support;

namespace JobNode.Tests.Chaos;

/// <summary>The picture of a run.</summary>
public sealed class TimelineTests
{
    [Fact]
    public void A_timeline_shows_faults_nodes_and_violations_and_needs_nothing_beside_it()
    {
        List<HistoryRecord> records = [.. RightHistory.Of(seed: 3, calls: 80)];
        string mutation = HistoryMutation.Apply(records, new Random(3));
        string page = Page(records);
        Assert.Contains(">kill -9 (", page, StringComparison.Ordinal);
        Assert.Contains("n1: leader of term 7", page, StringComparison.Ordinal);
        Assert.Contains("class=\"violation\"", page, StringComparison.Ordinal);
        Assert.False(string.IsNullOrEmpty(mutation), "something is wrong in it");
        Assert.DoesNotContain("src=", page, StringComparison.Ordinal);
        Assert.DoesNotContain("href=", page, StringComparison.Ordinal);
    }

    [Fact]
    public void The_drawing_is_well_formed_whatever_the_history_says()
    {
        WrittenHistory history = new WrittenHistory().Enqueue("<a> & \"b\"").Status("n<1>", 3, role: "leader");
        history.Add(new FaultBegan { Fault = 1, Kind = "<cut>", Targets = ["n<1>"], Description = "a & b" });
        string page = Page(history.Records);
        int begin = page.IndexOf("<svg", StringComparison.Ordinal);
        int end = page.IndexOf("</svg>", StringComparison.Ordinal) + "</svg>".Length;
        XElement drawing = XElement.Parse(page[begin..end]);
        Assert.NotEmpty(drawing.Elements());
    }

    [Fact]
    public void An_empty_history_has_a_timeline_too() => Assert.Contains("<svg", Page([]), StringComparison.Ordinal);

    private static string Page(IReadOnlyList<HistoryRecord> records)
    {
        using TemporaryFolder folder = new();
        string path = folder.PathOf("timeline.html");
        Timeline.Write(History.Of(records), path);
        return File.ReadAllText(path);
    }
}
