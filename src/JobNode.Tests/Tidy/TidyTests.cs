namespace JobNode.Tests.Tidy;

/// <summary>
/// The house rules, held against the checkout itself. <see cref="PlantedViolationTests"/> shows that they bite.
/// </summary>
public sealed class TidyTests
{
    [Fact]
    public void Folders_use_only_what_the_import_table_allows() =>
        None(new ImportRules(SourceTree.Product).Violations());

    [Fact]
    public void Files_methods_and_lines_are_short() => None(SourceTree.All.SelectMany(LengthRules.Violations));

    [Fact]
    public void Names_say_what_and_where() => None(SourceTree.CSharp.SelectMany(NameRules.Violations));

    [Fact]
    public void Log_event_ids_are_unique_and_within_their_range() => None(LogEventRules.Violations(SourceTree.Product));

    [Fact]
    public void Queue_is_pure() => None(SourceTree.Product.SelectMany(PurityRules.Violations));

    [Fact]
    public void Nothing_is_unfinished_and_nothing_names_one_machine() =>
        None(SourceTree.All.SelectMany(TextRules.Violations));

    [Fact]
    public void The_documents_tell_every_flag_and_variable() =>
        None(DocumentRules.Untold(SourceTree.Product, DocumentRules.ForUsers(SourceTree.All)));

    [Fact]
    public void The_changelog_has_a_section_for_this_version() => Assert.True(DocumentRules.TellsVersion(
        SourceTree.File("CHANGELOG.md").Text, SourceTree.File("Directory.Build.props").Text));

    [Fact]
    public void Every_file_parses()
    {
        None(SourceTree.CSharp.SelectMany(file => file.Syntax.GetDiagnostics()
            .Where(diagnostic => diagnostic.Severity == Microsoft.CodeAnalysis.DiagnosticSeverity.Error)
            .Select(diagnostic => $"{file.Path}: {diagnostic}")));
        Assert.Contains(SourceTree.Product, file => file.Path == "src/JobNode/Commands/Limits.cs");
    }

    private static void None(IEnumerable<string> violations)
    {
        string[] found = [.. violations];
        Assert.True(found.Length == 0, string.Join('\n', found));
    }
}
