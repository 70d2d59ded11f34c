namespace JobNode.Cli;

/// <summary>What the completion scripts of all shells ask of the command tree.</summary>
internal static class CompletionCases
{
    private static readonly FlagShape Help = new("--help", "", "Show help and examples.", [], IsRequired: false);

    /// <summary>Patterns of a verb followed by one below it, for <c>case "$verb $word"</c>.</summary>
    public static string Verbs(CommandShape root, string between = " | ") => string.Join(
        between, root.All.Where(verb => verb.Path.Length > 0).Select(verb => $"'{Padded(verb.Path)}'"));

    /// <summary>Flags with a value, each with the patterns of verb and flag that it stands behind.</summary>
    public static IEnumerable<FlagCases> Values(CommandShape root, string between = " | ") =>
        root.All
            .SelectMany(verb => verb.Flags.Select(flag => new FlagCases($"'{verb.Path} {flag.Name}'", flag)))
            .Where(item => item.Flag.Value.Length > 0)
            .GroupBy(item => $"{item.Flag.Name} {item.Flag.Value} {string.Join(' ', item.Flag.Choices)}")
            .Select(same => new FlagCases(string.Join(between, same.Select(item => item.Cases)), same.First().Flag));

    /// <summary>Words that may stand next, other than flags and files.</summary>
    public static IEnumerable<string> Names(CommandShape verb) =>
        verb.Below.Select(below => below.Path.Split(' ')[^1]).Concat(verb.Choices);

    /// <summary>Its flags, help among them.</summary>
    public static IEnumerable<FlagShape> Flags(CommandShape verb) => verb.Flags.Append(Help);

    /// <summary>A verb of the first level has nothing before its blank.</summary>
    private static string Padded(string path) => path.Contains(' ', StringComparison.Ordinal) ? path : $" {path}";
}

/// <summary>A flag and where it stands.</summary>
/// <param name="Cases">Patterns of verb and flag.</param>
/// <param name="Flag">What it takes.</param>
internal sealed record FlagCases(string Cases, FlagShape Flag);
