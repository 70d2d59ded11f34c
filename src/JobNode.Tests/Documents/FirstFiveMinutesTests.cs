using System.Text.RegularExpressions;
using JobNode.Tests.Processes;
using JobNode.Tests.Support;

namespace JobNode.Tests.Documents;

/// <summary>The first five minutes of the README, typed as they stand there.</summary>
[Collection(ProcessCollection.Name)]
[Trait("Tier", "Process")]
public sealed partial class FirstFiveMinutesTests
{
    private const string Mark = "<!-- The lines of the next block";
    private const string Prompt = "$ ";
    private const string Recording = "docs/first-five-minutes.txt";

    [Fact]
    public async Task What_the_readme_says_works_with_a_node_killed_and_the_results_are_right()
    {
        using TemporaryFolder folder = new();
        string[] ports = [.. Enumerable.Range(0, 6).Select(_ => LoopbackPorts.Next().ToString())];
        CommandRun run = await CommandRun.RunAsync(
            "bash",
            [Repository.PathOf("scripts/first-five-minutes.sh"), PublishedBinary.Path, .. ports],
            environment: new Dictionary<string, string> { ["FOLDER"] = folder.FullName });
        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Equal(ReadmeLines(), TypedIn(run.Output));

        // The script compares the short one with sha512sum; the long one, which outlived its node, takes a program.
        string[] results = [.. Result().Matches(run.Output).Select(match => match.Value).Distinct()];
        ulong iterations = ulong.Parse(Iterations().Match(run.Output).Groups["number"].Value);
        string dummy = Directory.GetFiles(folder.FullName, "dummy", SearchOption.AllDirectories).Single();
        Assert.Equal(2, results.Length);
        Assert.Equal(HashChain.Result(await File.ReadAllBytesAsync(dummy), iterations), results[1]);
    }

    [Fact]
    public async Task The_recording_has_the_lines_of_the_readme()
    {
        string recording = await File.ReadAllTextAsync(Repository.PathOf(Recording));
        Assert.True(
            ReadmeLines().SequenceEqual(TypedIn(recording)),
            $"{Recording} is of other lines than README.md has: run scripts/first-five-minutes.sh >{Recording}");
        Assert.Equal(2, Result().Matches(recording).Select(match => match.Value).Distinct().Count());
    }

    private static IEnumerable<string> ReadmeLines() => File.ReadLines(Repository.PathOf("README.md"))
        .SkipWhile(line => !line.StartsWith(Mark, StringComparison.Ordinal))
        .SkipWhile(line => !line.StartsWith("```", StringComparison.Ordinal))
        .Skip(1)
        .TakeWhile(line => !line.StartsWith("```", StringComparison.Ordinal));

    private static IEnumerable<string> TypedIn(string terminal) => terminal.Split('\n')
        .Where(line => line.StartsWith(Prompt, StringComparison.Ordinal))
        .Select(line => line[Prompt.Length..]);

    [GeneratedRegex(@"\b[0-9a-f]{128}\b", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Result();

    [GeneratedRegex(@"--iterations (?<number>\d+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Iterations();
}
