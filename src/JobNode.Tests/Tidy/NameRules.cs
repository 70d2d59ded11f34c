using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace JobNode.Tests.Tidy;

/// <summary>Namespace is folder (STYLE section 1); no type is a Manager, Helper or Util (habit 6).</summary>
internal static class NameRules
{
    private static readonly string[] EmptyWords =
        ["Manager", "Helper", "Helpers", "Util", "Utils", "Utility", "Utilities"];

    /// <summary>What is named against the rules in one file, one sentence each.</summary>
    public static IEnumerable<string> Violations(SourceFile file)
    {
        foreach (string type in file.DeclaredTypes)
        {
            if (EmptyWords.Any(word => type.EndsWith(word, StringComparison.Ordinal)))
            {
                yield return $"{file.Path}: {type} says nothing about what it does";
            }
        }

        if (!file.IsProduct)
        {
            yield break;
        }

        string expected = file.Path["src/".Length..file.Path.LastIndexOf('/')].Replace('/', '.');
        foreach (BaseNamespaceDeclarationSyntax declared in
            file.Syntax.DescendantNodes().OfType<BaseNamespaceDeclarationSyntax>())
        {
            if (declared.Name.ToString() != expected)
            {
                yield return $"{file.Place(declared)}: namespace {declared.Name}, but the folder says {expected}";
            }
        }
    }
}
