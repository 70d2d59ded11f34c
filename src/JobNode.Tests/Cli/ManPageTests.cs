using JobNode.Cli;
using JobNode.Tests.Support;

namespace JobNode.Tests.Cli;

/// <summary>The man page, as roff sees it.</summary>
public sealed class ManPageTests
{
    [Fact]
    public async Task The_man_page_has_no_fault_and_tells_every_verb_and_flag()
    {
        using var cli = new CliHarness();
        using TemporaryFolder folder = new();
        string file = folder.PathOf("jobnode.1");
        await File.WriteAllTextAsync(file, await cli.PrintAsync("man"));
        CommandRun run = await CommandRun.RunAsync("groff", ["-man", "-ww", "-Tascii", "-P-cbou", file]);
        Assert.True(run is { ExitCode: 0, Error: "" }, run.ToString());
        Assert.StartsWith("JOBNODE(1)", run.Output.TrimStart(), StringComparison.Ordinal);
        foreach (CommandShape verb in cli.Tree().All)
        {
            Assert.Contains($"jobnode {verb.Path}".TrimEnd(), run.Output, StringComparison.Ordinal);
            Assert.All(verb.Flags, flag => Assert.Contains($"{flag.Name} {flag.Value}".TrimEnd(), run.Output));
        }
    }
}
