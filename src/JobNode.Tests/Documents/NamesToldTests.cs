using System.Reflection;
using System.Text.RegularExpressions;
using JobNode.Api;
using JobNode.Tests.Tidy;

namespace JobNode.Tests.Documents;

/// <summary>
/// What the documents name is there: the tests that are said to show something, metrics, log events, problems.
/// </summary>
public sealed partial class NamesToldTests
{
    private const string ProblemPath = ProblemPages.ListPath + "/";

    private static readonly IReadOnlyDictionary<string, Type[]> Classes = typeof(NamesToldTests).Assembly.GetTypes()
        .GroupBy(type => type.Name).ToDictionary(group => group.Key, group => group.ToArray());

    private static readonly HashSet<string> Methods = [.. Classes.Values.SelectMany(types => types)
        .SelectMany(TestsOf)];

    private static readonly string Product = string.Join('\n', SourceTree.Product.Select(file => file.Text));

    private static readonly HashSet<string> EventIds =
        [.. LogMessage().Matches(Product).Select(match => $"event {match.Groups["id"].Value}")];

    [Fact]
    public void Every_test_that_a_document_names_exists()
    {
        (string Page, string Name)[] told = [.. MarkdownPage.All
            .SelectMany(page => page.Spans.Where(IsTestName).Select(name => (page.Path, name)))];
        Assert.True(told.Count(name => name.Page == "docs/comparison.md") > 30, "the comparison names its tests");
        Assert.All(told, name => Assert.True(IsTest(name.Name), $"{name.Page} names {name.Name}, which is no test"));
    }

    [Theory]
    [InlineData("NamesToldTests", true)]
    [InlineData("NamesToldTests.A_name_is_known_or_not", true)]
    [InlineData("A_name_is_known_or_not", true)]
    [InlineData("NamesToldTest", false)]
    [InlineData("NamesToldTests.A_name_is_known", false)]
    [InlineData("LinkTests.A_name_is_known_or_not", false)]
    public void A_name_is_known_or_not(string name, bool isKnown) => Assert.Equal(isKnown, IsTest(name));

    [Fact]
    public void Every_metric_event_and_problem_that_a_document_names_exists()
    {
        string[] unknown =
        [
            .. MarkdownPage.All.Where(page => page.Path != "CHANGELOG.md").SelectMany(page =>
                page.Prose.Concat(page.Code).SelectMany(NamesIn).Where(name => !IsInProduct(name))
                    .Select(name => $"{page.Path} names {name}")),
        ];
        Assert.True(unknown.Length == 0, string.Join('\n', unknown.Distinct()));
    }

    [Fact]
    public void Every_make_target_that_a_document_names_exists()
    {
        string makefile = SourceTree.File("Makefile").Text;
        string[] told = [.. MarkdownPage.All.SelectMany(page => page.Spans.Concat(page.Code))
            .Select(code => MakeTarget().Match(code)).Where(match => match.Success)
            .Select(match => match.Groups["target"].Value).Distinct()];
        Assert.Contains("run", told);
        Assert.All(told, target => Assert.Contains($"\n{target}:", makefile, StringComparison.Ordinal));
    }

    [Fact]
    public void Names_are_found_in_a_sentence()
    {
        const string Sentence = "`jobnode_has_leader` (events 1050, 9999 and 2001), `/problems/disk-high`";
        string[] names = [.. NamesIn(Sentence)];
        Assert.Equal(
            ["jobnode_has_leader", "/problems/disk-high", "event 1050", "event 9999", "event 2001"], names);
        Assert.Equal(["/problems/disk-high", "event 9999"], names.Where(name => !IsInProduct(name)));
    }

    private static IEnumerable<string> NamesIn(string line) =>
        Metric().Matches(line).Select(match => match.Value)
            .Concat(Problem().Matches(line).Select(match => match.Value))
            .Concat(Events().Matches(line)
                .SelectMany(match => Number().Matches(match.Value))
                .Select(number => $"event {number.Value}"));

    private static bool IsInProduct(string name) =>
        EventIds.Contains(name)
        || (name.StartsWith(ProblemPath, StringComparison.Ordinal)
            && Problems.Find(name[ProblemPath.Length..]) is not null)
        || Product.Contains($"\"{name}", StringComparison.Ordinal);

    private static bool IsTestName(string span) => TestName().IsMatch(span);

    private static bool IsTest(string name)
    {
        string[] parts = name.Split('.');
        return parts.Length == 1
            ? Classes.ContainsKey(name) || Methods.Contains(name)
            : Classes.TryGetValue(parts[0], out Type[]? types) && types.SelectMany(TestsOf).Contains(parts[1]);
    }

    private static IEnumerable<string> TestsOf(Type type) => type.GetMethods()
        .Where(method => method.GetCustomAttribute<FactAttribute>() is not null)
        .Select(method => method.Name);

    [GeneratedRegex(@"^([A-Z]\w+Tests(\.\w+)?|[A-Z][a-z]*(_\w+){3,})$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex TestName();

    [GeneratedRegex(@"LoggerMessage\(\s*(EventId = )?(?<id>\d{4})", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex LogMessage();

    [GeneratedRegex(@"^make (?<target>[a-z][a-z0-9]*(/[a-z-]+)?)\b", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex MakeTarget();

    [GeneratedRegex("jobnode_[a-z_]+", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Metric();

    [GeneratedRegex(ProblemPath + "[a-z-]+", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Problem();

    [GeneratedRegex(@"\bevents? \d{4}((, | and )\d{4})*", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Events();

    [GeneratedRegex(@"\d{4}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Number();
}
