using JobNode.Cli;

namespace JobNode.Tests.Cli;

/// <summary>What is made from the command tree holds all of it: help, man page, completions.</summary>
public sealed class CommandTreeTests : IDisposable
{
    private readonly CliHarness _cli = new();

    [Fact]
    public async Task Every_verb_has_help_with_examples_of_its_own()
    {
        foreach (CommandShape verb in _cli.Tree().All)
        {
            Assert.True(Examples.Has(verb.Path), $"jobnode {verb.Path} has no examples (Cli/Examples.cs)");
            string[] words = verb.Path.Length == 0 ? ["--help"] : [.. verb.Path.Split(' '), "--help"];
            string help = await _cli.PrintAsync(words);
            Assert.Contains($"  {Examples.Of(verb.Path)[0]}", help, StringComparison.Ordinal);
            Assert.All(verb.Flags, flag => Assert.Contains(flag.Name, help, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Examples_use_verbs_and_flags_that_there_are()
    {
        CommandShape[] verbs = [.. _cli.Tree().All];
        foreach (string line in verbs
            .SelectMany(verb => Examples.Of(verb.Path))
            .Where(line => line.StartsWith("jobnode ", StringComparison.Ordinal)))
        {
            string[] words = line.Split('#', '|', '>')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            CommandShape verb = verbs
                .Where(verb => string.Join(' ', words.Skip(1)).StartsWith(verb.Path, StringComparison.Ordinal))
                .MaxBy(verb => verb.Path.Length)!;
            Assert.NotEqual("", verb.Path);
            Assert.All(
                words.Where(word => word.StartsWith("--", StringComparison.Ordinal)),
                word => Assert.Contains(word, verb.Flags.Select(flag => flag.Name)));
        }
    }

    [Fact]
    public void Every_flag_says_what_holds_without_it()
    {
        FlagShape[] flags = [.. _cli.Tree().All.SelectMany(verb => verb.Flags)];
        Assert.All(flags, flag => Assert.NotEqual("", flag.Default));
        Assert.Equal("./jobnode-data", flags.First(flag => flag.Name == "--data-dir").Default);
        Assert.Equal("256MiB", flags.Single(flag => flag.Name == "--min-free-disk").Default);
        Assert.Equal("oldest", flags.Single(flag => flag.Name == "--order").Default);
        Assert.Equal("must be given", flags.First(flag => flag.Name == "--iterations").Default);
        Assert.Equal("off", flags.Single(flag => flag.Name == "--follow").Default);
    }

    [Fact]
    public async Task Whatever_prints_for_programs_says_in_which_form()
    {
        string[] withoutJson =
        [
            "", "serve", "certs", "certs init", "certs node", "restore", "recover", "check", "bench", "completion",
            "man",
        ];
        foreach (CommandShape verb in _cli.Tree().All.Where(verb => !withoutJson.Contains(verb.Path)))
        {
            Assert.Contains(verb.Flags, flag => flag.Name == "--json");
        }

        Assert.Equal("{\"version\":\"1.2.3\"}\n", await _cli.PrintAsync("version", "--json"));
    }

    public void Dispose() => _cli.Dispose();
}
