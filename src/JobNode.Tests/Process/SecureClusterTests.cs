using System.Net;
using JobNode.Tests.Support;

namespace JobNode.Tests.Processes;

/// <summary>Three nodes with everything on: certificates, join token, API tokens.</summary>
[Collection(ProcessCollection.Name)]
[Trait("Tier", "Process")]
public sealed class SecureClusterTests : IAsyncLifetime, IDisposable
{
    private const string Token = "token-of-the-one-who-may-do-all";

    private readonly TemporaryFolder _folder = new();
    private readonly List<NodeProcess> _nodes = [];

    [Fact]
    public async Task Three_nodes_with_certificates_and_tokens_work_from_end_to_end()
    {
        await StartAsync();
        string id = await _nodes[0].Api.EnqueueAsync([1, 2, 3], 1000);
        Assert.Equal("completed", (await _nodes[1].Api.JobAsync(id, 60)).State);
        Assert.Equal(id, Assert.Single(await _nodes[2].Api.PullAsync(10)).Id);

        using NodeApi nobody = new(_nodes[0].Api.Address);
        HttpRequestException error =
            await Assert.ThrowsAsync<HttpRequestException>(() => nobody.EnqueueAsync([1], 1));
        Assert.Equal(HttpStatusCode.Unauthorized, error.StatusCode);
        Assert.True(await nobody.IsReadyAsync());

        CommandRun without = await RunAsync("status", "--node", _nodes[0].ApiAddress);
        Assert.Equal(1, without.ExitCode);
        Assert.Contains("--token-file", without.Error, StringComparison.Ordinal);
        CommandRun with = await RunAsync(
            "status", "--node", _nodes[0].ApiAddress, "--token-file", _folder.PathOf("my-token"));
        Assert.True(with.ExitCode == 0, with.ToString());
        Assert.Contains("3 nodes", with.Output, StringComparison.Ordinal);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (NodeProcess node in _nodes)
        {
            await node.DisposeAsync();
        }
    }

    public void Dispose() => _folder.Dispose();

    private static Task<CommandRun> RunAsync(params string[] arguments) =>
        CommandRun.RunAsync(PublishedBinary.Path, arguments);

    private async Task StartAsync()
    {
        string certificates = _folder.PathOf("certs");
        Assert.Equal(0, (await RunAsync("certs", "init", "--dir", certificates)).ExitCode);
        await File.WriteAllTextAsync(_folder.PathOf("join-token"), "join-token-of-the-three\n");
        await File.WriteAllTextAsync(_folder.PathOf("my-token"), $"{Token}\n");
        await File.WriteAllTextAsync(_folder.PathOf("api-tokens"), $"{Token} admin the test\n");
        foreach (string name in (string[])["a", "b", "c"])
        {
            CommandRun made = await RunAsync("certs", "node", name, "--dir", certificates, "--address", "127.0.0.1");
            Assert.True(made.ExitCode == 0, made.ToString());
            var node = new NodeProcess(
            [
                "--cluster-ca", Path.Combine(certificates, "ca.pem"),
                "--cluster-cert", Path.Combine(certificates, $"{name}.pem"),
                "--cluster-key", Path.Combine(certificates, $"{name}-key.pem"),
                "--join-token-file", _folder.PathOf("join-token"), "--api-token-file", _folder.PathOf("api-tokens"),
            ]);
            node.Api.UseToken(Token);
            _nodes.Add(node);
        }

        foreach (NodeProcess node in _nodes)
        {
            node.Peers = [.. _nodes.Select(peer => peer.ClusterAddress)];
            node.Start();
        }

        await Task.WhenAll(_nodes.Select(node => node.WaitUntilReadyAsync()));
    }
}
