namespace JobNode.Tests.Tidy;

/// <summary>
/// A rule that finds nothing may be blind: each is shown a violation, and something innocent that looks alike.
/// </summary>
public sealed class PlantedViolationTests
{
    private static readonly SourceFile Table = Product("Queue/JobTable.cs", "internal sealed class JobTable;");
    private static readonly SourceFile View = Product(
        "Queue/QueueView.cs", "internal sealed class QueueView { public JobDetails Find() => new(); }");

    private static readonly SourceFile Details = Product("Queue/JobDetails.cs", "internal sealed record JobDetails;");
    private static readonly SourceFile Options = new(
        "src/JobNode/ServeOptions.cs", "namespace JobNode; internal sealed record ServeOptions;");

    private static readonly SourceFile Host = new(
        "src/JobNode/NodeHost.cs", "namespace JobNode; static class NodeHost;");

    private static readonly SourceFile Loop = Product("Consensus/RaftLoop.cs", "internal sealed class RaftLoop;");

    [Theory]
    [InlineData("Queue/Bad.cs", "using JobNode.Consensus;", "class Bad;")]
    [InlineData("Queue/Bad.cs", "", "class Bad { JobNode.Consensus.RaftLoop? loop; }")]
    [InlineData("Queue/Bad.cs", "", "class Bad { Consensus.RaftLoop? loop; }")]
    [InlineData("Queue/Bad.cs", "using Loop = JobNode.Consensus.RaftLoop;", "class Bad { Loop? loop; }")]
    [InlineData("Hashing/Bad.cs", "using JobNode.Queue;", "class Bad;")]
    [InlineData("Api/Bad.cs", "using JobNode.Queue;", "class Bad { JobTable? table; }")]
    [InlineData("Api/Bad.cs", "", "class Bad { Queue.JobTable? table; }")]
    [InlineData("Api/Bad.cs", "using Table = JobNode.Queue.JobTable;", "class Bad { Table? table; }")]
    [InlineData("Scheduling/Bad.cs", "using JobNode.Queue;", "class Bad { object table = new JobTable(); }")]
    [InlineData("Scheduling/Bad.cs", "", "class Bad { ServeOptions? options; }")]
    [InlineData("Api/Bad.cs", "", "class Bad { void Run() => NodeHost.Equals(1, 2); }")]
    [InlineData("Elsewhere/Bad.cs", "", "class Bad;")]
    public void A_forbidden_import_is_caught(string path, string usings, string body) =>
        Assert.NotEmpty(Imports(Product(path, body, usings)));

    [Theory]
    [InlineData("Api/Good.cs", "using JobNode.Queue;", "class Good { QueueView? view; JobDetails? details; }")]
    [InlineData("Api/Good.cs", "", "class Good { ServeOptions? options; }")]
    [InlineData("Api/Good.cs", "using View = JobNode.Queue.QueueView;", "class Good { View? view; }")]
    [InlineData("Transport/Good.cs", "using JobNode.Consensus;", "class Good { RaftLoop? loop; }")]
    [InlineData("Hashing/Good.cs", "", "class Good { int Queue; void Run() => this.Queue.ToString(); }")]
    [InlineData("Consensus/Good.cs", "", "class Good { Queue<int> queue = new(); }")]
    public void An_allowed_import_is_not(string path, string usings, string body) =>
        Assert.Empty(Imports(Product(path, body, usings)));

    [Fact]
    public void A_long_file_is_caught()
    {
        Assert.NotEmpty(LengthRules.Violations(Product("Api/Long.cs", Repeat("// more\n", 401))));
        Assert.Empty(LengthRules.Violations(Product("Api/Fair.cs", Repeat("// more\n", 390))));
        Assert.Empty(LengthRules.Violations(Product("Api/Long.g.cs", Repeat("// more\n", 401))));
    }

    [Fact]
    public void A_long_method_is_caught()
    {
        Assert.NotEmpty(LengthRules.Violations(Product("Api/A.cs", Method(69))));
        Assert.Empty(LengthRules.Violations(Product("Api/A.cs", Method(66))));
    }

    [Fact]
    public void A_long_line_is_caught()
    {
        Assert.NotEmpty(LengthRules.Violations(Product("Api/A.cs", "// " + new string('x', 118))));
        Assert.NotEmpty(LengthRules.Violations(new SourceFile("Makefile", "# " + new string('x', 119))));
        Assert.Empty(LengthRules.Violations(Product("Api/A.cs", "// " + new string('x', 117))));
        Assert.Empty(LengthRules.Violations(Product("Api/A.g.cs", "// " + new string('x', 118))));
    }

