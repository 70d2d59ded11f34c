using System.Globalization;
using JobNode.Bench.Peers;

namespace JobNode.Bench.Report;

/// <summary>
/// Part one of RESULTS.md: its words stand in RESULTS.template.md, where a line <c>{{name}}</c> is the place of a
/// measured part. Part two is written by hand and stays as it is. Charts are files of their own.
/// </summary>
internal static class Results
{
    private const string Ours = "jobnode, 3 nodes";
    private const string PartTwo = "\n# Part two";

    /// <summary>Writes the page and the charts into the folder <c>bench</c> of the current directory.</summary>
    public static void Write(PeerPlan plan, Samples samples, IReadOnlyList<IQueueSide> sides)
    {
        Directory.CreateDirectory(Path.Combine("bench", "charts"));
        string page = File.ReadAllText(Path.Combine("bench", "RESULTS.template.md"));
        var parts = new Dictionary<string, string>
        {
            ["made"] = string.Create(
                CultureInfo.InvariantCulture,
                $"`make bench` of {DateTime.UtcNow:yyyy-MM-dd HH:mm} UTC, {plan.Rounds} round(s)"
                + $"{(plan.IsQuick ? ", **short cells: to see that it works, not for figures**" : "")}; "
                + $"jobnode at {Machine.Run("git", "rev-parse", "--short", "HEAD")}.")
                + string.Concat(PeerBench.Failures.Select(static failure => $"\n\nNot measured: {failure}.")),
            ["machine"] = Machine.Describe(plan.Folder),
            ["versions"] = Machine.Versions(plan.Binary),
            ["settings"] = Figures.Lines(
                ["side", "how it was set"], sides.Select(static side => (string[])[side.Name, side.Setting])),
            ["hash"] = Hash(samples),
            ["push"] = Queue(samples, QueueQuestion.Push, "Durable messages a second, one in each call"),
            ["push-many"] = Queue(
                samples, QueueQuestion.PushMany, $"Durable messages a second, {PeerSides.Batch} in each call"),
            ["pop"] = Queue(samples, QueueQuestion.Pop, "Messages taken a second, one in each call"),
            ["commands"] = File.Exists(CommandsFile) ? File.ReadAllText(CommandsFile) : NotMeasured,
        };
        foreach (ulong iterations in JobsQuestion.Iterations)
        {
            parts[JobsQuestion.NameOf(iterations)] = Jobs(samples, iterations);
        }

        foreach ((string name, string text) in parts)
        {
            string place = $"{{{{{name}}}}}";
            if (!page.Contains(place, StringComparison.Ordinal))
            {
                throw new InvalidOperationException($"RESULTS.template.md has no place {place}");
            }

            page = page.Replace(place, text.TrimEnd(), StringComparison.Ordinal);
        }

        string file = Path.Combine("bench", "RESULTS.md");
        string before = File.ReadAllText(file);
        int byHand = before.IndexOf(PartTwo, StringComparison.Ordinal);
        if (byHand < 0)
        {
            throw new InvalidOperationException($"{file} has no line that begins with \"{PartTwo.Trim()}\"");
        }

        File.WriteAllText(file, page + before[byHand..]);
        PeerBench.Say("wrote bench/RESULTS.md and bench/charts");
    }

    /// <summary>What scripts/bench.sh collected from the other commands before.</summary>
    private static string CommandsFile => Path.Combine("artifacts", "bench", "commands.md");

    private static string NotMeasured => "Not measured in this run.";

    private static string Hash(Samples samples)
    {
        if (samples.Sides(HashQuestion.Name).Count == 0)
        {
            return NotMeasured;
        }

        string[] peers = [HashQuestion.OpenSsl, HashQuestion.Hashlib, HashQuestion.HashData];
        Draw(samples, HashQuestion.Name, "SHA-512 iterations a second on one core");
        return $"![{HashQuestion.Name}](charts/{HashQuestion.Name}.svg)\n\n" + Figures.Lines(
            ["one pinned core", "iterations/s", .. peers.Select(static peer => $"to {peer}")],
            samples.Sides(HashQuestion.Name).Select(side => (string[])
            [
                side,
                Figures.Text(samples.Of(HashQuestion.Name, HashQuestion.Cell, side, Metrics.Rate)),
                .. peers.Select(peer => side == peer ? "1" : Figures.Text(
                    samples.Ratio(HashQuestion.Name, HashQuestion.Cell, side, peer, Metrics.Rate))),
            ]));
    }

    private static string Queue(Samples samples, string question, string title)
    {
        if (samples.Sides(question).Count == 0)
        {
            return NotMeasured;
        }

        Draw(samples, question, title);
        return string.Join('\n',
            $"![{title}](charts/{question}.svg)\n",
            Figures.Table(samples, question, Metrics.Rate, "messages/s"),
            Figures.Ratios(samples, question, Metrics.Rate, Ours),
            Figures.Table(samples, question, Metrics.Median, "median latency, ms"),
            Figures.Table(samples, question, Metrics.P99, "p99 latency, ms"),
            Errors(samples, question));
    }

    private static string Jobs(Samples samples, ulong iterations)
    {
        string question = JobsQuestion.NameOf(iterations);
        if (samples.Sides(question).Count == 0)
        {
            return NotMeasured;
        }

        string title = string.Create(
            CultureInfo.InvariantCulture, $"Jobs of {iterations:#,##0} iteration(s) a second, upload to pulled result");
        Draw(samples, question, title);
        return string.Join('\n',
            $"![{title}](charts/{question}.svg)\n",
            Figures.Table(samples, question, Metrics.Rate, "jobs/s, by size of the body"),
            Figures.Ratios(samples, question, Metrics.Rate, JobNodeSide.NameOf(1)),
            Figures.Ratios(samples, question, Metrics.Rate, JobNodeSide.NameOf(3)),
            Figures.Table(samples, question, Metrics.Median, "median latency, ms"),
            Figures.Table(samples, question, Metrics.P99, "p99 latency, ms"),
            Errors(samples, question));
    }

    private static string Errors(Samples samples, string question)
    {
        string[] failed =
        [
            .. samples.Sides(question).SelectMany(side => samples.Cells(question).Select(cell =>
                (Side: side, Cell: cell, Most: samples.Of(question, cell, side, Metrics.Errors)?.Max ?? 0)))
                .Where(static entry => entry.Most > 0)
                .Select(static entry => $"{entry.Side} at {entry.Cell}: up to {entry.Most} in a round"),
        ];
        return failed.Length == 0 ? "No call failed." : $"Calls that failed: {string.Join("; ", failed)}.";
    }

    private static void Draw(Samples samples, string question, string title) => File.WriteAllText(
        Path.Combine("bench", "charts", $"{question}.svg"),
        BarChart.Draw(samples, question, Metrics.Rate, title));
}
