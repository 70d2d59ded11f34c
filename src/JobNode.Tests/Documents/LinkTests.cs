using System.Text.RegularExpressions;
using JobNode.Tests.Support;
using JobNode.Tests.Tidy;

namespace JobNode.Tests.Documents;

/// <summary>What a page points to is there.</summary>
public sealed partial class LinkTests
{
    private const string Operations = "docs/operations.md";
    private const string AlertFolder = "deploy/prometheus/";

    [Fact]
    public void Every_relative_link_and_anchor_leads_somewhere()
    {
        string[] broken = [.. MarkdownPage.All.SelectMany(page => Broken(page, MarkdownPage.All))];
        Assert.True(broken.Length == 0, string.Join('\n', broken));
    }

    [Theory]
    [InlineData("[a](b.md)", "b.md")]
    [InlineData("[a](README.md#nowhere)", "README.md#nowhere")]
    [InlineData("[a](#nowhere)", "#nowhere")]
    [InlineData("![a](docs/no-such-picture.svg)", "docs/no-such-picture.svg")]
    [InlineData("[a](#a-heading-with-code)", null)]
    [InlineData("[a](#written)", null)]
    [InlineData("[a](#twice-1)", null)]
    [InlineData("[a](https://example.org/x#y)", null)]
    [InlineData("`[a](b.md)`", null)]
    [InlineData("```\n[a](b.md)\n```", null)]
    public void A_broken_link_is_found_and_a_good_one_is_not(string text, string? broken)
    {
        const string Headings = "## A heading, with `code`\n<a id=\"written\"></a>\n# Twice\n# Twice\n\n";
        MarkdownPage page = new("README.md", Headings + text + "\n");
        Assert.Equal(broken is null ? [] : [$"README.md: {broken} leads nowhere"], Broken(page, [page]));
    }

    [Fact]
    public void Every_alert_has_its_runbook()
    {
        MarkdownPage operations = MarkdownPage.All.Single(page => page.Path == Operations);
        SourceFile[] rules = [.. SourceTree.All.Where(file =>
            file.Path.StartsWith(AlertFolder, StringComparison.Ordinal)
            && file.Path.EndsWith(".yml", StringComparison.Ordinal))];
        foreach (SourceFile file in rules)
        {
            Assert.All(
                RunbookAnchor().Matches(file.Text).Select(match => match.Groups["anchor"].Value),
                anchor => Assert.Contains(anchor, operations.Anchors));
        }

        string alerts = string.Join('\n', rules.Select(file => file.Text));
        IEnumerable<string> told = operations.Prose.SelectMany(line => Alert().Matches(line)).Select(m => m.Value);
        Assert.All(told, alert => Assert.Contains($"alert: {alert}\n", alerts, StringComparison.Ordinal));
    }

    private static IEnumerable<string> Broken(MarkdownPage page, IReadOnlyList<MarkdownPage> pages) => page.Links
        .Where(link => !link.Contains("://", StringComparison.Ordinal) && !Resolves(page, link, pages))
        .Select(link => $"{page.Path}: {link} leads nowhere");

    private static bool Resolves(MarkdownPage from, string link, IReadOnlyList<MarkdownPage> pages)
    {
        string[] parts = link.Split('#');
        string folder = Path.GetDirectoryName(from.Path) ?? "";
        string path = parts[0].Length == 0
            ? from.Path
            : Path.GetRelativePath(Repository.Root, Path.GetFullPath(parts[0], Repository.PathOf(folder)));
        return parts.Length == 1
            ? Path.Exists(Repository.PathOf(path))
            : pages.SingleOrDefault(page => page.Path == path)?.Anchors.Contains(parts[1]) == true;
    }

    [GeneratedRegex(@"operations\.md#(?<anchor>[\w-]+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex RunbookAnchor();

    [GeneratedRegex(@"\bJobnode[A-Z]\w+", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Alert();
}
