using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace JobNode.Tests.Tidy;

/// <summary>
/// Which folder may use which (STYLE section 1). Usings, names written out in full, names written half (a sibling
/// namespace needs no using) and the types of the root count alike.
/// </summary>
internal sealed class ImportRules
{
    private const string RootNamespace = "JobNode";

    /// <summary>
    /// The table. "Queue/QueueView" allows the types of the files QueueView*.cs and those that their members speak of.
    /// </summary>
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Commands"] = [],
        ["Hashing"] = [],
        ["Load"] = [],
        ["Observability"] = [],
        ["Security"] = ["Observability", "/ServeOptions"],
        ["Queue"] = ["Commands"],
        ["Consensus"] = ["Commands", "Observability"],
        ["Transport"] = ["Commands", "Consensus", "Observability", "Security"],
        ["Membership"] = ["Commands", "Consensus", "Transport", "Observability"],
        ["Scheduling"] = ["Commands", "Queue/QueueView", "Queue/JobEvent", "Hashing", "Transport", "Observability"],
        ["Recovery"] = ["Commands", "Queue", "Consensus", "Observability"],
        ["Api"] =
        [
            "Commands", "Queue/QueueView", "Queue/JobEvent", "Hashing/BodyHasher", "Transport/CommandForwarder",
            "Transport/CallForwarder", "Membership", "Observability", "Security", "/ServeOptions",
        ],
        ["Cli"] =
        [
            "Commands/HostPort", "Commands/DurationText", "Api/Contracts", "Api/ApiJsonContext",
            "Commands/Limits", "Hashing/HashBenchmark", "Hashing/BodyHasher", "Hashing/ChainKernel", "Load",
            "Observability/LogFormat", "Recovery", "Security", "/ServeOptions",
        ],
    };

    private readonly IReadOnlyList<SourceFile> _files;
    private readonly Dictionary<string, HashSet<string>> _declared;
    private readonly Dictionary<(string Folder, string FileName), HashSet<string>> _surfaces = [];

    /// <summary>Learns from all files of the product which folder declares which type.</summary>
    public ImportRules(IReadOnlyList<SourceFile> files)
    {
        _files = files;
        _declared = files.GroupBy(file => file.Folder)
            .ToDictionary(group => group.Key, group => group.SelectMany(file => file.DeclaredTypes).ToHashSet());
        _declared.TryAdd("", []);
    }

    /// <summary>What the files do against the table, one sentence each.</summary>
    public IEnumerable<string> Violations() => _files.SelectMany(Violations);

    private IEnumerable<string> Violations(SourceFile file)
    {
        if (file.Folder.Length == 0)
        {
            // Program, NodeHost and ServeOptions compose: they may use everything.
            return [];
        }

        if (!Allowed.ContainsKey(file.Folder))
        {
            return [$"{file.Path}: the folder {file.Folder} is not in the import table of STYLE section 1"];
        }

        return Uses(file).Distinct().Where(use => !MayUse(file.Folder, use.Folder, use.Type)).Select(use =>
            $"{use.Place}: {file.Folder} may not use {use.Type ?? "anything"} of {Spoken(use.Folder)}");
    }

    private static string Spoken(string folder) => folder.Length == 0 ? "the root" : folder;

    /// <summary>May a file of one folder use a type of another? A null type asks for the folder as such.</summary>
    private bool MayUse(string from, string folder, string? type)
    {
        if (from == folder)
        {
            return true;
        }

        foreach (string entry in Allowed[from])
        {
            string[] parts = entry.Split('/');
            if (parts[0] == folder && (parts.Length == 1 || type is null || Surface(folder, parts[1]).Contains(type)))
            {
                return true;
            }
        }

        return false;
    }

    private IEnumerable<(string Folder, string? Type, string Place)> Uses(SourceFile file)
    {
        HashSet<string> inScope = ["", file.Folder];
        foreach (UsingDirectiveSyntax directive in file.Syntax.DescendantNodes().OfType<UsingDirectiveSyntax>())
        {
            string[] parts = directive.NamespaceOrType.ToString().Replace("global::", "").Split('.');
            if (parts.Length > 1 && parts[0] == RootNamespace && _declared.ContainsKey(parts[1]))
            {
                if (directive.Alias is not null)
                {
                    // An alias brings in that one type, not the folder.
                    yield return (parts[1], parts[^1], file.Place(directive));
                    continue;
                }

                inScope.Add(parts[1]);
                yield return (parts[1], null, file.Place(directive));
            }
        }

        foreach (SimpleNameSyntax name in file.Syntax.DescendantNodes().OfType<SimpleNameSyntax>())
        {
            if (name.FirstAncestorOrSelf<UsingDirectiveSyntax>() is not null || name.Parent is NameColonSyntax)
            {
                continue;
            }

            string text = name.Identifier.Text;
            if (Qualifier(name) is { } qualifier)
            {
                // JobNode.Queue.JobTable, or Queue.JobTable: sibling namespaces are in scope by their short names.
                string last = qualifier.Split('.', ':')[^1];
                if (_declared.TryGetValue(last, out HashSet<string>? types) && types.Contains(text))
                {
                    yield return (last, text, file.Place(name));
                }

                continue;
            }

            if (_declared[file.Folder].Contains(text) || !IsTypePosition(name))
            {
                continue;
            }

            foreach (string folder in inScope.Where(folder => _declared[folder].Contains(text)))
            {
                yield return (folder, text, file.Place(name));
            }
        }
    }

    /// <summary>What stands before the dot, when the name is the right side of one.</summary>
    private static string? Qualifier(SimpleNameSyntax name) => name.Parent switch
    {
        QualifiedNameSyntax qualified when qualified.Right == name => qualified.Left.ToString(),
        AliasQualifiedNameSyntax aliased when aliased.Name == name => aliased.Alias.ToString(),
        MemberAccessExpressionSyntax access when access.Name == name => access.Expression.ToString(),
        MemberBindingExpressionSyntax => "?",
        _ => null,
    };

    /// <summary>
    /// Could this name be a type? Members that share a type's name are told apart by where they stand.
    /// </summary>
    private static bool IsTypePosition(SimpleNameSyntax name) => name.Parent switch
    {
        AssignmentExpressionSyntax assignment => assignment.Right == name,
        InvocationExpressionSyntax => false,
        ArgumentSyntax { RefKindKeyword.RawKind: not 0 } => false,
        SubpatternSyntax or NameEqualsSyntax => false,
        _ => !name.IsVar,
    };

    /// <summary>
    /// Types of the files named <paramref name="fileName"/>, and of the same folder what their members mention.
    /// </summary>
    private HashSet<string> Surface(string folder, string fileName)
    {
        if (_surfaces.TryGetValue((folder, fileName), out HashSet<string>? known))
        {
            return known;
        }

        Queue<string> open = new(_files
            .Where(file => file.Folder == folder && IsNamed(file.Name, fileName))
            .SelectMany(file => file.DeclaredTypes)
            .Concat(_declared[folder].Where(type => type == fileName)));
        HashSet<string> surface = [];
        while (open.TryDequeue(out string? type))
        {
            if (surface.Add(type))
            {
                foreach (string mentioned in SignatureNames(folder, type).Where(_declared[folder].Contains))
                {
                    open.Enqueue(mentioned);
                }
            }
        }

        _surfaces.Add((folder, fileName), surface);
        return surface;
    }

    private static bool IsNamed(string file, string name) =>
        file == $"{name}.cs" || file.StartsWith($"{name}.", StringComparison.Ordinal);

    /// <summary>
    /// Names in the signatures of a type's members that are not private; bodies and constructors left out.
    /// </summary>
    private IEnumerable<string> SignatureNames(string folder, string type)
    {
        foreach (BaseTypeDeclarationSyntax declaration in _files.Where(file => file.Folder == folder)
            .SelectMany(file => file.Syntax.DescendantNodes().OfType<BaseTypeDeclarationSyntax>())
            .Where(declaration => declaration.Identifier.Text == type))
        {
            IEnumerable<SyntaxNode> signatures = declaration is TypeDeclarationSyntax holder
                ? holder.Members.Where(IsVisible).SelectMany(SignatureParts)
                : [];
            if (declaration is RecordDeclarationSyntax { ParameterList: { } parameters })
            {
                signatures = signatures.Append(parameters);
            }

            foreach (SyntaxNode signature in signatures)
            {
                foreach (SimpleNameSyntax name in signature.DescendantNodesAndSelf().OfType<SimpleNameSyntax>())
                {
                    yield return name.Identifier.Text;
                }
            }
        }
    }

    private static bool IsVisible(MemberDeclarationSyntax member) =>
        member is not ConstructorDeclarationSyntax
        && member.Modifiers.Any(modifier => modifier.Kind() is SyntaxKind.PublicKeyword or SyntaxKind.InternalKeyword);

    private static IEnumerable<SyntaxNode> SignatureParts(MemberDeclarationSyntax member) => member switch
    {
        MethodDeclarationSyntax method => [method.ReturnType, method.ParameterList],
        PropertyDeclarationSyntax property => [property.Type],
        FieldDeclarationSyntax field => [field.Declaration.Type],
        IndexerDeclarationSyntax indexer => [indexer.Type, indexer.ParameterList],
        _ => [],
    };
}
