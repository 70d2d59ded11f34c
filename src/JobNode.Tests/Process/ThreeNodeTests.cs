using JobNode.Tests.Support;

namespace JobNode.Tests.Processes;

/// <summary>Three nodes in good health.</summary>
[Collection(ProcessCollection.Name)]
[Trait("Tier", "Process")]
public sealed class ThreeNodeTests
{
    private const int JobsPerPair = 5;
    private const int WaitSeconds = 60;

    [Fact]
    public async Task Jobs_sent_to_each_node_come_back_from_every_other()
    {
        await using ClusterFixture cluster = await ClusterFixture.StartAsync();
        int seed = 0;
        foreach (NodeProcess sender in cluster.Nodes)
        {
            foreach (NodeProcess receiver in cluster.Nodes)
            {
                Dictionary<string, string> right = [];
                for (int job = 0; job < JobsPerPair; job++)
                {
                    byte[] body = HashChain.Body(100, seed++);
                    right.Add(await sender.Api.EnqueueAsync(body, 1000), HashChain.Result(body, 1000));
                }

                foreach (string id in right.Keys)
                {
                    JobRow job = await receiver.Api.JobAsync(id, WaitSeconds);
                    Assert.Equal(("completed", right[id]), (job.State, job.Result));
                }

                IReadOnlyList<FinishedJob> pulled = await receiver.Api.PullAsync(JobsPerPair + 1);
                Assert.Equal(right.Keys.Order(), pulled.Select(job => job.Id).Order());
                Assert.All(pulled, job => Assert.Equal(right[job.Id], job.Result));
            }
        }

        IReadOnlyList<StatusRow> rows = await cluster.MeetAsync();
        Assert.Single(rows.Select(row => row.StateDigest).Distinct());
        Assert.Single(rows.Select(row => row.Leader).Distinct());
        Assert.Single(rows, row => row.Role == "leader");
        Assert.All(rows, row => Assert.Equal(cluster.Nodes.Count, row.Nodes.Count));
    }

    [Fact]
    public async Task A_key_repeated_at_another_node_gives_the_first_answer()
    {
        await using ClusterFixture cluster = await ClusterFixture.StartAsync();
        string first = await cluster.Nodes[0].Api.EnqueueAsync([1], 5, "one job");
        Assert.Equal(first, await cluster.Nodes[1].Api.EnqueueAsync([1], 5, "one job"));
        Assert.Equal("completed", (await cluster.Nodes[2].Api.JobAsync(first, WaitSeconds)).State);

        IReadOnlyList<FinishedJob> batch = await cluster.Nodes[2].Api.PullAsync(10, "one pull");
        Assert.Equal(first, Assert.Single(batch).Id);
        Assert.Equal(batch, await cluster.Nodes[0].Api.PullAsync(10, "one pull"));
        Assert.Empty(await cluster.Nodes[0].Api.PullAsync(10, "another pull"));
    }

    [Fact]
    public async Task Every_node_takes_part_in_the_work()
    {
        await using ClusterFixture cluster = await ClusterFixture.StartAsync(["--workers", "1"]);
        List<string> ids = [];
        for (int job = 0; job < 96; job++)
        {
            ids.Add(await cluster.Nodes[job % 3].Api.EnqueueAsync(HashChain.Body(10, job), 100_000_000));
        }

        HashSet<string> working = [];
        for (int attempt = 0; attempt < 300 && working.Count < cluster.Nodes.Count; attempt++)
        {
            StatusRow status = await cluster.Nodes[0].Api.StatusAsync();
            working.UnionWith(status.Nodes.Where(node => node.JobsHeld > 0).Select(node => node.Address));
            await Task.Delay(100);
        }

        Assert.Equal(cluster.Nodes.Select(node => node.ClusterAddress).Order(), working.Order());
    }
}
