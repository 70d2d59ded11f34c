using System.Text.Json;
using JobNode.Tests.Api;
using JobNode.Tests.Support;

namespace JobNode.Tests.Cli;

/// <summary><c>jobs</c>, <c>pull --follow</c>, <c>verify</c>, <c>top</c>, <c>status</c> against a real API.</summary>
public sealed class ClientVerbTests : IDisposable
{
    private static readonly string[] JobNames =
    [
        "id", "state", "iterations", "iterationsDone", "progress", "etaSeconds", "priority", "enqueuedAt",
        "completedAt", "result",
    ];

    private readonly CliHarness _cli = new();

    [Fact]
    public async Task Jobs_are_listed_by_state_page_by_page_or_as_one_object()
    {
        await using ApiHost host = await _cli.StartNodeAsync();
        for (int number = 0; number < 1003; number++)
        {
            await host.EnqueueAsync([1], number == 0 ? "iterations=5" : "iterations=1");
        }

        Assert.Equal(4, (await _cli.LinesAsync("jobs", "--limit", "3")).Length);
        Assert.Contains("there are more jobs", _cli.Errors, StringComparison.Ordinal);
        Assert.Equal(1004, (await _cli.LinesAsync("jobs", "--all")).Length);
        string pending = (await _cli.LinesAsync("jobs", "--state", "pending"))[1];
        Assert.Matches("^[0-9a-f-]{36}  pending       0   20.0%           5  ", pending);

        using JsonDocument page = JsonDocument.Parse(await _cli.PrintAsync("jobs", "--limit", "3", "--json"));
        Assert.Equal(["jobs", "nextCursor"], Names(page.RootElement));
        Assert.Equal(JsonValueKind.String, page.RootElement.GetProperty("nextCursor").ValueKind);
        using JsonDocument all = JsonDocument.Parse(await _cli.PrintAsync("jobs", "--all", "--json"));
        JsonElement[] jobs = [.. all.RootElement.GetProperty("jobs").EnumerateArray()];
        Assert.Equal(1003, jobs.Select(job => job.GetProperty("id").GetString()).Distinct().Count());
        Assert.All(jobs, job => Assert.Equal(JobNames, Names(job)));
        Assert.Equal(JsonValueKind.Null, all.RootElement.GetProperty("nextCursor").ValueKind);
        Assert.Equal(2, await _cli.RunAsync("jobs", "--all", "--limit", "3"));
        Assert.Equal(2, await _cli.RunAsync("jobs", "--state", "asleep"));
    }

    [Fact]
    public async Task Following_takes_every_result_once_and_those_that_come_later()
    {
        await using ApiHost host = await _cli.StartNodeAsync();
        List<string> ids = [await host.EnqueueAsync([1], "iterations=1"), await host.EnqueueAsync([2], "iterations=1")];
        Task<string[]> following = _cli.LinesAsync("pull", "--follow", "--count", "4", "--top", "1");
        ids.Add(await host.EnqueueAsync([3], "iterations=2"));
        ids.Add(await host.EnqueueAsync([4], "iterations=2"));
        await host.Cluster.FinishAllAsync();
        Assert.Equal(ids.Order(), (await following).Select(line => line.Split('\t')[0]).Order());

        await host.EnqueueAsync([5], "iterations=1");
        string json = Assert.Single(await _cli.LinesAsync("pull", "--follow", "--count", "1", "--json"));
        Assert.Equal(["id", "result", "iterations", "completedAt"], Names(JsonDocument.Parse(json).RootElement));
    }

    [Fact]
    public async Task Following_goes_on_when_the_cluster_is_without_a_leader_for_a_while()
    {
        await using ApiHost host = await _cli.StartNodeAsync();
        string first = await host.EnqueueAsync([1], "iterations=1");
        Task<string[]> following = _cli.LinesAsync("pull", "--follow", "--count", "2");
        await Eventually.IsSoAsync(() => host.Cluster.Machine.View.Counts.Pulled > 0, () => "nothing was pulled");

        string second = await host.EnqueueAsync([2], "iterations=1");
        host.Cluster.Refuses = JobNode.Commands.ResultCode.NotLeader;
        await Eventually.IsSoAsync(
            () => _cli.Errors.Contains("no result is lost", StringComparison.Ordinal) || following.IsCompleted,
            () => $"the lost leader was not told: {_cli.Errors}");
        host.Cluster.Refuses = null;
        Assert.Equal([first, second], (await following).Select(line => line.Split('\t')[0]));
    }

