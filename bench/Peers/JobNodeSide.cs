using JobNode.Load;
using JobNode.Tests.Support;

namespace JobNode.Bench.Peers;

/// <summary>One jobnode, or three.</summary>
/// <param name="binary">The published program.</param>
/// <param name="nodes">How many.</param>
internal sealed class JobNodeSide(string binary, int nodes) : IQueueSide
{
    private readonly int[] _ports = [.. Enumerable.Range(0, nodes).Select(static _ => LoopbackPorts.Next())];
    private readonly int[] _links = [.. Enumerable.Range(0, nodes).Select(static _ => LoopbackPorts.Next())];

    /// <inheritdoc/>
    public string Name => NameOf(nodes);

    /// <inheritdoc/>
    public string Setting => "as it comes: it answers once a majority has synced; clients at all nodes in turns";

    /// <summary>As tables and charts call so many nodes.</summary>
    public static string NameOf(int nodes) => nodes == 1 ? "jobnode, one node" : $"jobnode, {nodes} nodes";

    /// <summary>The APIs.</summary>
    public IReadOnlyList<HttpTarget> Targets =>
        [.. _ports.Select(static port => new HttpTarget(new Uri($"http://127.0.0.1:{port}"), null, null))];

    /// <inheritdoc/>
    public async Task<IDisposable> StartAsync(string folder, CancellationToken cancellation)
    {
        string peers = string.Join(',', _links.Select(static port => $"127.0.0.1:{port}"));
        ServerProcess[] servers = [.. Enumerable.Range(0, nodes).Select(i => ServerProcess.Start(
            Path.Combine(folder, $"jobnode-{i}"), new Dictionary<string, string>(),
            [
                binary, "serve", "--data-dir", Path.Combine(folder, $"jobnode-{i}", "data"),
                "--listen", $"127.0.0.1:{_ports[i]}", "--cluster-listen", $"127.0.0.1:{_links[i]}",
                .. nodes > 1 ? ["--peers", peers] : Array.Empty<string>(),
            ]))];
        using var http = new HttpClient();
        foreach (HttpTarget target in Targets)
        {
            await PeerSides.UntilAsync(
                async () => (await http.GetAsync(new Uri(target.Address, "/readyz"), cancellation))
                    .EnsureSuccessStatusCode(),
                servers, cancellation);
        }

        return new Together(servers);
    }

    /// <inheritdoc/>
    public bool Has(QueueCall call) => true;

    /// <inheritdoc/>
    public ILoadClient CreateClient(int number, QueueCall call) => new JobClient(
        new JobCalls(
            call == QueueCall.Pop ? JobCall.Pull : JobCall.Enqueue,
            PeerSides.MessageBytes,
            iterations: 1,
            call == QueueCall.PushMany ? PeerSides.Batch : 1,
            token: null),
        Targets,
        number);
}