    [Fact]
    public void A_wrong_namespace_and_an_empty_name_are_caught()
    {
        SourceFile misplaced = new("src/JobNode/Api/A.cs", "namespace JobNode.Queue; class A;");
        Assert.NotEmpty(NameRules.Violations(misplaced));
        Assert.NotEmpty(NameRules.Violations(Product("Api/A.cs", "class JobHelper;")));
        Assert.Empty(NameRules.Violations(Product("Consensus/Log/A.cs", "class JobTable;")));
    }

    [Theory]
    [InlineData("class A { long Now() => DateTime.UtcNow.Ticks; }")]
    [InlineData("class A { long Now() => System.DateTime.UtcNow.Ticks; }")]
    [InlineData("class A { int Next() => Random.Shared.Next(); }")]
    [InlineData("class A { object Read() => File.ReadAllBytes(string.Empty); }")]
    [InlineData("class A { System.Net.Sockets.Socket? socket; }")]
    [InlineData("class A { void Run() { lock (this) { } } }")]
    [InlineData("class A { Task? task; }")]
    [InlineData("class A { async void Run() { } }")]
    public void Impurity_in_the_queue_is_caught(string body)
    {
        Assert.NotEmpty(PurityRules.Violations(Product("Queue/A.cs", body)));
        Assert.Empty(PurityRules.Violations(Product("Scheduling/A.cs", body)));
    }

    [Theory]
    [InlineData("Consensus", "[LoggerMessage(999, LogLevel.Error, \"x\")]")]
    [InlineData("Api", "[LoggerMessage(EventId = 3000, Level = LogLevel.Error)]")]
    [InlineData("Api", "[LoggerMessage(EventId = 4001), LoggerMessage(4001)]")]
    [InlineData("Api", "[LoggerMessage(Level = LogLevel.Error)]")]
    [InlineData("Weather", "[LoggerMessage(4001)]")]
    public void A_wrong_log_event_is_caught(string area, string attribute) =>
        Assert.NotEmpty(LogEventRules.Violations([LogMessages(area, attribute)]));

    [Fact]
    public void A_log_message_elsewhere_is_caught()
    {
        SourceFile elsewhere = Product("Api/A.cs", "class A { [LoggerMessage(4001)] void B(); }");
        Assert.NotEmpty(LogEventRules.Violations([elsewhere]));
        Assert.Empty(LogEventRules.Violations([LogMessages("Api", "[LoggerMessage(4001)]")]));
    }

    [Theory]
    [InlineData("// TO" + "DO: later")]
    [InlineData("# FIX" + "ME")]
    [InlineData("see /wo" + "rk/main/README.md")]
    [InlineData("see \"/ho" + "me/someone/x\"")]
    [InlineData("int a; ")]
    public void Unfinished_work_and_machine_paths_are_caught(string line) =>
        Assert.NotEmpty(TextRules.Violations(Product("Api/A.cs", line)));

    [Fact]
    public void A_cluster_path_is_no_machine_path() =>
        Assert.Empty(TextRules.Violations(Product("Api/A.cs", "const string Path = \"/cluster/work\"; // mastodon")));

    [Fact]
    public void An_untold_flag_is_caught()
    {
        SourceFile verb = Product("Cli/ServeVerb.cs", "class A { string a = \"--data-dir\", b = \"JOBNODE_ISA\"; }");
        Assert.Equal(2, DocumentRules.Untold([verb], "nothing").Count());
        Assert.Empty(DocumentRules.Untold([verb], "| `--data-dir` | x |\n| `JOBNODE_ISA` |"));
    }

    [Fact]
    public void A_silent_changelog_is_caught()
    {
        const string Properties = "<Project><A><VersionPrefix>0.2.0</VersionPrefix></A></Project>";
        Assert.False(DocumentRules.TellsVersion("# Changelog\n\n## [0.1.0]\n", Properties));
        Assert.True(DocumentRules.TellsVersion("# Changelog\n\n## [0.2.0] - 2030-01-01\n", Properties));
        Assert.True(DocumentRules.TellsVersion("# Changelog\n\n## [Unreleased]\n", Properties));
    }

    private static IEnumerable<string> Imports(SourceFile file) =>
        new ImportRules([Table, View, Details, Options, Host, Loop, file]).Violations();

    private static SourceFile Product(string path, string body, string usings = "")
    {
        string space = string.Join('.', path.Split('/')[..^1].Prepend("JobNode"));
        return new SourceFile($"src/JobNode/{path}", $"{usings}\nnamespace {space};\n{body}\n");
    }

    private static SourceFile LogMessages(string area, string attribute) => Product(
        $"Observability/LogMessages.{area}.cs",
        $"static partial class LogMessages {{ {attribute} static partial void A(); }}");

    private static string Method(int statements) =>
        "class A\n{\n    void B()\n    {\n" + Repeat("        C();\n", statements) + "    }\n}";

    private static string Repeat(string text, int times) => string.Concat(Enumerable.Repeat(text, times));
}
