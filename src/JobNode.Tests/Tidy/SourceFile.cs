using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace JobNode.Tests.Tidy;

/// <summary>One text file of the repository; C# is parsed when a rule asks for it.</summary>
/// <param name="Path">Relative to the root, with forward slashes.</param>
/// <param name="Text">The whole file.</param>
internal sealed record SourceFile(string Path, string Text)
{
    private const string ProductFolder = "src/JobNode/";

    private readonly Lazy<CompilationUnitSyntax> _syntax = new(() => Parse(Path, Text));

    /// <summary>The syntax tree's root.</summary>
    public CompilationUnitSyntax Syntax => _syntax.Value;

    /// <summary>The file's name without folders.</summary>
    public string Name => Path[(Path.LastIndexOf('/') + 1)..];

    /// <summary>True for C#.</summary>
    public bool IsCSharp => Path.EndsWith(".cs", StringComparison.Ordinal);

    /// <summary>True for C# that a generator wrote and a person does not read.</summary>
    public bool IsGenerated => Path.EndsWith(".g.cs", StringComparison.Ordinal);

    /// <summary>True for C# of the product itself.</summary>
    public bool IsProduct => IsCSharp && Path.StartsWith(ProductFolder, StringComparison.Ordinal);

    /// <summary>First folder under src/JobNode; empty for its root and for files elsewhere.</summary>
    public string Folder
    {
        get
        {
            if (!IsProduct)
            {
                return "";
            }

            string rest = Path[ProductFolder.Length..];
            int slash = rest.IndexOf('/', StringComparison.Ordinal);
            return slash < 0 ? "" : rest[..slash];
        }
    }

    /// <summary>The lines, without their ends.</summary>
    public IEnumerable<string> Lines => Text.Split('\n').Select(line => line.TrimEnd('\r'));

    /// <summary>Names of all types declared here, nested ones left out.</summary>
    public IEnumerable<string> DeclaredTypes => Syntax.DescendantNodes(node => node is not BaseTypeDeclarationSyntax)
        .Select(node => node switch
        {
            BaseTypeDeclarationSyntax type => type.Identifier.Text,
            DelegateDeclarationSyntax type => type.Identifier.Text,
            _ => null,
        })
        .OfType<string>();

    /// <summary>"path:line" of a node, for messages.</summary>
    public string Place(SyntaxNode node) =>
        $"{Path}:{node.GetLocation().GetLineSpan().StartLinePosition.Line + 1}";

    private static CompilationUnitSyntax Parse(string path, string text)
    {
        CSharpParseOptions options = new(LanguageVersion.CSharp13, DocumentationMode.None);
        return CSharpSyntaxTree.ParseText(text, options, path).GetCompilationUnitRoot();
    }
}
