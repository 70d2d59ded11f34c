using JobNode.Tests.Support;

namespace JobNode.Tests.Processes;

/// <summary>One node and its data directory: what is accepted is there after any end of the process.</summary>
[Collection(ProcessCollection.Name)]
[Trait("Tier", "Process")]
public sealed class SingleNodeTests
{
    private const int Jobs = 30;
    private const int WaitSeconds = 60;
    private const int FirstRecordOffset = 512;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_restart_keeps_everything(bool killed)
    {
        await using NodeProcess node = new();
        await node.StartAndWaitAsync();
        string nodeId = (await node.Api.StatusAsync()).NodeId;

        // Finished and pulled, finished and not pulled, and unfinished at the end of the process.
        string pulledId = await node.Api.EnqueueAsync([1], 1);
        FinishedJob pulled = Assert.Single(await node.Api.PullAsync(1, "before the restart"));
        Assert.Equal(pulledId, pulled.Id);
        Dictionary<string, string> right = await EnqueueJobsAsync(node);
        if (killed)
        {
            await node.KillAsync();
        }
        else
        {
            Assert.Equal(0, await node.TerminateAsync());
        }

        await node.StartAndWaitAsync();
        Assert.Equal(nodeId, (await node.Api.StatusAsync()).NodeId);
        JobRow still = await node.Api.JobAsync(pulledId);
        Assert.Equal(("pulled", pulled.Result), (still.State, still.Result));
        Assert.Equal(pulled, Assert.Single(await node.Api.PullAsync(1, "before the restart")));

        foreach (string id in right.Keys)
        {
            Assert.Equal("completed", (await node.Api.JobAsync(id, WaitSeconds)).State);
        }

        IReadOnlyList<FinishedJob> rest = await node.Api.PullAsync(Jobs + 1);
        Assert.Equal(right.Keys.Order(), rest.Select(job => job.Id).Order());
        Assert.All(rest, job => Assert.Equal(right[job.Id], job.Result));
    }

    [Fact]
    public async Task A_node_at_work_has_not_loaded_OpenSsl()
    {
        await using NodeProcess node = new();
        await node.StartAndWaitAsync();
        string id = await node.Api.EnqueueAsync([1], 1000);
        Assert.Equal("completed", (await node.Api.JobAsync(id, 60)).State);
        Assert.Single(await node.Api.PullAsync(10));
        Assert.DoesNotContain(node.MappedFiles(), file =>
            file.Contains("libssl", StringComparison.Ordinal) || file.Contains("libcrypto", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_second_process_on_the_same_directory_is_refused()
    {
        await using NodeProcess node = new();
        await node.StartAndWaitAsync();
        CommandRun second = await CommandRun.RunAsync(PublishedBinary.Path,
        [
            "serve", "--data-dir", node.DataDirectory, "--listen", $"127.0.0.1:{LoopbackPorts.Next()}",
            "--cluster-listen", $"127.0.0.1:{LoopbackPorts.Next()}",
        ]);
        Assert.Equal(1, second.ExitCode);
        Assert.Contains(node.DataDirectory, second.Output + second.Error, StringComparison.Ordinal);
        Assert.True(await node.Api.IsReadyAsync());
    }

    [Fact]
    public async Task The_cluster_port_beyond_loopback_needs_insecure()
    {
        using TemporaryFolder folder = new();
        CommandRun run = await CommandRun.RunAsync(PublishedBinary.Path,
        [
            "serve", "--data-dir", folder.PathOf("data"), "--listen", $"127.0.0.1:{LoopbackPorts.Next()}",
            "--cluster-listen", $"0.0.0.0:{LoopbackPorts.Next()}",
        ]);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("--insecure", run.Output + run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Damage_before_valid_records_is_named_and_not_started_on()
    {
        await using NodeProcess node = new();
        await node.StartAndWaitAsync();
        await EnqueueJobsAsync(node);
        await node.KillAsync();

        FileInfo log = new DirectoryInfo(node.DataDirectory).EnumerateFiles()
            .OrderBy(file => file.Name, StringComparer.Ordinal)
            .First(file => HasRecord(file.FullName));
        await FlipBitAsync(log.FullName, FirstRecordOffset + 1);

        node.Start();
        await Assert.ThrowsAsync<InvalidOperationException>(node.WaitUntilReadyAsync);
        Assert.Contains(log.Name, node.Output, StringComparison.Ordinal);
        Assert.True(node.ExitCode == 1, $"exit code {node.ExitCode}\n{node.Output}");
    }

    private static async Task<Dictionary<string, string>> EnqueueJobsAsync(NodeProcess node)
    {
        Dictionary<string, string> right = [];
        for (int job = 0; job < Jobs; job++)
        {
            byte[] body = HashChain.Body(32, seed: job);
            ulong iterations = job % 2 == 0 ? 10UL : 100_000UL;
            right.Add(await node.Api.EnqueueAsync(body, iterations), HashChain.Result(body, iterations));
        }

        return right;
    }

    /// <summary>A log segment begins with its magic bytes; one with records has a checksum behind its header.</summary>
    private static bool HasRecord(string path)
    {
        using FileStream file = File.OpenRead(path);
        byte[] start = new byte[FirstRecordOffset + sizeof(uint)];
        return file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length
            && start.AsSpan().StartsWith("JOBNLOG"u8)
            && start.AsSpan(FirstRecordOffset).ContainsAnyExcept((byte)0);
    }

    private static async Task FlipBitAsync(string path, long offset)
    {
        await using FileStream file = new(path, FileMode.Open, FileAccess.ReadWrite);
        file.Position = offset;
        int value = file.ReadByte();
        file.Position = offset;
        file.WriteByte((byte)(value ^ 1));
    }
}
