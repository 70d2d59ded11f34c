using System.Text.RegularExpressions;

namespace JobNode.Tests.Tidy;

/// <summary>
/// What must stand in no text file: unfinished work, paths of one machine, tabs and blanks at line ends.
/// </summary>
internal static partial class TextRules
{
    /// <summary>What one file says that it must not, one sentence each.</summary>
    public static IEnumerable<string> Violations(SourceFile file)
    {
        int number = 0;
        foreach (string line in file.Lines)
        {
            number++;
            if (UnfinishedWork().IsMatch(line))
            {
                yield return $"{file.Path}:{number}: unfinished work; finish it or open an issue";
            }

            if (MachinePath().IsMatch(line))
            {
                yield return $"{file.Path}:{number}: a path of one machine";
            }

            if (file.IsCSharp && line.Length > 0 && char.IsWhiteSpace(line[^1]))
            {
                yield return $"{file.Path}:{number}: blanks at the end of the line";
            }
        }
    }

    // Written in pieces, so that this file does not find itself.
    [GeneratedRegex(@"\b(TO" + @"DO|FIX" + @"ME)\b", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex UnfinishedWork();

    [GeneratedRegex(@"(?<![\w.~])/(wo" + @"rk|ho" + @"me/\w+)/", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex MachinePath();
}
