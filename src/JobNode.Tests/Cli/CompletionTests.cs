using JobNode.Tests.Support;

namespace JobNode.Tests.Cli;

/// <summary>The completion scripts, run by the shells that they are for.</summary>
public sealed class CompletionTests : IDisposable
{
    private readonly CliHarness _cli = new();
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("", "serve status")]
    [InlineData("st", "status")]
    [InlineData("members", "members")]
    [InlineData("members ", "remove promote release")]
    [InlineData("members r", "remove release")]
    [InlineData("pull --fo", "--follow")]
    [InlineData("pull --order ", "oldest newest")]
    [InlineData("pull --order n", "newest")]
    [InlineData("pull --top ", "")]
    [InlineData("jobs --state c", "completed cancelled")]
    [InlineData("completion ", "bash zsh fish")]
    [InlineData("enqueue --iterations 3 pict", "picture.bin")]
    [InlineData("serve --data-dir f", "folder")]
    [InlineData("serve --cluster-ca pi", "picture.bin")]
    public async Task Shells_complete_verbs_flags_values_and_files(string typed, string wanted)
    {
        Directory.CreateDirectory(_folder.PathOf("folder"));
        await File.WriteAllTextAsync(_folder.PathOf("picture.bin"), "");
        string[] words = wanted.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        foreach ((string shell, Func<string, string, Task<string[]>> complete) in Shells())
        {
            string script = _folder.PathOf($"script.{shell}");
            await File.WriteAllTextAsync(script, await _cli.PrintAsync("completion", shell));
            string[] given = await complete(script, typed);
            Assert.True(
                words.All(given.Contains) && (typed.Length == 0 || given.Length == words.Length),
                $"{shell}: 'jobnode {typed}' gave {string.Join(' ', given)}");
        }
    }

    [Fact]
    public async Task Bash_completes_behind_an_equals_sign_as_readline_splits_it()
    {
        string script = _folder.PathOf("script");
        await File.WriteAllTextAsync(script, await _cli.PrintAsync("completion", "bash"));
        Assert.Equal(["newest", "oldest"], (await BashAsync(script, ["pull", "--order", "="])).Order());
        Assert.Equal(["newest"], await BashAsync(script, ["pull", "--order", "=", "n"]));
    }

    public void Dispose()
    {
        _cli.Dispose();
        _folder.Dispose();
    }

    private (string Shell, Func<string, string, Task<string[]>> Complete)[] Shells() =>
    [
        ("bash", (script, typed) => BashAsync(script, typed.Split(' '))),
        ("zsh", ZshAsync),
        ("fish", FishAsync),
    ];

    private async Task<string[]> BashAsync(string script, string[] words)
    {
        string list = string.Join(' ', words.Select(word => $"'{word}'"));
        return await LinesAsync(
            "bash",
            $"""
            set -u
            source '{script}'
            COMP_WORDS=(jobnode {list}) COMP_CWORD={words.Length}
            _jobnode
            printf '%s\n' "${"{COMPREPLY[@]}"}"
            """);
    }

    /// <summary>The widgets of zsh work in a line editor only: what they would be given is printed.</summary>
    private async Task<string[]> ZshAsync(string script, string typed)
    {
        string[] words = typed.Split(' ');
        string[] given = await LinesAsync(
            "zsh",
            $$"""
            compdef() { :; }
            compadd() { shift; print -l -- "$@"; }
            _message() { :; }
            _files() { print -l -- *; }
            _describe() { print -l -- "${(@P)argv[-1]%%:*}"; }
            source '{{script}}'
            words=(jobnode {{string.Join(' ', words.Select(word => $"'{word}'"))}}) CURRENT={{words.Length + 1}}
            _jobnode
            """);
        return [.. given.Where(word => word.StartsWith(words[^1], StringComparison.Ordinal))];
    }

    private async Task<string[]> FishAsync(string script, string typed)
    {
        string[] given = await LinesAsync("fish", $"source '{script}'; complete -C 'jobnode {typed}'");
        return [.. given.Select(line => line.Split('\t')[0].TrimEnd('/'))];
    }

    private async Task<string[]> LinesAsync(string shell, string text)
    {
        CommandRun run = await CommandRun.RunAsync(
            "env", ["-C", _folder.FullName, $"HOME={_folder.FullName}", shell, "-c", text]);
        Assert.True(run.Error.Length == 0, $"{shell}: {run}");
        return run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
