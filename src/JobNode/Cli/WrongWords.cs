using System.CommandLine;
using System.CommandLine.Parsing;

namespace JobNode.Cli;

/// <summary>Words that a verb cannot take, and what was probably meant.</summary>
internal static class WrongWords
{
    /// <summary>A sentence about the first wrong word, or null when there is none.</summary>
    /// <remarks>
    /// A flag that is not known is a file name to a verb that takes files; behind <c>--</c> it may be one.
    /// </remarks>
    public static string? Explain(ParseResult parsed)
    {
        Command command = parsed.CommandResult.Command;
        string verb = $"jobnode {CliRouter.PathOf(command)}".TrimEnd();
        string[] behindDashes = [.. parsed.Tokens
            .SkipWhile(token => token.Type != TokenType.DoubleDash)
            .Select(token => token.Value)];
        string? wrong = parsed.CommandResult.Children.OfType<ArgumentResult>()
            .SelectMany(argument => argument.Tokens)
            .Select(token => token.Value)
            .Where(word => IsFlag(word) && !behindDashes.Contains(word, StringComparer.Ordinal))
            .Concat(parsed.UnmatchedTokens)
            .FirstOrDefault();
        if (wrong is null)
        {
            return null;
        }

        if (IsFlag(wrong))
        {
            string flag = wrong.Split('=')[0];
            string? meant = Nearest(flag, command.Options.Select(option => option.Name).Append("--help"));
            return $"'{verb}' has no flag {flag}{(meant is null ? "" : $"; did you mean {meant}?")}";
        }

        if (command.Subcommands.Count == 0)
        {
            return $"'{verb}' does not take \"{wrong}\" as well.";
        }

        string? verbMeant = Nearest(wrong, command.Subcommands.Select(below => below.Name));
        return $"'{verb}' has no verb \"{wrong}\"{(verbMeant is null ? "" : $"; did you mean {verbMeant}?")}";
    }

    /// <summary>The known word that is nearly the same or begins like it, or null.</summary>
    public static string? Nearest(string word, IEnumerable<string> known)
    {
        string[] words = [.. known];
        string? nearest = words.MinBy(candidate => Distance(word, candidate));
        return nearest is not null && Distance(word, nearest) <= Math.Max(1, word.TrimStart('-').Length / 3)
            ? nearest
            : words.FirstOrDefault(candidate =>
                word.TrimStart('-').Length >= 3 && candidate.StartsWith(word, StringComparison.Ordinal));
    }

    /// <summary>Letters to add, drop, change or swap with the next to make one word of the other.</summary>
    internal static int Distance(string one, string other)
    {
        int[,] steps = new int[one.Length + 1, other.Length + 1];
        for (int i = 0; i <= one.Length; i++)
        {
            for (int j = 0; j <= other.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    steps[i, j] = i + j;
                    continue;
                }

                int change = one[i - 1] == other[j - 1] ? 0 : 1;
                steps[i, j] = Math.Min(
                    steps[i - 1, j - 1] + change, Math.Min(steps[i - 1, j], steps[i, j - 1]) + 1);
                if (i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1])
                {
                    steps[i, j] = Math.Min(steps[i, j], steps[i - 2, j - 2] + 1);
                }
            }
        }

        return steps[one.Length, other.Length];
    }

    private static bool IsFlag(string word) => word.Length > 1 && word[0] == '-';
}
