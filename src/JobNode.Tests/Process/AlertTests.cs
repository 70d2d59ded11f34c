using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using JobNode.Chaos.Hosts;
using JobNode.Tests.Support;
using Xunit.Abstractions;

namespace JobNode.Tests.Processes;

/// <summary>
/// Every alert fires once because its cause happens to real nodes. Takes some minutes, so <c>make test</c> leaves it
/// out: <c>make alerts</c> runs it.
/// </summary>
[Collection(ProcessCollection.Name)]
[Trait("Tier", "Alerts")]
public sealed partial class AlertTests(ITestOutputHelper output) : IAsyncLifetime, IDisposable
{
    private const int LagEntries = 1100;
    private const int SlowSyncMs = 400;
    private const int FirstRecord = 512;
    private const int SparedFiles = 4;
    private const string Silent = "did NOT fire";
    private const string HugeJob = "{\"text\":\"work for a long time\",\"iterations\":1000000000000}\n";
    private const string SmallJob = "{\"text\":\"done when it is accepted\",\"iterations\":1}\n";

    private readonly TemporaryFolder _folder = new();
    private readonly List<IAsyncDisposable> _nodes = [];
    private readonly List<SmallFileSystem> _disks = [];
    private readonly List<string> _table = [];
    private readonly HttpClient _http = new();
    private PrometheusServer? _prometheus;

    private PrometheusServer Prometheus => _prometheus ?? throw new InvalidOperationException("it was not started");

    [Fact]
    public async Task Every_alert_fires_when_its_cause_happens()
    {
        await LoseNodesAsync();
        await FillDisksAsync();
        await SlowDiskAsync();
        await ComputeWronglyAsync();
        await NeglectAsync();
        await EndCertificateAsync();
        Assert.DoesNotContain(_table, row => row.EndsWith(Silent, StringComparison.Ordinal));
        string[] fired = [.. _table.Select(row => row.Split(' ')[0])];
        string[] all = [.. AlertName().Matches(PrometheusServer.Rules).Select(match => match.Groups["name"].Value)];
        Assert.Empty(all.Except(fired));
        Assert.Empty(fired.Except(all));
    }

    public async Task InitializeAsync() => _prometheus = await PrometheusServer.StartAsync();

    public async Task DisposeAsync()
    {
        foreach (string row in _table)
        {
            output.WriteLine($"measured: alert {row}");
        }

        // First, since a folder in which one is mounted cannot be removed.
        foreach (SmallFileSystem disk in _disks)
        {
            disk.Dispose();
        }

        foreach (IAsyncDisposable node in _nodes)
        {
            await node.DisposeAsync();
        }

        await Prometheus.DisposeAsync();
    }

    public void Dispose()
    {
        _http.Dispose();
        _folder.Dispose();
    }

    private async Task LoseNodesAsync()
    {
        const string Name = "jobnode-lost";
        ClusterFixture cluster = await ClusterFixture.StartAsync(["--workers", "1"]);
        _nodes.Add(cluster);
        Prometheus.Watch(Name, cluster.Nodes.Select(node => node.ApiAddress));
        await Prometheus.WaitUntilUpAsync(Name, 3);
        NodeProcess leader = await cluster.LeaderAsync();
        NodeProcess[] others = [.. cluster.Nodes.Where(node => node != leader)];

        await SeeAsync(Name, "200 jobs of 10^12 iterations", () => SendAsync(leader, HugeJob, 200),
            "JobnodeQueueOld", "JobnodeMoreNodesWanted");
        await SeeAsync(Name, "SIGSTOP of a follower, 1,100 entries meanwhile", async () =>
        {
            others[0].Pause();
            for (int entry = 0; entry < LagEntries; entry++)
            {
                await leader.Api.EnqueueAsync([1], 1);
            }
        }, "JobnodeMemberLagging");
        others[0].Resume();
        await others[0].WaitUntilReadyAsync();
        await SeeAsync(Name, "a follower killed and started four times", async () =>
        {
            for (int time = 0; time < 4; time++)
            {
                await others[0].KillAsync();
                await others[0].StartAndWaitAsync();
                await Prometheus.WaitUntilUpAsync(Name, 3);
                await Task.Delay(TimeSpan.FromSeconds(1));
            }
        }, "JobnodeRestartLoop");
        await SeeAsync(Name, "leadership handed over eight times", async () =>
        {
            for (int time = 0; time < 8; time++)
            {
                NodeProcess now = await cluster.LeaderAsync();
                using HttpResponseMessage answer = await _http.PostAsync($"http://{now.ApiAddress}/transfer", null);
            }
        }, "JobnodeLeaderFlapping");
        leader = await cluster.LeaderAsync();
        others = [.. cluster.Nodes.Where(node => node != leader)];
        await SeeAsync(Name, "kill -9 of a follower", others[0].KillAsync, "JobnodeNodeDown", "JobnodeVoterDown");
        await SeeAsync(Name, "kill -9 of another one: the quorum is lost", others[1].KillAsync, "JobnodeNoLeader");
        await leader.KillAsync();
    }

