using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using JobNode.Tests.Support;

namespace JobNode.Tests.Processes;

/// <summary>Verbs that go on for long outlive the node that they were pointed at, and end when asked.</summary>
[Collection(ProcessCollection.Name)]
[Trait("Tier", "Process")]
public sealed class LongVerbTests
{
    private const int LimitMs = 60_000;

    [Fact]
    public async Task Watching_and_following_go_on_with_another_node_when_theirs_is_killed()
    {
        await using ClusterFixture cluster = await ClusterFixture.StartAsync();
        NodeProcess leader = await cluster.LeaderAsync();
        NodeProcess survivor = cluster.Nodes.First(node => node != leader);
        string url = leader.Api.Address.ToString();
        using LongRun watch = LongRun.Start("status", "--watch", "1", "--node", url);
        using LongRun follow = LongRun.Start("pull", "--follow", "--node", url);
        string first = await leader.Api.EnqueueAsync([1], 1);
        await watch.UntilAsync(line => line.Contains("All is well: all 3 nodes at work"));
        await follow.UntilAsync(line => line.StartsWith(first, StringComparison.Ordinal));

        await leader.KillAsync();
        await watch.UntilAsync(line => line.Contains("is asked next"));
        await watch.UntilAsync(line => line.Contains("1 of 3 nodes is silent"));
        string second = await survivor.Api.EnqueueAsync([2], 1000);
        await follow.UntilAsync(line => line.StartsWith(second, StringComparison.Ordinal));
        Assert.Equal(2, follow.Output.Count());

        Assert.Equal(0, await watch.TerminateAsync());
        Assert.Equal(0, await follow.TerminateAsync());
    }

    [Fact]
    public async Task A_directory_goes_in_is_listed_verified_and_shown_by_the_native_program()
    {
        await using NodeProcess node = new();
        await node.StartAndWaitAsync();
        using TemporaryFolder folder = new();
        await File.WriteAllBytesAsync(folder.PathOf("a"), HashChain.Body(100_000));
        await File.WriteAllBytesAsync(folder.PathOf("b"), HashChain.Body(10, 2));
        string[] enqueue = ["enqueue", folder.FullName, "--iterations", "1000", "--wait", "--json"];
        string[] files = Lines(await PrintAsync(node, enqueue));
        Assert.Equal(2, files.Length);
        JsonElement sent = JsonDocument.Parse(files[0]).RootElement;
        Assert.Equal(
            HashChain.Result(HashChain.Body(100_000), 1000), sent.GetProperty("result").GetString());
        Assert.Contains("\"sent\":false", await PrintAsync(node, enqueue), StringComparison.Ordinal);

        string id = sent.GetProperty("id").GetString()!;
        Assert.Equal(3, Lines(await PrintAsync(node, "jobs", "--state", "completed")).Length);
        string verified = await PrintAsync(node, "verify", folder.PathOf("a"), id);
        Assert.StartsWith("right: ", verified, StringComparison.Ordinal);
        Assert.StartsWith("All is well: one node", await PrintAsync(node, "top"), StringComparison.Ordinal);
        JsonElement top = JsonDocument.Parse(await PrintAsync(node, "top", "--json")).RootElement;
        Assert.Equal(0, top.GetProperty("jobs").GetArrayLength());
        CommandRun script = await CommandRun.RunAsync(PublishedBinary.Path, ["completion", "bash"]);
        Assert.EndsWith("complete -F _jobnode jobnode\n", script.Output, StringComparison.Ordinal);
        Assert.Contains("role     leader of a cluster of one", node.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_at_the_address_ends_them_at_once()
    {
        string url = $"http://127.0.0.1:{LoopbackPorts.Next()}";
        foreach (string[] verb in new string[][] { ["status", "--watch"], ["pull", "--follow"], ["top"] })
        {
            CommandRun run = await CommandRun.RunAsync(PublishedBinary.Path, [.. verb, "--node", url]);
            Assert.True(run.ExitCode == 3, run.ToString());
        }
    }

    private static string[] Lines(string output) => output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static async Task<string> PrintAsync(NodeProcess node, params string[] words)
    {
        CommandRun run = await CommandRun.RunAsync(
            PublishedBinary.Path, [.. words, "--node", node.Api.Address.ToString()]);
        Assert.True(run.ExitCode == 0, run.ToString());
        return run.Output;
    }

    /// <summary>A verb that runs until it is told to end.</summary>
    private sealed class LongRun : IDisposable
    {
        private readonly ConcurrentQueue<string> _output = new();
        private readonly ConcurrentQueue<string> _errors = new();
        private readonly Process _process;

        private LongRun(Process process)
        {
            _process = process;
            process.OutputDataReceived += (_, line) => Keep(_output, line.Data);
            process.ErrorDataReceived += (_, line) => Keep(_errors, line.Data);
            process.Start();
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
        }

        public IEnumerable<string> Output => _output;

        public static LongRun Start(params string[] words)
        {
            ProcessStartInfo start = new(PublishedBinary.Path, words)
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            CommandRun.CleanEnvironment(start, null);
            return new LongRun(new Process { StartInfo = start });
        }

        public async Task UntilAsync(Func<string, bool> isWanted)
        {
            long begin = Stopwatch.GetTimestamp();
            while (!_output.Any(isWanted))
            {
                Assert.True(
                    Stopwatch.GetElapsedTime(begin).TotalMilliseconds < LimitMs && !_process.HasExited,
                    $"not printed, running={!_process.HasExited}:\n{string.Join('\n', _output.Concat(_errors))}");
                await Task.Delay(20);
            }
        }

        public async Task<int> TerminateAsync()
        {
            Signals.Send(_process.Id, Signals.Terminate);
            using CancellationTokenSource limit = new(LimitMs);
            await _process.WaitForExitAsync(limit.Token);
            return _process.ExitCode;
        }

        public void Dispose()
        {
            if (!_process.HasExited)
            {
                _process.Kill();
            }

            _process.Dispose();
        }

        private static void Keep(ConcurrentQueue<string> lines, string? line)
        {
            if (line is not null)
            {
                lines.Enqueue(line);
            }
        }
    }
}
