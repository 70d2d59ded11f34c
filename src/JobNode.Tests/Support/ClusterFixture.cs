using System.Diagnostics;

namespace JobNode.Tests.Support;

/// <summary>
/// Nodes of the published binary, each started with the same list of peers; more can join and some can go.
/// </summary>
internal sealed class ClusterFixture : IAsyncDisposable
{
    private const int SizeDefault = 3;
    private const int AgreementTimeoutMs = 30_000;

    private readonly IReadOnlyList<string>? _extraArguments;
    private readonly List<NodeProcess> _nodes;
    private readonly List<NodeProcess> _gone = [];

    private ClusterFixture(List<NodeProcess> nodes, IReadOnlyList<string>? extraArguments)
    {
        _nodes = nodes;
        _extraArguments = extraArguments;
    }

    /// <summary>The nodes, in the order of the list of peers, then those that joined.</summary>
    public IReadOnlyList<NodeProcess> Nodes => _nodes;

    /// <summary>Starts nodes at once and waits until each is ready.</summary>
    public static async Task<ClusterFixture> StartAsync(
        IReadOnlyList<string>? extraArguments = null, int size = SizeDefault, string? binary = null)
    {
        List<NodeProcess> nodes = [.. Enumerable.Range(0, size).Select(_ => new NodeProcess(extraArguments))];
        ClusterFixture cluster = new(nodes, extraArguments);
        foreach (NodeProcess node in nodes)
        {
            node.Peers = [.. nodes.Select(peer => peer.ClusterAddress)];
            node.Binary = binary;
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

    /// <summary>Starts one node more, which knows one of the others, and waits until it is ready.</summary>
    public async Task<NodeProcess> JoinAsync(NodeProcess known)
    {
        NodeProcess node = new(_extraArguments) { Peers = [known.ClusterAddress] };
        _nodes.Add(node);
        await node.StartAndWaitAsync();
        return node;
    }

    /// <summary>A node that left for good is not one of <see cref="Nodes"/> any more.</summary>
    public void Forget(NodeProcess node)
    {
        _nodes.Remove(node);
        _gone.Add(node);
    }

    /// <summary>Waits until the members are as wanted; gives them.</summary>
    /// <exception cref="TimeoutException">They were not within half a minute.</exception>
    public async Task<IReadOnlyList<ClusterMember>> MembersAsync(
        string wish, Func<IReadOnlyList<ClusterMember>, bool> isWanted)
    {
        long begin = Stopwatch.GetTimestamp();
        IReadOnlyList<ClusterMember> members = [];
        while (Stopwatch.GetElapsedTime(begin).TotalMilliseconds < AgreementTimeoutMs)
        {
            try
            {
                members = await _nodes.First(node => node.IsRunning).Api.MembersAsync();
                if (isWanted(members))
                {
                    return members;
                }
            }
            catch (HttpRequestException)
            {
                // Between two leaders; asked again.
            }

            await Task.Delay(50);
        }

        throw new TimeoutException($"not {wish}: {string.Join(", ", members)}\n{Describe()}");
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
        foreach (NodeProcess node in Nodes.Concat(_gone))
        {
            await node.DisposeAsync();
        }
    }
}
