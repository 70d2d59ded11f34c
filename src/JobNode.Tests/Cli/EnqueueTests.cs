using System.Text.Json;
using JobNode.Tests.Api;
using JobNode.Tests.Support;

namespace JobNode.Tests.Cli;

/// <summary><c>enqueue</c> of many files, and again of the same.</summary>
public sealed class EnqueueTests : IDisposable
{
    /// <summary>From here on a file is looked for before it is sent, in bytes.</summary>
    private const int LookFirstBytes = 64 << 10;

    private readonly CliHarness _cli = new();
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task A_directory_is_all_files_below_it_in_order()
    {
        await using ApiHost host = await _cli.StartNodeAsync();
        Make("b.bin", 1, 10);
        Make("a/z.bin", 2, LookFirstBytes);
        Make("a/deep/y.bin", 3, 0);
        string[] lines = await _cli.LinesAsync("enqueue", _folder.FullName, "--iterations", "1", "--json");
        string[] files = [.. lines.Select(line => Text(line, "file"))];
        Assert.Equal(
            [_folder.PathOf("a/deep/y.bin"), _folder.PathOf("a/z.bin"), _folder.PathOf("b.bin")], files);
        Assert.All(lines, line => Assert.Equal(["file", "id", "sent"], Names(line)));
        Assert.Equal(3, host.Cluster.Machine.View.Counts.Completed);
        Assert.Contains("3 files: 3 sent, 0 known", _cli.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_repeated_call_makes_no_second_job_and_sends_no_large_file_again()
    {
        await using ApiHost host = await _cli.StartNodeAsync();
        string large = Make("large", 1, LookFirstBytes);
        Make("small", 2, 10);
        string first = await _cli.PrintAsync("enqueue", _folder.FullName, "--iterations", "3");
        int proposals = host.Cluster.Proposals;
        Assert.Equal(first, await _cli.PrintAsync("enqueue", _folder.FullName, "--iterations", "3"));
        Assert.Equal(proposals + 1, host.Cluster.Proposals);
        Assert.Contains("2 files: 0 sent, 2 known to the cluster already", _cli.Errors, StringComparison.Ordinal);
        Assert.Equal(2, host.Cluster.Machine.View.Counts.Unfinished);

        // Cut short after the large one: only what is missing is sent.
        Make("new", 3, LookFirstBytes);
        Assert.Equal(3, (await _cli.LinesAsync("enqueue", _folder.FullName, "--iterations", "3")).Length);
        Assert.Equal(proposals + 3, host.Cluster.Proposals);

        string one = await _cli.PrintAsync("enqueue", large, "--iterations", "3", "--json");
        Assert.Contains("\"sent\":false", one, StringComparison.Ordinal);
        Assert.Contains($"{large} is in the cluster already", _cli.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Other_iterations_another_priority_other_bytes_or_again_make_another_job()
    {
        await using ApiHost host = await _cli.StartNodeAsync();
        string file = Make("file", 1, 100);
        HashSet<string> ids = [];
        foreach (string flags in new[]
        {
            "--iterations 3", "--iterations 4", "--iterations 3 --priority 1", "--iterations 3 --again",
            "--iterations 3 --again", "--iterations 3 --idempotency-key mine",
        })
        {
            Assert.True(ids.Add(await _cli.PrintAsync(["enqueue", file, .. flags.Split(' ')])), flags);
        }

        Make("file", 2, 100);
        Assert.True(ids.Add(await _cli.PrintAsync("enqueue", file, "--iterations", "3")));
        Assert.False(ids.Add(await _cli.PrintAsync("enqueue", file, "--iterations", "3")));
        Assert.Equal(ids.Count, host.Cluster.Machine.View.Counts.Unfinished);
    }

    [Fact]
    public async Task With_wait_each_file_comes_with_its_result()
    {
        await using ApiHost host = await _cli.StartNodeAsync();
        string file = Make("file", 1, 100);
        string line = Assert.Single(
            await _cli.LinesAsync("enqueue", file, "--iterations", "1", "--wait", "--json"));
        Assert.Equal(["file", "id", "sent", "result"], Names(line));
        Assert.Equal(HashChain.Result(await File.ReadAllBytesAsync(file), 1), Text(line, "result"));
    }

    [Fact]
    public async Task A_cluster_that_refuses_says_how_many_files_are_in_it()
    {
        await using ApiHost host = await _cli.StartNodeAsync();
        Make("a", 1, 10);
        Make("b", 2, 10);
        host.Cluster.Refuses = JobNode.Commands.ResultCode.NotLeader;
        Assert.Equal(4, await _cli.RunAsync("enqueue", _folder.FullName, "--iterations", "1"));
        Assert.Contains("0 of 2 files are in the cluster; repeat the command", _cli.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_file_is_refused_before_anything_is_sent()
    {
        await using ApiHost host = await _cli.StartNodeAsync();
        string file = Make("a", 1, 10);
        Assert.Equal(2, await _cli.RunAsync("enqueue", file, _folder.PathOf("none"), "--iterations", "1"));
        Directory.CreateDirectory(_folder.PathOf("empty"));
        Assert.Equal(2, await _cli.RunAsync("enqueue", _folder.PathOf("empty"), "--iterations", "1"));
        Assert.Equal(
            2, await _cli.RunAsync("enqueue", file, file, "--iterations", "1", "--idempotency-key", "mine"));
        Assert.Equal(0, host.Cluster.Proposals);
    }

    public void Dispose()
    {
        _cli.Dispose();
        _folder.Dispose();
    }

    private static string[] Names(string json) =>
        [.. JsonDocument.Parse(json).RootElement.EnumerateObject().Select(property => property.Name)];

    private static string Text(string json, string name) =>
        JsonDocument.Parse(json).RootElement.GetProperty(name).GetString()!;

    private string Make(string name, int seed, int bytes)
    {
        string path = _folder.PathOf(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, HashChain.Body(bytes, seed));
        return path;
    }
}
