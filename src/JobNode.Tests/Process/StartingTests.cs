using System.Net;
using JobNode.Tests.Support;

namespace JobNode.Tests.Processes;

/// <summary>A node whose peers are not there yet.</summary>
[Collection(ProcessCollection.Name)]
[Trait("Tier", "Process")]
public sealed class StartingTests
{
    private const int NoQuorum = 4;

    [Fact]
    public async Task The_first_of_three_nodes_says_whom_it_waits_for_until_the_others_come()
    {
        await using NodeProcess first = new();
        await using NodeProcess second = new();
        await using NodeProcess third = new();
        NodeProcess[] nodes = [first, second, third];
        foreach (NodeProcess node in nodes)
        {
            node.Peers = [.. nodes.Select(peer => peer.ClusterAddress)];
        }

        first.Start();
        HttpRequestException refused = await StatusUntilAsync(first, "waits for");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Contains("/problems/starting", refused.Message, StringComparison.Ordinal);
        Assert.Contains(second.ClusterAddress, refused.Message, StringComparison.Ordinal);
        Assert.Contains(third.ClusterAddress, refused.Message, StringComparison.Ordinal);
        Assert.False(await first.Api.IsReadyAsync());
        using HttpClient client = new() { BaseAddress = first.Api.Address };
        Assert.Equal("ok\n", await client.GetStringAsync("/livez"));

        CommandRun status = await CommandRun.RunAsync(
            PublishedBinary.Path, ["status", "--node", first.Api.Address.ToString()]);
        Assert.True(status.ExitCode == NoQuorum, status.ToString());
        Assert.Contains(second.ClusterAddress, status.Error, StringComparison.Ordinal);

        second.Start();
        third.Start();
        await Task.WhenAll(nodes.Select(node => node.WaitUntilReadyAsync()));
        await first.Api.EnqueueAsync([1], 1);
    }

    [Fact]
    public async Task A_node_that_waits_for_others_ends_at_once_when_asked_to()
    {
        await using NodeProcess node = new();
        node.Peers = [node.ClusterAddress, $"127.0.0.1:{LoopbackPorts.Next()}"];
        node.Start();
        await StatusUntilAsync(node, "waits for");
        Assert.Equal(0, await node.TerminateAsync());
    }

    /// <summary>Asks for the status until its refusal holds the text.</summary>
    private static async Task<HttpRequestException> StatusUntilAsync(NodeProcess node, string text)
    {
        using CancellationTokenSource timeout = new(TimeSpan.FromSeconds(30));
        while (true)
        {
            HttpRequestException refused =
                await Assert.ThrowsAsync<HttpRequestException>(() => node.Api.StatusAsync(timeout.Token));
            if (refused.Message.Contains(text, StringComparison.Ordinal))
            {
                return refused;
            }

            await Task.Delay(20, timeout.Token);
        }
    }
}
