using System.Globalization;
using System.Text.RegularExpressions;
using JobNode.Tests.Support;
using Xunit.Abstractions;

namespace JobNode.Tests.Processes;

/// <summary>Backup of a running cluster, restore, check, and what they refuse: as an operator types them.</summary>
[Collection(ProcessCollection.Name)]
[Trait("Tier", "Process")]
public sealed partial class BackupTests(ITestOutputHelper output)
{
    private const int Done = 0;
    private const int Failed = 1;

    private static readonly TimeSpan Load = TimeSpan.FromSeconds(4);

    [Fact]
    public async Task Backup_under_load_restored_on_a_fresh_single_node_has_the_same_digest_at_its_index()
    {
        using TemporaryFolder folder = new();
        string file = folder.PathOf("jobs.backup");
        string[] acknowledged;
        CommandRun backup;
        await using (ClusterFixture cluster = await ClusterFixture.StartAsync())
        {
            await using LoadClients clients = new(cluster.Nodes);
            await Task.Delay(Load);
            acknowledged = [.. clients.Accepted.Keys];

            // Of a follower: it must wait for what the leader acknowledged.
            NodeProcess leader = await cluster.LeaderAsync();
            NodeProcess follower = cluster.Nodes.First(node => node != leader);
            backup = await VerbAsync("backup", file, "--node", follower.Api.Address.ToString());
            int during = clients.Accepted.Count;
            await Task.Delay(Load / 4);
            await clients.StopAsync();
            Assert.True(backup.ExitCode == Done, $"{backup}\n{cluster.Describe()}");
            Assert.True(clients.Accepted.Count > during, "the load went on after the backup");
        }

        Match made = Backup().Match(backup.Output);
        Assert.True(made.Success, backup.ToString());
        string index = made.Groups["index"].Value;
        string digest = made.Groups["digest"].Value;

        // No hash threads: nothing but the new leader's first, empty entry may follow.
        await using NodeProcess node = new(["--workers", "0"]);
        CommandRun restore = await VerbAsync(
            "restore", file, "--data-dir", node.DataDirectory, "--advertise", node.ClusterAddress);
        Assert.True(restore.ExitCode == Done, restore.ToString());
        Assert.Contains($"index {index}, digest {digest}", restore.Output, StringComparison.Ordinal);
        CommandRun check = await VerbAsync("check", node.DataDirectory);
        Assert.True(check.ExitCode == Done, check.ToString());
        Assert.Contains($"index {index}, digest {digest}", check.Output, StringComparison.Ordinal);

        await node.StartAndWaitAsync();
        StatusRow status = await node.Api.StatusAsync();
        output.WriteLine(
            $"measured: backup of {made.Groups["jobs"].Value} jobs at index {index} under load: digest {digest}, "
            + $"restored digest {status.StateDigest}");
        Assert.Equal(digest, status.StateDigest);
        Assert.Equal(ulong.Parse(index, CultureInfo.InvariantCulture) + 1, status.AppliedIndex);
        foreach (string id in acknowledged)
        {
            _ = await node.Api.JobAsync(id); // throws when it is unknown
        }
    }

    [Fact]
    public async Task A_backup_that_breaks_off_or_has_no_place_leaves_nothing_behind()
    {
        using TemporaryFolder folder = new();
        await using NodeProcess node = new();
        await node.StartAndWaitAsync();
        string url = node.Api.Address.ToString();
        CommandRun nowhere = await VerbAsync("backup", folder.PathOf("none/jobs.backup"), "--node", url);
        Assert.True(nowhere.ExitCode == Failed, nowhere.ToString());

        string kept = folder.PathOf("jobs.backup");
        await File.WriteAllTextAsync(kept, "the one of yesterday");
        await using BreakingServer server = BreakingServer.Start();
        CommandRun broken = await VerbAsync("backup", kept, "--node", server.Url);
        Assert.True(broken.ExitCode == Failed, broken.ToString());
        Assert.Contains("no backup was made", broken.Error, StringComparison.Ordinal);
        Assert.Equal("the one of yesterday", await File.ReadAllTextAsync(kept));
        Assert.Equal([kept], Directory.GetFiles(folder.FullName));

        CommandRun made = await VerbAsync("backup", kept, "--node", url);
        Assert.True(made.ExitCode == Done, made.ToString());
        Assert.Equal([kept], Directory.GetFiles(folder.FullName));
    }

    [Fact]
    public async Task A_running_node_keeps_check_and_recover_out_of_its_directory()
    {
        await using NodeProcess node = new();
        await node.StartAndWaitAsync();
        foreach (string[] verb in new string[][]
        {
            ["check", node.DataDirectory],
            ["recover", "--data-dir", node.DataDirectory],
            ["recover", "--data-dir", node.DataDirectory, "--yes"],
        })
        {
            CommandRun run = await VerbAsync(verb);
            Assert.True(run.ExitCode == Failed, run.ToString());
            Assert.Contains("is in use by another jobnode process", run.Error, StringComparison.Ordinal);
        }

        await node.TerminateAsync();
        CommandRun stopped = await VerbAsync("check", node.DataDirectory);
        Assert.True(stopped.ExitCode == Done, stopped.ToString());
    }

    [Fact]
    public async Task A_killed_node_leaves_a_directory_that_is_sound()
    {
        await using NodeProcess node = new();
        await node.StartAndWaitAsync();
        await using (LoadClients clients = new([node]))
        {
            await Task.Delay(Load / 4);
            await node.KillAsync();
            CommandRun killed = await VerbAsync("check", node.DataDirectory);
            Assert.True(killed.ExitCode == Done, killed.ToString());
            Assert.Contains("is sound", killed.Output, StringComparison.Ordinal);
            await node.StartAndWaitAsync();
        }

        await node.TerminateAsync();
        string log = Directory.GetFiles(node.DataDirectory, "*.log").Order(StringComparer.Ordinal).First();
        await using (FileStream stream = File.OpenWrite(log))
        {
            stream.Position = 2000;
            await stream.WriteAsync(new byte[] { 1, 2, 3 });
        }

        CommandRun damaged = await VerbAsync("check", node.DataDirectory);
        Assert.True(damaged.ExitCode == Failed, damaged.ToString());
        Assert.Contains(Path.GetFileName(log), damaged.Output, StringComparison.Ordinal);
        Assert.Contains("at byte", damaged.Output, StringComparison.Ordinal);
    }

    private static Task<CommandRun> VerbAsync(params string[] arguments) =>
        CommandRun.RunAsync(PublishedBinary.Path, arguments);

    [GeneratedRegex(
        "index (?<index>[0-9]+), digest (?<digest>[0-9a-f]{32}), (?<jobs>[0-9]+) jobs", RegexOptions.None, 1000)]
    private static partial Regex Backup();
}
