using System.Net;
using JobNode.Tests.Support;

namespace JobNode.Tests.Processes;

/// <summary>Those who do not belong to the cluster, at the cluster port of a running node.</summary>
[Collection(ProcessCollection.Name)]
[Trait("Tier", "Process")]
public sealed class StrangerTests : IDisposable
{
    private const string JoinToken = "the-join-token-of-this-cluster";
    private const int RandomStrings = 10_000;
    private const int Seed = 20_260_729;
    private const long GrowthBytesMax = 48L << 20;

    private readonly CertificateFolder _certificates = new();
    private readonly CertificateFolder _others = new();

    [Fact]
    public async Task Strangers_at_the_encrypted_port_are_refused_and_named_and_the_node_goes_on()
    {
        await using NodeProcess node = new(Arguments(_certificates.Make("a"), JoinToken));
        await node.StartAndWaitAsync();
        var stranger = new Stranger(node.ClusterAddress);

        await stranger.ShowAsync(null);
        await node.WaitForOutputAsync("it shows no certificate");
        await stranger.ShowAsync(_others.Make("x"));
        await node.WaitForOutputAsync("its certificate (CN=x) is not of the cluster's CA");
        await stranger.ShowAsync(_certificates.Make("old", daysAgo: 60, days: 30));
        await node.WaitForOutputAsync("its certificate (CN=old) or one above it is not valid now");
        CommandRun plain = await Curl.RunAsync($"http://{node.ClusterAddress}/");
        Assert.NotEqual(0, plain.ExitCode);
        await node.WaitForOutputAsync("it does not speak TLS but HTTP/1");
        Assert.NotEqual(0, (await Curl.RunAsync("-k", $"https://{node.ClusterAddress}/")).ExitCode);
        await AssertRefusesNodesAsync(node);
        await AssertServesAsync(node);

        // The first thousand fill the pools; what comes after must not add to them.
        await stranger.SendRandomAsync(1000, Seed - 1000);
        long before = node.MemoryBytes("VmRSS");
        await stranger.SendRandomAsync(RandomStrings, Seed);
        long after = node.MemoryBytes("VmRSS");
        Assert.True(after < before + GrowthBytesMax, $"{before} bytes became {after}");
        await node.WaitForOutputAsync("bytes of no protocol");
        await AssertCountsTheRestAsync(node);
        await AssertServesAsync(node);
    }

    [Fact]
    public async Task Strangers_at_the_plain_port_are_refused_and_named_and_the_node_goes_on()
    {
        await using NodeProcess node = new();
        await node.StartAndWaitAsync();
        var stranger = new Stranger(node.ClusterAddress);
        Assert.NotEqual(0, (await Curl.RunAsync($"http://{node.ClusterAddress}/")).ExitCode);
        await node.WaitForOutputAsync("it does not speak HTTP/2 but HTTP/1");
        await stranger.ShowAsync(_certificates.Make("a"));
        await node.WaitForOutputAsync("TLS, which this node was not told to");
        await stranger.SendRandomAsync(1000, Seed - 1000);
        long before = node.MemoryBytes("VmRSS");
        await stranger.SendRandomAsync(RandomStrings, Seed);
        long after = node.MemoryBytes("VmRSS");
        Assert.True(after < before + GrowthBytesMax, $"{before} bytes became {after}");
        await node.WaitForOutputAsync("bytes of no protocol");
        await AssertServesAsync(node);
    }

    [Fact]
    public async Task A_replaced_certificate_is_shown_without_a_restart()
    {
        await using NodeProcess node = new(Arguments(_certificates.Make("a"), JoinToken));
        await node.StartAndWaitAsync();
        var visitor = new Stranger(node.ClusterAddress);
        string before = await visitor.ShowAsync(null);
        _certificates.Make("a");
        await AssertShowsAnotherAsync(visitor, before);
        await node.WaitForOutputAsync("read the changed cluster certificate again");
        await AssertServesAsync(node);
    }

    public void Dispose()
    {
        _certificates.Dispose();
        _others.Dispose();
    }

    private static async Task AssertShowsAnotherAsync(Stranger visitor, string before)
    {
        string after = before;
        for (int i = 0; i < 600 && after == before; i++)
        {
            await Task.Delay(50);
            after = await visitor.ShowAsync(null);
        }

        Assert.NotEqual(before, after);
    }

    /// <summary>Lines left out of a second are counted by the next refusal of their kind in a later one.</summary>
    private static async Task AssertCountsTheRestAsync(NodeProcess node)
    {
        for (int i = 0; i < 200; i++)
        {
            await Curl.RunAsync($"http://{node.ClusterAddress}/");
            if (node.Output.Contains("more on the cluster port within a second: NotTls", StringComparison.Ordinal))
            {
                return;
            }

            await Task.Delay(50);
        }

        Assert.Fail($"the log does not count those who were refused:\n{node.Output}");
    }

    private static async Task AssertServesAsync(NodeProcess node)
    {
        Assert.True(await node.Api.IsReadyAsync());
        string id = await node.Api.EnqueueAsync([1], 10);
        Assert.Equal("completed", (await node.Api.JobAsync(id, 60)).State);
    }

    /// <summary>Real nodes and a request like theirs: without the token, of another CA, of another cluster.</summary>
    private async Task AssertRefusesNodesAsync(NodeProcess node)
    {
        await using NodeProcess without = new(Arguments(_certificates.Make("b"), joinToken: null));
        without.Peers = [node.ClusterAddress, without.ClusterAddress];
        without.Start();
        await node.WaitForOutputAsync("it shows no join token");
        Assert.False(await without.Api.IsReadyAsync());
        await without.KillAsync();

        await using NodeProcess foreign = new(Arguments(_others.Make("c"), JoinToken));
        foreign.Peers = [node.ClusterAddress, foreign.ClusterAddress];
        foreign.Start();
        await node.WaitForOutputAsync("its certificate (CN=c) is not of the cluster's CA");
        Assert.False(await foreign.Api.IsReadyAsync());
        await foreign.KillAsync();

        (HttpStatusCode status, string reason) = await new Stranger(node.ClusterAddress).AskAsync(
            _certificates.Make("d"),
            "/raft",
            ("jobnode-token", JoinToken),
            ("jobnode-protocol", "1"),
            ("jobnode-node", "00000000000000aa"),
            ("jobnode-cluster", "000000000000000000000000000000aa"));
        Assert.Equal(HttpStatusCode.Forbidden, status);
        Assert.Contains("different clusters", reason, StringComparison.Ordinal);
        await node.WaitForOutputAsync("the nodes belong to different clusters");
    }

    private string[] Arguments(TlsFiles files, string? joinToken)
    {
        string[] certificates =
            ["--cluster-ca", files.Ca!, "--cluster-cert", files.Certificate, "--cluster-key", files.Key];
        if (joinToken is null)
        {
            return certificates;
        }

        string file = _certificates.PathOf("join-token");
        File.WriteAllText(file, joinToken);
        return [.. certificates, "--join-token-file", file];
    }
}