    private async Task FillDisksAsync()
    {
        const string Name = "jobnode-full";
        NodeProcess small = new(["--workers", "0"]);
        _disks.Add(new SmallFileSystem(small.DataDirectory, 100));
        await WatchAsync(Name, small);
        await SeeAsync(Name, "a file system of 100 MiB", () => Task.CompletedTask, "JobnodeDiskLow");
        NodeProcess full = new(["--workers", "0", "--min-free-disk", "0", "--scrub-every", "1s"]);
        SmallFileSystem disk = new(full.DataDirectory, 400);
        _disks.Add(disk);
        await WatchAsync(Name + "-er", full);
        await SeeAsync(Name + "-er", "a snapshot is needed, and there is no room for it", async () =>
        {
            disk.LeaveFree(1);
            for (int request = 0; request < 12; request++)
            {
                await SendAsync(full, SmallJob, 4096);
            }

            DataDamage.Flip(DataDamage.Segment(full.DataDirectory), FirstRecord + 20);
        }, "JobnodeSnapshotFailed");
        await SeeAsync(Name + "-er", "no room for another segment of the log", async () =>
        {
            for (int request = 0; request < 20 && await full.Api.IsReadyAsync(); request++)
            {
                await SendAsync(full, SmallJob, 4096);
            }
        }, "JobnodeDiskBlocked");
        await small.KillAsync();
        await full.KillAsync();
    }

    private async Task SlowDiskAsync()
    {
        const string Name = "jobnode-slow";
        string library = _folder.PathOf("shim.so");
        CommandRun made = await CommandRun.RunAsync("gcc",
        [
            "-std=c11", "-O2", "-fPIC", "-shared", "-o", library, Repository.PathOf("src/JobNode.Chaos/Shim/shim.c"),
        ]);
        Assert.True(made.ExitCode == 0, made.ToString());
        using FaultShim shim = new(_folder.PathOf("control")) { SlowSyncMs = SlowSyncMs };
        NodeProcess slow = new(["--workers", "0"]);
        Directory.CreateDirectory(slow.DataDirectory);
        slow.Environment = new Dictionary<string, string>
        {
            ["LD_PRELOAD"] = library,
            ["CHAOS_DATA"] = slow.DataDirectory,
            ["CHAOS_CONTROL"] = shim.Path,
        };
        await WatchAsync(Name, slow);
        await SeeAsync(Name, "each sync of the log takes 400 ms more", async () =>
        {
            for (int job = 0; job < 10; job++)
            {
                await slow.Api.EnqueueAsync([1], 1);
            }
        }, "JobnodeFsyncSlow");
        await slow.KillAsync();
    }

    private async Task ComputeWronglyAsync()
    {
        const string Name = "jobnode-wrong";
        ClusterFixture cluster = await ClusterFixture.StartAsync(
            ["--workers", "1", "--verify", "100%"], prepare: node =>
            {
                if (node.ClusterAddress == node.Peers[2])
                {
                    node.Environment = new Dictionary<string, string> { ["JOBNODE_TEST_KERNEL_FAULT"] = "always" };
                }
            });
        _nodes.Add(cluster);
        Prometheus.Watch(Name, cluster.Nodes.Select(node => node.ApiAddress));
        await Prometheus.WaitUntilUpAsync(Name, 3);
        await SeeAsync(Name, "a node whose kernel is wrong on purpose", async () =>
        {
            for (int job = 0; job < 100; job++)
            {
                await cluster.Nodes[0].Api.EnqueueAsync(HashChain.Body(10, job), 20_000);
            }
        }, "JobnodeResultsDiffer", "JobnodeNodeQuarantined");
        foreach (NodeProcess node in cluster.Nodes)
        {
            await node.KillAsync();
        }
    }

