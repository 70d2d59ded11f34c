using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace JobNode.Tests.Tidy;

/// <summary>
/// Files stop at 400 lines, methods at 70, lines at 120 columns (STYLE habit 7). Generated code is exempt.
/// </summary>
internal static class LengthRules
{
    private const int FileLinesMax = 400;
    private const int MethodLinesMax = 70;
    private const int LineColumnsMax = 120;

    private static readonly string[] WideEndings = [".md", ".json", ".txt", ".csproj", ".props", ".targets"];

    /// <summary>What is too long in one file, one sentence each.</summary>
    public static IEnumerable<string> Violations(SourceFile file)
    {
        if (file.IsGenerated || WideEndings.Any(ending => file.Path.EndsWith(ending, StringComparison.Ordinal)))
        {
            return [];
        }

        IEnumerable<string> columns = file.Lines
            .Select((line, index) => (Line: line, Number: index + 1))
            .Where(item => item.Line.EnumerateRunes().Count() > LineColumnsMax)
            .Select(item => $"{file.Path}:{item.Number}: longer than {LineColumnsMax} columns");

        return file.IsCSharp ? columns.Concat(Lines(file)).Concat(Methods(file)) : columns;
    }

    private static IEnumerable<string> Lines(SourceFile file)
    {
        int lines = file.Text.TrimEnd('\n').Split('\n').Length;
        return lines > FileLinesMax ? [$"{file.Path}: {lines} lines, more than {FileLinesMax}"] : [];
    }

    private static IEnumerable<string> Methods(SourceFile file)
    {
        foreach (SyntaxNode node in file.Syntax.DescendantNodes())
        {
            if (node is not (BaseMethodDeclarationSyntax or AccessorDeclarationSyntax or LocalFunctionStatementSyntax
                or PropertyDeclarationSyntax { ExpressionBody: not null }))
            {
                continue;
            }

            // The span leaves out the comments above, which may be as long as they need.
            FileLinePositionSpan span = node.SyntaxTree.GetLineSpan(TextSpan.FromBounds(node.SpanStart, node.Span.End));
            int lines = span.EndLinePosition.Line - span.StartLinePosition.Line + 1;
            if (lines > MethodLinesMax)
            {
                yield return $"{file.Place(node)}: a method of {lines} lines, more than {MethodLinesMax}";
            }
        }
    }
}
