using System.Diagnostics;

namespace JobNode.Tests.Support;

/// <summary>Three nodes of the published binary, each started with the same list of peers.</summary>
internal sealed class ClusterFixture : IAsyncDisposable
{
    private const int Size = 3;
    private const int AgreementTimeoutMs = 30_000;

    private ClusterFixture(IReadOnlyList<NodeProcess> nodes) => Nodes = nodes;

    /// <summary>The nodes, in the order of the list of peers.</summary>
    public IReadOnlyList<NodeProcess> Nodes { get; }

    /// <summary>Starts three nodes at once and waits until each is ready.</summary>
    public static async Task<ClusterFixture> StartAsync(
        IReadOnlyList<string>? extraArguments = null, Action<NodeProcess>? prepare = null)
    {
        NodeProcess[] nodes = [.. Enumerable.Range(0, Size).Select(_ => new NodeProcess(extraArguments))];
        ClusterFixture cluster = new(nodes);
        foreach (NodeProcess node in nodes)
        {
            node.Peers = [.. nodes.Select(peer => peer.ClusterAddress)];
            prepare?.Invoke(node);
        }

        try
        {
            await cluster.StartAllAsync();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts those that do not run and waits until all are ready.</summary>
    public async Task StartAllAsync()
    {
        foreach (NodeProcess node in Nodes.Where(node => !node.IsRunning))
        {
            node.Start();
        }

        await Task.WhenAll(Nodes.Select(node => node.WaitUntilReadyAsync()));
    }

    /// <summary>The node that leads, as it says itself and the others agree.</summary>
    /// <exception cref="TimeoutException">They did not agree within half a minute.</exception>
    public async Task<NodeProcess> LeaderAsync()
    {
        long begin = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begin).TotalMilliseconds < AgreementTimeoutMs)
        {
            IEnumerable<NodeProcess> running = Nodes.Where(node => node.IsRunning);
            StatusRow[] rows = await Task.WhenAll(running.Select(node => node.Api.StatusAsync()));
            string?[] leaders = [.. rows.Select(row => row.Leader).Distinct()];
            if (leaders is [{ } address])
            {
                return Nodes.Single(node => node.ClusterAddress == address);
            }

            await Task.Delay(50);
        }

        throw new TimeoutException($"the nodes do not agree on a leader:\n{Describe()}");
    }

    /// <summary>Waits until all nodes stand at one applied index; gives their rows, all at that index.</summary>
    /// <exception cref="TimeoutException">They did not meet within half a minute.</exception>
    public async Task<IReadOnlyList<StatusRow>> MeetAsync()
    {
        long begin = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begin).TotalMilliseconds < AgreementTimeoutMs)
        {
            StatusRow[] rows = await Task.WhenAll(Nodes.Select(node => node.Api.StatusAsync()));
            if (rows.Select(row => row.AppliedIndex).Distinct().Count() == 1)
            {
                return rows;
            }

            await Task.Delay(50);
        }

        throw new TimeoutException($"the nodes do not reach the same index:\n{Describe()}");
    }

    /// <summary>The last words of every node, for messages.</summary>
    public string Describe() =>
        string.Join('\n', Nodes.Select(node => $"=== {node.ClusterAddress} running={node.IsRunning}\n{node.Output}"));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (NodeProcess node in Nodes)
        {
            await node.DisposeAsync();
        }
    }
}