    [Theory]
    [InlineData("pull --count 3")]
    [InlineData("pull --follow --idempotency-key mine")]
    [InlineData("pull --follow --count 0")]
    [InlineData("status --watch soon")]
    [InlineData("status --watch 0")]
    [InlineData("top --every 0")]
    [InlineData("completion tcsh")]
    [InlineData("verify")]
    public async Task What_does_not_fit_is_wrong_usage(string line)
    {
        Assert.Equal(2, await _cli.RunAsync(line.Split(' ')));
        Assert.Contains("jobnode: ", _cli.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("scalar", 1)]
    [InlineData("scalar", 1000)]
    [InlineData("avx2", 1000)]
    [InlineData(null, 100_000)]
    public async Task A_result_is_verified_on_this_machine(string? isa, int iterations)
    {
        await using ApiHost host = await _cli.StartNodeAsync();
        using TemporaryFolder folder = new();
        string file = folder.PathOf("file");
        await File.WriteAllBytesAsync(file, HashChain.Body(200_000));
        string id = (await _cli.PrintAsync("enqueue", file, "--iterations", $"{iterations}")).Trim();
        if (iterations > 1)
        {
            Assert.Equal(1, await _cli.RunAsync("verify", file, id));
            Assert.Contains("has no result to compare", _cli.Errors, StringComparison.Ordinal);
            await host.Cluster.FinishAllAsync();
        }

        string[] path = isa is null ? [] : ["--isa", isa];
        Assert.StartsWith("right: ", await _cli.PrintAsync(["verify", file, id, .. path]), StringComparison.Ordinal);
        Assert.Equal(1, await _cli.RunAsync("verify", "-", id));
        Assert.Contains("WRONG: ", _cli.Output, StringComparison.Ordinal);
        JsonElement json = JsonDocument.Parse(await _cli.PrintAsync("verify", file, id, "--json")).RootElement;
        Assert.Equal(["file", "id", "iterations", "result", "computed", "equal"], Names(json));
        Assert.True(json.GetProperty("equal").GetBoolean());
    }

    [Fact]
    public async Task Status_and_top_begin_with_whether_all_is_well()
    {
        await using ApiHost host = await _cli.StartNodeAsync();
        await host.EnqueueAsync([1], "iterations=1000");
        Assert.StartsWith("NEEDS A LOOK: ", await _cli.PrintAsync("status"), StringComparison.Ordinal);
        string[] top = await _cli.LinesAsync("top");
        Assert.StartsWith("NEEDS A LOOK: ", top[0], StringComparison.Ordinal);
        Assert.Contains(top, line => line.StartsWith("JOB ", StringComparison.Ordinal));
        JsonElement json = JsonDocument.Parse(await _cli.PrintAsync("top", "--json")).RootElement;
        Assert.Equal(["status", "jobs"], Names(json));
        Assert.Equal(JobNames, Names(Assert.Single(json.GetProperty("jobs").EnumerateArray())));
        host.Cluster.LoseLeader();
        Assert.Equal(4, await _cli.RunAsync("status"));
        Assert.Contains("NOT WORKING: no leader.", _cli.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Colours_are_for_terminals_and_no_color_takes_them_away()
    {
        await using ApiHost host = await _cli.StartNodeAsync();
        Assert.DoesNotContain('\e', await _cli.PrintAsync("status"));
        using var person = new CliHarness { IsTerminal = true };
        person.Variables["JOBNODE_NODE"] = host.Url;
        Assert.Contains("\e[3", await person.PrintAsync("status"), StringComparison.Ordinal);
        Assert.DoesNotContain('\e', await person.PrintAsync("status", "--json"));
        person.Variables["NO_COLOR"] = "1";
        Assert.DoesNotContain('\e', await person.PrintAsync("status"));
    }

    public void Dispose() => _cli.Dispose();

    private static string[] Names(JsonElement json) => [.. json.EnumerateObject().Select(property => property.Name)];
}
