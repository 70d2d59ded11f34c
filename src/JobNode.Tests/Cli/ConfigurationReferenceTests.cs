using System.Text;
using JobNode.Cli;
using JobNode.Tests.Support;

namespace JobNode.Tests.Cli;

/// <summary>docs/configuration.md: every verb, flag, default and variable, from the command tree.</summary>
[Trait(GeneratedFile.Trait, "Documents")]
public sealed class ConfigurationReferenceTests
{
    /// <summary>The same in every verb that talks to a node, so told once.</summary>
    private static readonly string[] ClientFlags = ["--node", "--token-file", "--ca"];

    [Fact]
    public void The_configuration_reference_is_what_the_program_takes()
    {
        using var cli = new CliHarness();
        GeneratedFile.MustEqual("docs/configuration.md", Write(cli.Tree()));
    }

    private static string Write(CommandShape root)
    {
        CommandShape[] verbs = [.. root.All.Where(verb => verb.Path.Length > 0)];
        FlagShape[] shared = [.. verbs.Single(verb => verb.Path == "status").Flags.Where(IsClientFlag)];
        var page = new StringBuilder(
            """
            # Configuration

            Made from the code: `make docs` writes this page, and a test fails while it is stale.

            Every flag is also an environment variable, and the flag wins: `--data-dir` is `JOBNODE_DATA_DIR`. A flag
            without a value is set by `true` or `false`. There is no configuration file; with systemd use an
            `EnvironmentFile`.
            `jobnode VERB --help` tells the same at the machine, `jobnode man | man -l -` all of it.

            | value | is written as |
            | --- | --- |
            | `N` | a whole number |
            | `SECONDS` | whole seconds |
            | `TIME`, `DURATION` | `500ms`, `90s`, `30m`, `12h`, `7d` or `0` |
            | `SIZE` | bytes: `64KiB`, `10MiB`, `2GiB`, `10MB`, or a plain number |
            | `SHARE` | percent: `0.1%`, `25%` or `0` |
            | `HOST:PORT` | `127.0.0.1:5000`, `[::1]:5000`, `a:5000`; to listen `*:5000`, and port 0 is a free one |
            | `A,B,C` | several, with commas between |
            | `URL` | `HOST:PORT`, `http://HOST:PORT` or `https://HOST:PORT` |
            | `FILE`, `DIR` | a path |
            | `ID` | an id, an unambiguous beginning of it, or an address |


            """);
        foreach (CommandShape verb in verbs)
        {
            FlagShape[] own = [.. verb.Flags.Where(flag => !shared.Contains(flag, SameFlag.Instance))];
            page.AppendLine($"## jobnode {verb.Path}").AppendLine().AppendLine(verb.Description).AppendLine();
            page.AppendLine("```sh");
            page.AppendJoin('\n', Examples.Of(verb.Path)).AppendLine().AppendLine("```").AppendLine();
            WriteArguments(page, verb);
            WriteFlags(page, own);
            if (own.Length < verb.Flags.Count)
            {
                page.AppendLine("And the flags of every verb that talks to a node.").AppendLine();
            }
        }

        page.AppendLine("## Flags of every verb that talks to a node").AppendLine();
        WriteFlags(page, shared);
        page.AppendLine("## Variables that are no flags").AppendLine();
        page.AppendLine("| variable | meaning |").AppendLine("| --- | --- |");
        foreach ((string name, string meaning) in EnvironmentFlags.Others)
        {
            page.AppendLine($"| `{name}` | {Cell(meaning)} |");
        }

        page.AppendLine().AppendLine("## Exit codes").AppendLine();
        page.AppendLine("| code | meaning |").AppendLine("| --- | --- |");
        foreach ((int code, string meaning) in ExitCodes.All)
        {
            page.AppendLine($"| {code} | {Cell(meaning)} |");
        }

        return page.ToString();
    }

    private static bool IsClientFlag(FlagShape flag) => ClientFlags.Contains(flag.Name);

    private static void WriteArguments(StringBuilder page, CommandShape verb)
    {
        foreach (ArgumentShape argument in verb.Arguments)
        {
            page.AppendLine($"`{argument.Name}`: {argument.Description}").AppendLine();
        }
    }

    private static void WriteFlags(StringBuilder page, FlagShape[] flags)
    {
        if (flags.Length == 0)
        {
            return;
        }

        page.AppendLine("| flag | variable | default | meaning |").AppendLine("| --- | --- | --- | --- |");
        foreach (FlagShape flag in flags)
        {
            string name = $"{flag.Name} {flag.Value}".TrimEnd();
            page.AppendLine(
                $"| `{Cell(name)}` | `{EnvironmentFlags.VariableOf(flag.Name)}` | {Cell(flag.Default)} | "
                + $"{Cell(flag.Description)} |");
        }

        page.AppendLine();
    }

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);

    private sealed class SameFlag : IEqualityComparer<FlagShape>
    {
        public static readonly SameFlag Instance = new();

        public bool Equals(FlagShape? x, FlagShape? y) => x?.Name == y?.Name && x?.Description == y?.Description;

        public int GetHashCode(FlagShape obj) => obj.Name.GetHashCode(StringComparison.Ordinal);
    }
}
