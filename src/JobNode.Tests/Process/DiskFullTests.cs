using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using JobNode.Tests.Support;
using Xunit.Abstractions;

namespace JobNode.Tests.Processes;

/// <summary>
/// Three nodes, each with a small file system of its own, some of which fill up. Nobody is restarted.
/// </summary>
[Collection(ProcessCollection.Name)]
[Trait("Tier", "Process")]
public sealed class DiskFullTests(ITestOutputHelper output)
{
    private const int JobsPerRequest = 4096;
    private const int RequestsMax = 60;
    private const int AfterwardsRequests = 6;
    private const int PullTop = 4096;
    private const int RoomyMebibytes = 400;

    [MountFact]
    public async Task A_leader_with_a_full_disk_stops_nobody() => await RunAsync(async disks =>
    {
        NodeProcess leader = await disks.Cluster.LeaderAsync();
        disks.Fill(leader);
        await disks.SendUntilBlockedAsync([leader], disks.Cluster.Nodes.Where(node => node != leader));
        for (int i = 0; i < AfterwardsRequests; i++)
        {
            // Through the blocked node, too: it passes on what it cannot keep.
            int before = disks.Accepted.Count;
            await disks.SendAsync(disks.Cluster.Nodes[i % disks.Cluster.Nodes.Count]);
            Assert.Equal(before + JobsPerRequest, disks.Accepted.Count);
        }

        await AssertTellsAsync(leader);
    });

    [MountFact]
    public async Task Two_full_disks_of_three_stop_the_acknowledgements_until_there_is_space() =>
        await RunAsync(async disks =>
    {
        NodeProcess[] full = [disks.Cluster.Nodes[0], disks.Cluster.Nodes[1]];
        disks.Fill(full);
        await disks.SendUntilBlockedAsync(full, disks.Cluster.Nodes);
        int before = disks.Accepted.Count;
        await Task.WhenAll(disks.Cluster.Nodes.Select(disks.SendAsync));
        Assert.Equal(before, disks.Accepted.Count);
        foreach (NodeProcess node in disks.Cluster.Nodes)
        {
            Assert.True((await node.Api.StatusAsync()).AppliedIndex > 1);
            using HttpResponseMessage page = await disks.Http.GetAsync($"http://{node.ApiAddress}/jobs?limit=1");
            Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        }

        await AssertTellsAsync(full[0]);
        await AssertTellsAsync(full[1]);
    });

    [MountFact]
    public async Task A_leader_with_little_disk_left_hands_over_and_all_jobs_are_taken() => await RunAsync(
        async disks =>
    {
        NodeProcess low = await disks.Cluster.LeaderAsync();
        disks.Fill(low);
        await Eventually.IsSoAsync(
            async () => await disks.Cluster.LeaderAsync() != low, () => $"it leads on:\n{disks.Cluster.Describe()}");
        NodeProcess leader = await disks.Cluster.LeaderAsync();
        await disks.SendAsync(leader);
        Assert.Equal(JobsPerRequest, disks.Accepted.Count);
        Assert.Equal(HttpStatusCode.InsufficientStorage, await disks.SendOneAsync(low));
        disks.MakeRoom();
        await Eventually.IsSoAsync(
            async () => await disks.SendOneAsync(low) == HttpStatusCode.OK, () => "it sees that there is room again");
    }, minFreeDisk: "64MiB");

    private async Task RunAsync(Func<Disks, Task> inflictAsync, string minFreeDisk = "0")
    {
        await using Disks disks = await Disks.StartAsync(minFreeDisk);
        try
        {
            await inflictAsync(disks);
            disks.MakeRoom();
            foreach (NodeProcess node in disks.Cluster.Nodes)
            {
                await node.WaitUntilReadyAsync();
            }

            foreach (NodeProcess node in disks.Cluster.Nodes)
            {
                int before = disks.Accepted.Count;
                await disks.SendAsync(node);
                Assert.Equal(before + JobsPerRequest, disks.Accepted.Count);
            }

            IReadOnlyList<StatusRow> rows = await disks.Cluster.MeetAsync();
            Assert.Single(rows.Select(row => row.StateDigest).Distinct());
            await AssertNothingIsLostAsync(disks);
            output.WriteLine($"measured: {disks.Accepted.Count} jobs accepted over a full disk, all there");
        }
        catch
        {
            output.WriteLine(disks.Cluster.Describe());
            throw;
        }
    }

    private static async Task AssertTellsAsync(NodeProcess node)
    {
        using var http = new HttpClient();
        using HttpResponseMessage ready = await http.GetAsync($"http://{node.ApiAddress}/readyz");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        string text = await ready.Content.ReadAsStringAsync();
        Assert.Contains("/problems/disk-blocked", text, StringComparison.Ordinal);
        Assert.Contains("No space left", text, StringComparison.Ordinal);
        string status = await http.GetStringAsync($"http://{node.ApiAddress}/status");
        Assert.Contains("diskBlocked", status, StringComparison.Ordinal);
    }

