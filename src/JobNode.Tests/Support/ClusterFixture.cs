namespace JobNode.Tests.Support;

/// <summary>
/// Nodes of the published binary, each started with the same list of peers; more can join and some can go.
/// </summary>
internal sealed class ClusterFixture : IAsyncDisposable
{
    private const int SizeDefault = 3;
    private const int AskEveryMs = 50;

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
        IReadOnlyList<string>? extraArguments = null,
        int size = SizeDefault,
        string? binary = null,
        Action<NodeProcess>? prepare = null)
    {
        List<NodeProcess> nodes = [.. Enumerable.Range(0, size).Select(_ => new NodeProcess(extraArguments))];
        ClusterFixture cluster = new(nodes, extraArguments);
        foreach (NodeProcess node in nodes)
        {
            node.Peers = [.. nodes.Select(peer => peer.ClusterAddress)];
            node.Binary = binary;
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

    /// <summary>Starts one node more, which knows one of the others, and waits until it is ready.</summary>
    public async Task<NodeProcess> JoinAsync(NodeProcess known, params string[] moreArguments)
    {
        NodeProcess node = new([.. _extraArguments ?? [], .. moreArguments]) { Peers = [known.ClusterAddress] };
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
    /// <exception cref="TimeoutException">They were not within a minute.</exception>
    public Task<IReadOnlyList<ClusterMember>> MembersAsync(
        string wish, Func<IReadOnlyList<ClusterMember>, bool> isWanted)
    {
        IReadOnlyList<ClusterMember> members = [];
        return AskAsync(
            async api => isWanted(members = await api.MembersAsync()) ? members : null,
            () => $"not {wish}: {string.Join(", ", members)}");
    }

    /// <summary>Waits until the cluster uses this feature level.</summary>
    /// <exception cref="TimeoutException">It did not within a minute.</exception>
    public Task WaitForLevelAsync(int level) => AskAsync(
        async api => await api.FeatureLevelAsync() >= level ? "reached" : null, () => $"level {level} was not reached");

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
    /// <exception cref="TimeoutException">They did not agree within a minute.</exception>
    public Task<NodeProcess> LeaderAsync() => Eventually.AnswerAsync(
        async () =>
        {
            IEnumerable<NodeProcess> running = Nodes.Where(node => node.IsRunning);
            StatusRow[] rows = await Task.WhenAll(running.Select(node => node.Api.StatusAsync()));
            string?[] leaders = [.. rows.Select(row => row.Leader).Distinct()];
            return leaders is [{ } address] ? Nodes.Single(node => node.ClusterAddress == address) : null;
        },
        () => $"the nodes do not agree on a leader:\n{Describe()}",
        AskEveryMs);

    /// <summary>Waits until all nodes stand at one applied index; gives their rows, all at that index.</summary>
    /// <exception cref="TimeoutException">They did not meet within a minute.</exception>
    public Task<StatusRow[]> MeetAsync() => Eventually.AnswerAsync(
        async () =>
        {
            StatusRow[] rows = await Task.WhenAll(Nodes.Select(node => node.Api.StatusAsync()));
            return rows.Select(row => row.AppliedIndex).Distinct().Count() == 1 ? rows : null;
        },
        () => $"the nodes do not reach the same index:\n{Describe()}",
        AskEveryMs);

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

    /// <summary>Asks a node that runs until the answer is not null; between two leaders it has none.</summary>
    private Task<T> AskAsync<T>(Func<NodeApi, Task<T?>> ask, Func<string> complaint)
        where T : class => Eventually.AnswerAsync(
        async () =>
        {
            try
            {
                return await ask(_nodes.First(node => node.IsRunning).Api);
            }
            catch (HttpRequestException)
            {
                return null;
            }
        },
        () => $"{complaint()}\n{Describe()}",
        AskEveryMs);
}
