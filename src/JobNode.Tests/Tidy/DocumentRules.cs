using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace JobNode.Tests.Tidy;

/// <summary>The documents keep up with the code.</summary>
internal static partial class DocumentRules
{
    /// <summary>
    /// Flags of <c>serve</c> and environment variables that the code knows and the documents do not tell: README.md
    /// or docs/configuration.md, which is made from the command tree.
    /// </summary>
    public static IEnumerable<string> Untold(IReadOnlyList<SourceFile> product, string documents)
    {
        foreach (SourceFile file in product.Where(IsServe))
        {
            foreach (string flag in Literals(file).Where(text => ServeFlag().IsMatch(text)).Distinct())
            {
                if (!documents.Contains($"`{flag}", StringComparison.Ordinal))
                {
                    yield return $"no document tells {flag} of {file.Path}";
                }
            }
        }

        foreach (SourceFile file in product)
        {
            foreach (string variable in Literals(file).Where(text => Variable().IsMatch(text)).Distinct())
            {
                if (!documents.Contains(variable, StringComparison.Ordinal))
                {
                    yield return $"no document tells {variable} of {file.Path}";
                }
            }
        }
    }

    /// <summary>
    /// True when the change log has a section for unreleased work or for the version in the build settings.
    /// </summary>
    public static bool TellsVersion(string changelog, string buildProperties)
    {
        string version = XDocument.Parse(buildProperties).Descendants("VersionPrefix").Single().Value;
        return changelog.Split('\n').Any(line =>
            line.StartsWith("## [Unreleased]", StringComparison.Ordinal)
            || line.StartsWith($"## [{version}]", StringComparison.Ordinal));
    }

    /// <summary>What users read: the README and the pages below docs.</summary>
    public static string ForUsers(IEnumerable<SourceFile> files) => string.Join('\n', files
        .Where(file => file.Path == "README.md" || file.Path.StartsWith("docs/", StringComparison.Ordinal))
        .Select(file => file.Text));

    private static bool IsServe(SourceFile file) =>
        file.Folder == "Cli" && file.Name.StartsWith("Serve", StringComparison.Ordinal);

    private static IEnumerable<string> Literals(SourceFile file) => file.Syntax.DescendantTokens()
        .Where(token => token.IsKind(SyntaxKind.StringLiteralToken))
        .Select(token => token.ValueText);

    [GeneratedRegex("^--[a-z][a-z-]+$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ServeFlag();

    [GeneratedRegex("^JOBNODE_[A-Z_]*[A-Z]$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Variable();
}