    /// <summary>Every accepted job is there once, with the result that a plain SHA-512 gives.</summary>
    private static async Task AssertNothingIsLostAsync(Disks disks)
    {
        var results = new Dictionary<string, string>();
        IReadOnlyList<FinishedJob> pulled;
        do
        {
            pulled = await disks.Cluster.Nodes[0].Api.PullAsync(PullTop);
            foreach (FinishedJob job in pulled)
            {
                Assert.True(results.TryAdd(job.Id, job.Result), "a result came twice");
            }
        }
        while (pulled.Count > 0);

        foreach ((string id, string text) in disks.Accepted)
        {
            Assert.Equal(Convert.ToHexStringLower(SHA512.HashData(Encoding.UTF8.GetBytes(text))), results[id]);
        }
    }

    /// <summary>The cluster, its file systems, and what it accepted.</summary>
    private sealed class Disks : IAsyncDisposable
    {
        private readonly Dictionary<NodeProcess, SmallFileSystem> _systems;
        private int _sent;

        private Disks(ClusterFixture cluster, Dictionary<NodeProcess, SmallFileSystem> systems)
        {
            Cluster = cluster;
            _systems = systems;
        }

        public ClusterFixture Cluster { get; }

        public HttpClient Http { get; } = new() { Timeout = TimeSpan.FromMinutes(2) };

        /// <summary>Text of each accepted job, by id.</summary>
        public Dictionary<string, string> Accepted { get; } = [];

        public static async Task<Disks> StartAsync(string minFreeDisk)
        {
            var systems = new Dictionary<NodeProcess, SmallFileSystem>();
            try
            {
                ClusterFixture cluster = await ClusterFixture.StartAsync(
                    ["--workers", "0", "--min-free-disk", minFreeDisk],
                    prepare: node => systems[node] = new SmallFileSystem(node.DataDirectory, RoomyMebibytes));
                return new Disks(cluster, systems);
            }
            catch
            {
                foreach (SmallFileSystem system in systems.Values)
                {
                    system.Dispose();
                }

                throw;
            }
        }

        /// <summary>Not enough is left for another segment of the log.</summary>
        public void Fill(params NodeProcess[] nodes)
        {
            foreach (NodeProcess node in nodes)
            {
                _systems[node].LeaveFree(1);
            }
        }

        public void MakeRoom()
        {
            foreach (SmallFileSystem system in _systems.Values)
            {
                system.LeaveFree(RoomyMebibytes);
            }
        }

        /// <summary>Sends jobs until these nodes say that their disks take no writes.</summary>
        public async Task SendUntilBlockedAsync(IReadOnlyList<NodeProcess> full, IEnumerable<NodeProcess> through)
        {
            NodeProcess[] doors = [.. through];
            for (int i = 0; i < RequestsMax && !await AreBlockedAsync(full); i++)
            {
                await SendAsync(doors[i % doors.Length]);
            }

            await Eventually.IsSoAsync(() => AreBlockedAsync(full), () => "no disk was full", everyMs: 100);
        }

        /// <summary>One request of many jobs, each completed when it is accepted; notes those that were.</summary>
        public async Task SendAsync(NodeProcess node)
        {
            var lines = new StringBuilder();
            string[] texts = new string[JobsPerRequest];
            for (int i = 0; i < texts.Length; i++)
            {
                texts[i] = $"job {_sent++}";
                lines.Append("{\"text\":\"").Append(texts[i]).Append("\",\"iterations\":1}\n");
            }

            using var content = new StringContent(lines.ToString(), Encoding.UTF8, "application/x-ndjson");
            using HttpResponseMessage response = await Http.PostAsync($"http://{node.ApiAddress}/jobs", content);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                return;
            }

            string[] answers = (await response.Content.ReadAsStringAsync())
                .Split('\n', StringSplitOptions.RemoveEmptyEntries);
            for (int i = 0; i < Math.Min(answers.Length, texts.Length); i++)
            {
                using JsonDocument answer = JsonDocument.Parse(answers[i]);
                if (!answer.RootElement.TryGetProperty("status", out _))
                {
                    Accepted.Add(answer.RootElement.GetProperty("id").GetString()!, texts[i]);
                }
            }
        }

        /// <summary>A job that nobody looks for afterwards; how it is answered.</summary>
        public async Task<HttpStatusCode> SendOneAsync(NodeProcess node)
        {
            using var content = new StringContent("one");
            using HttpResponseMessage response = await Http.PutAsync(
                $"http://{node.ApiAddress}/enqueue?iterations=1", content);
            return response.StatusCode;
        }

        public async ValueTask DisposeAsync()
        {
            Http.Dispose();
            foreach (NodeProcess node in Cluster.Nodes.Where(node => node.IsRunning))
            {
                await node.KillAsync();
            }

            foreach (SmallFileSystem system in _systems.Values)
            {
                system.Dispose();
            }

            await Cluster.DisposeAsync();
        }

        private async Task<bool> AreBlockedAsync(IReadOnlyList<NodeProcess> nodes)
        {
            foreach (NodeProcess node in nodes)
            {
                string status = await Http.GetStringAsync($"http://{node.ApiAddress}/status");
                if (!status.Contains("diskBlocked", StringComparison.Ordinal))
                {
                    return false;
                }
            }

            return true;
        }
    }
}
