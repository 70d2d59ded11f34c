using JobNode.Tests.Support;

namespace JobNode.Tests.Simulation;

/// <summary>
/// The mistakes that <c>make mutants</c> plants in the product. Building each takes a minute, so here only: they are
/// there to be planted.
/// </summary>
public class MutantTests
{
    private static readonly string[] _mustBeThere =
    [
        "acknowledge-before-sync", "forget-the-vote", "apply-twice", "no-checkpoint-order", "no-idempotency",
        "complete-twice", "no-pull-dedupe",
    ];

    [Fact]
    public void Each_planted_mistake_fits_one_place_of_the_sources_as_they_are()
    {
        string[] patches = Directory.GetFiles(Repository.PathOf("src/JobNode.Simulation/Mutants"), "*.patch");
        Assert.Equal(_mustBeThere.Order(), patches.Select(Path.GetFileNameWithoutExtension).Order());
        foreach (string patch in patches)
        {
            string[] lines = File.ReadAllLines(patch);
            string file = Repository.PathOf(lines.Single(IsOldName)["--- a/".Length..]);
            string source = File.ReadAllText(file);
            foreach (string hunk in Hunks(lines))
            {
                int first = source.IndexOf(hunk, StringComparison.Ordinal);
                Assert.True(first >= 0, $"{patch} does not fit {file} any more");
                Assert.True(
                    source.IndexOf(hunk, first + 1, StringComparison.Ordinal) < 0, $"{patch} fits more than one place");
            }
        }
    }

    private static bool IsOldName(string line) => line.StartsWith("--- a/", StringComparison.Ordinal);

    /// <summary>What each hunk expects to find.</summary>
    private static IEnumerable<string> Hunks(string[] lines)
    {
        int at = Array.FindIndex(lines, static line => line.StartsWith("@@", StringComparison.Ordinal));
        while (at >= 0)
        {
            int end = Array.FindIndex(lines, at + 1, static line => line.StartsWith("@@", StringComparison.Ordinal));
            IEnumerable<string> found = lines[(at + 1)..(end < 0 ? lines.Length : end)]
                .Where(static line => line[0] is ' ' or '-');
            yield return string.Concat(found.Select(static line => line[1..] + "\n"));
            at = end;
        }
    }
}
