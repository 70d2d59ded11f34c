using System.Text.RegularExpressions;
using JobNode.Cli;

namespace JobNode.Tests.Documents;

/// <summary>Every <c>jobnode …</c> in the documents is one that the program understands.</summary>
public sealed partial class CommandLinesToldTests
{
    private static readonly char[] BetweenWords = [' ', ',', '\r', '\n'];

    [Fact]
    public async Task Every_verb_and_flag_in_the_documents_exists()
    {
        string[] lines = [.. MarkdownPage.All.SelectMany(Told).Distinct(StringComparer.Ordinal)];
        Assert.Contains(lines, line => line.StartsWith("serve --data-dir a ", StringComparison.Ordinal));
        List<string> wrong = [];
        foreach (string line in lines)
        {
            if (await FindMistakeAsync(line) is { } mistake)
            {
                wrong.Add($"jobnode {line}: {mistake}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Theory]
    [InlineData("serv --data-dir a", true)]
    [InlineData("serve --data-dirs a", true)]
    [InlineData("members demote x --node b", true)]
    [InlineData("certs node a --nodes b", true)]
    [InlineData("certs node a --address b", false)]
    [InlineData("status --json --token-file t", false)]
    public async Task A_mistake_is_found_and_nothing_else(string line, bool isWrong) =>
        Assert.Equal(isWrong, await FindMistakeAsync(line) is not null);

    [Fact]
    public void Command_lines_are_found_in_blocks_and_within_the_prose()
    {
        const string Prose = "Say `jobnode status --json`, or `jobnode-simulation`.\n\n";
        MarkdownPage page = new("x.md", Prose + "    id=$(jobnode enqueue f \\\n        --wait) # jobnode\n");
        Assert.Equal(["enqueue f --wait", "status --json"], Told(page).Order(StringComparer.Ordinal));
    }

    private static IEnumerable<string> Told(MarkdownPage page) => page.Code.Concat(page.Spans)
        .SelectMany(code => Call().Matches(code))
        .Select(match => match.Groups["line"].Value.Trim());

    /// <summary>What is wrong with the words behind <c>jobnode</c>; null when nothing is.</summary>
    private static async Task<string?> FindMistakeAsync(string line)
    {
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string help = await HelpAsync(words[0]);
        if (!IsHelpOf(help, words[0]))
        {
            return "there is no such verb";
        }

        // A verb with verbs below it: the second word is one of those, or a flag, or what a person chooses from.
        if (help.Contains("Commands:", StringComparison.Ordinal) && words.Length > 1 && Word().IsMatch(words[1]))
        {
            help = await HelpAsync(words[0], words[1]);
            if (!IsHelpOf(help, $"{words[0]} {words[1]}"))
            {
                return $"{words[0]} has no verb {words[1]}";
            }
        }

        string? unknown = Flag().Matches(line).Select(match => match.Value)
            .FirstOrDefault(flag => !help.Split(BetweenWords).Contains(flag));
        return unknown is null ? null : $"there is no {unknown}";
    }

    /// <summary>The usage names the verb behind the program; that of no verb is the program alone.</summary>
    private static bool IsHelpOf(string help, string verb)
    {
        string usage = help.Split('\n').SkipWhile(line => !line.StartsWith("Usage:", StringComparison.Ordinal))
            .Skip(1).First().Trim();
        return $"{usage} ".Contains($" {verb} ", StringComparison.Ordinal);
    }

    private static async Task<string> HelpAsync(params string[] verb)
    {
        using StringWriter output = new();
        CliContext context = new(
            output, output, () => Stream.Null, _ => null, false, false, "1", (_, _) => Task.FromResult(0));
        await CliRouter.RunAsync([.. verb, "--help"], context, CancellationToken.None);
        return output.ToString();
    }

    // Up to what ends a command in a shell; not the "jobnode-…" of other programs.
    [GeneratedRegex(@"(?<![\w./-])(?:artifacts/)?jobnode (?<line>[a-z][^;|&)#>]*)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Call();

    [GeneratedRegex("^[a-z]+$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Word();

    [GeneratedRegex("(?<![\\w-])--[a-z][a-z-]*[a-z]", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Flag();
}
