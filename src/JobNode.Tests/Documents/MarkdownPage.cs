using System.Text.RegularExpressions;
using JobNode.Tests.Tidy;

namespace JobNode.Tests.Documents;

/// <summary>One page of documentation, as far as the tests read it: prose, code, links and anchors.</summary>
internal sealed partial class MarkdownPage
{
    private const string Fence = "```";
    private const string Indent = "    ";

    private readonly List<string> _prose = [];
    private readonly List<string> _code = [];
    private readonly HashSet<string> _anchors = new(StringComparer.Ordinal);

    /// <summary>Takes the page apart.</summary>
    public MarkdownPage(string path, string text)
    {
        Path = path;
        Split(text.Split('\n'));
        foreach (string line in _prose)
        {
            if (line.StartsWith('#'))
            {
                AddHeading(line.TrimStart('#').Trim());
            }

            foreach (Match anchor in WrittenAnchor().Matches(line))
            {
                _anchors.Add(anchor.Groups["id"].Value);
            }
        }
    }

    /// <summary>Every page of the checkout.</summary>
    public static IReadOnlyList<MarkdownPage> All { get; } =
    [
        .. SourceTree.All.Where(file => file.Path.EndsWith(".md", StringComparison.Ordinal))
            .Select(file => new MarkdownPage(file.Path, file.Text)),
    ];

    /// <summary>Where it lies, relative to the root.</summary>
    public string Path { get; }

    /// <summary>The lines outside blocks of code.</summary>
    public IReadOnlyList<string> Prose => _prose;

    /// <summary>The lines of blocks of code; what goes on after a backslash is one line.</summary>
    public IReadOnlyList<string> Code => _code;

    /// <summary>What a link to this page may name behind #.</summary>
    public IReadOnlySet<string> Anchors => _anchors;

    /// <summary>Pieces of code within the prose.</summary>
    public IEnumerable<string> Spans => _prose
        .SelectMany(line => Span().Matches(line))
        .Select(span => span.Groups["code"].Value);

    /// <summary>Targets of links and pictures, as they are written.</summary>
    public IEnumerable<string> Links => _prose
        .Select(line => Span().Replace(line, "code"))
        .SelectMany(line => Link().Matches(line))
        .Select(match => match.Groups["target"].Value);

    private void Split(string[] lines)
    {
        bool isFenced = false;
        bool isIndented = false;
        bool isAfterBlank = true;
        bool goesOn = false;
        foreach (string line in lines)
        {
            if (line.StartsWith(Fence, StringComparison.Ordinal))
            {
                isFenced = !isFenced;
                continue;
            }

            isIndented = !isFenced && line.StartsWith(Indent, StringComparison.Ordinal)
                && (isIndented || isAfterBlank);
            isAfterBlank = line.Length == 0;
            if (!isFenced && !isIndented)
            {
                goesOn = false;
                _prose.Add(line);
                continue;
            }

            string code = line.Trim();
            string whole = code.TrimEnd('\\');
            if (goesOn)
            {
                _code[^1] += whole;
            }
            else
            {
                _code.Add(whole);
            }

            goesOn = code.EndsWith('\\');
        }
    }

    /// <summary>The rule by which code hosts make an anchor of a heading.</summary>
    private void AddHeading(string heading)
    {
        string anchor = NotInAnchor().Replace(heading.ToLowerInvariant(), "").Replace(' ', '-');
        string unique = anchor;
        for (int number = 1; !_anchors.Add(unique); number++)
        {
            unique = $"{anchor}-{number}";
        }
    }

    [GeneratedRegex("<a id=\"(?<id>[^\"]+)\">", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex WrittenAnchor();

    [GeneratedRegex("`(?<code>[^`]+)`", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Span();

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Link();

    [GeneratedRegex(@"[^\w\- ]", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex NotInAnchor();
}