    /// <summary>A node alone, to which all happens that needs no second one.</summary>
    private async Task NeglectAsync()
    {
        const string Name = "jobnode-alone";
        NodeProcess alone = new(["--workers", "0", "--scrub-every", "1s", "--max-jobs", "1"])
        {
            Environment = new Dictionary<string, string>
            {
                ["OTEL_EXPORTER_OTLP_ENDPOINT"] = $"http://127.0.0.1:{LoopbackPorts.Next()}",
                ["OTEL_METRIC_EXPORT_INTERVAL"] = "500",
            },
        };
        await WatchAsync(Name, alone);
        await SeeAsync(Name, "a job, and --workers 0 on all nodes", async () => await alone.Api.EnqueueAsync([1], 1000),
            "JobnodeQueueNotDraining");
        await SeeAsync(Name, "a second job with --max-jobs 1", async () =>
            await Assert.ThrowsAsync<HttpRequestException>(() => alone.Api.EnqueueAsync([1], 1000)),
            "JobnodeRequestsRefused");
        await SeeAsync(Name, "a bit of the log flipped", () =>
        {
            DataDamage.Flip(DataDamage.Segment(alone.DataDirectory), FirstRecord + 20);
            return Task.CompletedTask;
        }, "JobnodeDataDamaged");
        await SeeAsync(Name, "a collector that is not there", () => Task.CompletedTask, "JobnodeTelemetryDropped");
        await SeeAsync(Name, "a limit of open files just above those that are open", async () =>
        {
            int most = Directory.GetFileSystemEntries($"/proc/{alone.ProcessId}/fd").Length + SparedFiles;
            string limit = string.Create(CultureInfo.InvariantCulture, $"--nofile={most}:{most}");
            CommandRun run = await CommandRun.RunAsync(
                "prlimit", ["--pid", alone.ProcessId.ToString(CultureInfo.InvariantCulture), limit]);
            Assert.True(run.ExitCode == 0, run.ToString());
        }, "JobnodeFileDescriptorsLow");
        await SeeAsync(Name, "the previous version beside it", async () =>
        {
            NodeProcess former = new(["--workers", "0"]) { Binary = PublishedBinary.Previous };
            await WatchAsync(Name, former);
        }, "JobnodeVersionsDiffer");
    }

    private async Task EndCertificateAsync()
    {
        const string Name = "jobnode-tls";
        string certificates = _folder.PathOf("certs");
        string[][] calls =
        [
            ["certs", "init", "--dir", certificates],
            ["certs", "node", "a", "--dir", certificates, "--address", "127.0.0.1", "--days", "3"],
        ];
        foreach (string[] call in calls)
        {
            CommandRun run = await CommandRun.RunAsync(PublishedBinary.Path, call);
            Assert.True(run.ExitCode == 0, run.ToString());
        }

        NodeProcess node = new(
        [
            "--workers", "0", "--api-cert", Path.Combine(certificates, "a.pem"),
            "--api-key", Path.Combine(certificates, "a-key.pem"),
        ]);
        _nodes.Add(node);
        node.Start();
        Prometheus.Watch(Name, [node.ApiAddress], "https");
        await SeeAsync(Name, "a certificate for three days", () => Prometheus.WaitUntilUpAsync(Name, 1),
            "JobnodeCertificateExpires");
    }

    private async Task WatchAsync(string cluster, NodeProcess node)
    {
        _nodes.Add(node);
        await node.StartAndWaitAsync();
        Prometheus.Watch(cluster, [node.ApiAddress]);
        await Prometheus.WaitAsync($"up{{job=\"{cluster}\",instance=\"{node.ApiAddress}\"}} == 1");
    }

    /// <summary>Lets the cause happen and waits for what must fire.</summary>
    private async Task SeeAsync(string cluster, string cause, Func<Task> happenAsync, params string[] alerts)
    {
        long begin = Stopwatch.GetTimestamp();
        await happenAsync();
        foreach (string alert in alerts)
        {
            string outcome;
            try
            {
                await Prometheus.WaitForAlertAsync(alert, cluster);
                double seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
                outcome = string.Create(CultureInfo.InvariantCulture, $"fired after {seconds:F1} s");
            }
            catch (TimeoutException)
            {
                // The others still get their turn.
                outcome = Silent;
            }

            _table.Add($"{alert} | {cause} | {outcome}");
        }
    }

    private async Task SendAsync(NodeProcess node, string line, int count)
    {
        string lines = new StringBuilder().Insert(0, line, count).ToString();
        using var content = new StringContent(lines, Encoding.UTF8, "application/x-ndjson");
        using HttpResponseMessage answer = await _http.PostAsync($"http://{node.ApiAddress}/jobs", content);
        await answer.Content.ReadAsStringAsync();
    }

    [GeneratedRegex("- alert: (?<name>[A-Za-z]+)", RegexOptions.None, 1000)]
    private static partial Regex AlertName();
}
