using System.Text.Json;
using System.Text.RegularExpressions;
using JobNode.Tests.Support;

namespace JobNode.Tests.Processes;

/// <summary>The command line as a script sees it: what is written to standard output, and the exit codes.</summary>
[Collection(ProcessCollection.Name)]
[Trait("Tier", "Process")]
public sealed partial class VerbTests
{
    private const int Done = 0;
    private const int Failed = 1;
    private const int WrongUsage = 2;
    private const int Unreachable = 3;
    private const int NoQuorum = 4;

    [Fact]
    public async Task A_job_goes_in_and_its_result_comes_out()
    {
        await using NodeProcess node = new();
        await node.StartAndWaitAsync();
        using TemporaryFolder folder = new();
        byte[] body = HashChain.Body(1000);
        string file = folder.PathOf("dummy");
        await File.WriteAllBytesAsync(file, body);
        string right = HashChain.Result(body, 1000);

        CommandRun enqueue = await VerbAsync(node, "enqueue", file, "--iterations", "1000");
        Assert.True(enqueue.ExitCode == Done, enqueue.ToString());
        string id = Uuid().Match(enqueue.Output).Value;

        CommandRun wait = await VerbAsync(node, "wait", id);
        Assert.True(wait.ExitCode == Done, wait.ToString());
        Assert.Contains(right, wait.Output, StringComparison.Ordinal);

        CommandRun piped = await CommandRun.RunAsync(
            PublishedBinary.Path,
            ["enqueue", "-", "--iterations", "1000", "--wait", "--node", node.Api.Address.ToString()], body);
        Assert.True(piped.ExitCode == Done, piped.ToString());
        Assert.Contains(right, piped.Output, StringComparison.Ordinal);

        CommandRun pull = await VerbAsync(node, "pull", "--top", "10");
        Assert.True(pull.ExitCode == Done, pull.ToString());
        Assert.Contains(id, pull.Output, StringComparison.Ordinal);
        Assert.Equal(2, Regex.Count(pull.Output, right));
    }

    [Fact]
    public async Task Status_is_a_table_for_people_and_json_for_programs()
    {
        await using NodeProcess node = new();
        await node.StartAndWaitAsync();
        CommandRun table = await VerbAsync(node, "status");
        Assert.True(table.ExitCode == Done, table.ToString());
        Assert.Contains(node.ClusterAddress, table.Output, StringComparison.Ordinal);

        CommandRun json = await VerbAsync(node, "status", "--json");
        Assert.True(json.ExitCode == Done, json.ToString());
        using JsonDocument status = JsonDocument.Parse(json.Output);
        Assert.Equal("leader", StatusRow.From(status.RootElement).Role);
    }

    [Fact]
    public async Task Bench_load_sends_what_it_says_and_pulls_it_again()
    {
        await using NodeProcess node = new();
        await node.StartAndWaitAsync();
        CommandRun text = await VerbAsync(node, "bench", "load", "--duration", "1s", "--in-flight", "3");
        Assert.True(text.ExitCode == Done, text.ToString());
        Assert.Contains("p99.9", text.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("error", text.Output, StringComparison.Ordinal);

        CommandRun json = await VerbAsync(
            node, "bench", "load", "--what", "roundtrip", "--iterations", "1000", "--duration", "1s", "--json");
        Assert.True(json.ExitCode == Done, json.ToString());
        using JsonDocument report = JsonDocument.Parse(json.Output);
        long calls = report.RootElement.GetProperty("calls").GetInt64();
        Assert.True(calls > 0);
        Assert.Empty(report.RootElement.GetProperty("errors").EnumerateObject());
        StatusRow status = await node.Api.StatusAsync();
        Assert.True(status.Completed > calls, "those of the first run are there as well");
        Assert.Equal(0, status.Unfinished);
    }

    [Fact]
    public async Task Version_is_one_line()
    {
        CommandRun run = await CommandRun.RunAsync(PublishedBinary.Path, ["version"]);
        Assert.Equal(Done, run.ExitCode);
        Assert.Matches(@"\d+\.\d+\.\d+", Assert.Single(run.Output.Trim().Split('\n')));
    }

    [Fact]
    public async Task An_unknown_job_is_a_failure()
    {
        await using NodeProcess node = new();
        await node.StartAndWaitAsync();
        CommandRun run = await VerbAsync(node, "wait", "00000000-0000-7000-8000-000000000000");
        Assert.Equal(Failed, run.ExitCode);
        Assert.NotEqual("", run.Error);
    }

    [Theory]
    [InlineData("juggle")]
    [InlineData("enqueue", "--iterations", "3")]
    [InlineData("enqueue", "-", "--iterations", "few")]
    [InlineData("serve", "--listen", "nonsense")]
    [InlineData("serve", "--no-such-flag")]
    public async Task Wrong_usage_is_told_apart(params string[] arguments)
    {
        CommandRun run = await CommandRun.RunAsync(PublishedBinary.Path, arguments);
        Assert.True(run.ExitCode == WrongUsage, run.ToString());
        Assert.NotEqual("", run.Error);
    }

    [Fact]
    public async Task A_cluster_that_cannot_be_reached_is_told_apart()
    {
        CommandRun run = await CommandRun.RunAsync(
            PublishedBinary.Path, ["status", "--node", $"http://127.0.0.1:{LoopbackPorts.Next()}"]);
        Assert.True(run.ExitCode == Unreachable, run.ToString());
    }

    [Fact]
    public async Task A_cluster_without_quorum_is_told_apart()
    {
        await using ClusterFixture cluster = await ClusterFixture.StartAsync();
        await cluster.Nodes[1].KillAsync();
        await cluster.Nodes[2].KillAsync();
        CommandRun run = await CommandRun.RunAsync(
            PublishedBinary.Path,
            ["enqueue", "-", "--iterations", "3", "--node", cluster.Nodes[0].Api.Address.ToString()], [1, 2, 3]);
        Assert.True(run.ExitCode == NoQuorum, $"{run}\n{cluster.Describe()}");
    }

    private static Task<CommandRun> VerbAsync(NodeProcess node, params string[] arguments) =>
        CommandRun.RunAsync(PublishedBinary.Path, [.. arguments, "--node", node.Api.Address.ToString()]);

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", RegexOptions.None, 1000)]
    private static partial Regex Uuid();
}
