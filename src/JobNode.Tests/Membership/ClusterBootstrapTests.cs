using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using JobNode.Commands;
using JobNode.Membership;
using JobNode.Tests.Support;
using JobNode.Transport;
using Microsoft.Extensions.Logging;

namespace JobNode.Tests.Membership;

public sealed class ClusterBootstrapTests
{
    [Fact]
    public async Task Three_nodes_with_one_list_form_one_cluster()
    {
        await using var nodes = await BootstrapNodes.StartAsync(3);
        ClusterConfiguration[] got = await Task.WhenAll(nodes.All.Select(n => n.RunAsync(nodes.Addresses)));
        Assert.All(got, c => Assert.Equal(got[0].ClusterId, c.ClusterId));
        Assert.All(got, c => Assert.Equal(got[0].Members, c.Members));
        Assert.Equal(3, got[0].Members.Count);
        Assert.All(nodes.All, n => Assert.Equal(got[0].ClusterId, n.Identity.ClusterId));
        Assert.All(nodes.All, n => Assert.Single(n.Saved));
    }

    [Fact]
    public async Task A_node_that_starts_later_is_waited_for_and_named()
    {
        await using var nodes = await BootstrapNodes.StartAsync(3);
        BootstrapNode[] early = [.. nodes.All.Take(2)];
        Task<ClusterConfiguration>[] waiting = [.. early.Select(n => n.RunAsync(nodes.Addresses))];
        string missing = nodes.All[2].Bound.ToString();
        // Its port answers, but nothing serves /hello there yet.
        await early[0].WaitForLogAsync(missing);
        Assert.All(waiting, w => Assert.False(w.IsCompleted));
        ClusterConfiguration last = await nodes.All[2].RunAsync(nodes.Addresses);
        ClusterConfiguration[] got = await Task.WhenAll(waiting);
        Assert.All(got, c => Assert.Equal(last.ClusterId, c.ClusterId));
    }

    [Fact]
    public async Task Without_peers_a_node_is_a_cluster_of_its_own_at_once()
    {
        await using var nodes = await BootstrapNodes.StartAsync(1);
        ClusterConfiguration got = await nodes.All[0].RunAsync([]);
        Assert.Equal(new Member(nodes.All[0].Identity.Self, nodes.Addresses[0]), Assert.Single(got.Members));
        Assert.NotEqual(UInt128.Zero, got.ClusterId);
    }

    [Fact]
    public async Task Lists_that_differ_never_form_a_cluster_and_both_are_named()
    {
        await using var nodes = await BootstrapNodes.StartAsync(3);
        using var stop = new CancellationTokenSource();
        Task a = nodes.All[0].RunAsync(nodes.Addresses[..2], stop.Token);
        Task b = nodes.All[1].RunAsync(nodes.Addresses, stop.Token);
        string log = await nodes.All[0].WaitForLogAsync("the lists differ");
        string list = string.Join(", ", nodes.Addresses.Order(StringComparer.Ordinal));
        Assert.Contains(list, log, StringComparison.Ordinal);
        Assert.False(a.IsCompleted || b.IsCompleted);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => a);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => b);
        Assert.All(nodes.All, n => Assert.Empty(n.Saved));
    }

    [Fact]
    public async Task A_member_answers_the_one_that_was_away_after_it_started_again()
    {
        await using var nodes = await BootstrapNodes.StartAsync(3);
        ClusterConfiguration[] got = await Task.WhenAll(nodes.All.Select(n => n.RunAsync(nodes.Addresses)));
        BootstrapNode again = nodes.All[0];
        // The same directory in a new process that has just the configuration; the third one lost its write.
        ClusterBootstrap resumed = again.Resume(got[0]);
        Assert.NotNull(resumed);
        await using BootstrapNode third = await nodes.All[2].RestartEmptyAsync();
        ClusterConfiguration adopted = await third.RunAsync(nodes.Addresses);
        Assert.Equal(got[0].ClusterId, adopted.ClusterId);
    }

    [Fact]
    public async Task Another_address_at_a_restart_is_taken_over()
    {
        await using BootstrapNode node = await BootstrapNode.StartAsync(new NodeId(7), 0);
        ClusterConfiguration configuration = await node.RunAsync([]);
        string before = node.Identity.Address;
        node.Resume(configuration, HostPort.Parse(before));
        Assert.DoesNotContain(node.LogLines, line => line.Contains("tells the others", StringComparison.Ordinal));
        node.Resume(configuration, HostPort.Parse("elsewhere:9000"));
        Assert.Equal($"this node was {before} and is elsewhere:9000 now; it tells the others",
            await node.WaitForLogAsync("tells the others"));
        Assert.Equal("elsewhere:9000", node.Identity.Address);
    }

    [Fact]
    public async Task A_removed_node_does_not_start_again()
    {
        await using BootstrapNode node = await BootstrapNode.StartAsync(new NodeId(7), 0);
        var without = new ClusterConfiguration(9, [new Member(new NodeId(8), "other:5001")]);
        IOException error = Assert.Throws<IOException>(() => node.Resume(without));
        Assert.Contains("start with an empty --data-dir", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Overlapping_lists_never_form_two_clusters()
    {
        // The second and third agree and form theirs; the first, which has another list, joins them.
        await using var nodes = await BootstrapNodes.StartAsync(3);
        BootstrapNode[] sorted = [.. nodes.All.OrderBy(n => n.Bound.ToString(), StringComparer.Ordinal)];
        string[] addresses = [.. sorted.Select(n => n.Bound.ToString())];
        using var stop = new CancellationTokenSource();
        Task<ClusterConfiguration> first = sorted[0].RunAsync(addresses[..2], stop.Token);
        await sorted[0].WaitForLogAsync("waits for");
        Task<ClusterConfiguration> second = sorted[1].RunAsync(addresses[1..], stop.Token);
        await sorted[0].WaitForLogAsync("the lists differ");
        ClusterConfiguration third = await sorted[2].RunAsync(addresses[1..], stop.Token);
        Assert.Equal(third.ClusterId, (await second).ClusterId);
        await sorted[0].WaitForLogAsync($"there is a cluster at {addresses[1]}");
        Assert.False(first.IsCompleted);
        Assert.Empty(sorted[0].Saved);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
    }

    [Fact]
    public async Task A_name_with_several_addresses_stands_for_all_of_them()
    {
        string[] hosts = ["127.0.0.1", "127.0.0.2", "127.0.0.3"];
        await using BootstrapNodes nodes = await BootstrapNodes.StartAtAsync(hosts);
        foreach (BootstrapNode node in nodes.All)
        {
            node.Names["cluster"] = [.. hosts.Select(IPAddress.Parse)];
        }

        string peers = $"cluster:{nodes.All[0].Bound.Port}";
        ClusterConfiguration[] got = await Task.WhenAll(nodes.All.Select(n => n.RunAsync([peers])));
        Assert.All(got, c => Assert.Equal(got[0].ClusterId, c.ClusterId));
        Assert.Equal(
            nodes.Addresses.Order(StringComparer.Ordinal),
            got[0].Members.Select(m => m.Address).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_name_is_asked_again_until_it_has_as_many_addresses_as_expected()
    {
        string[] hosts = ["127.0.0.1", "127.0.0.2"];
        await using BootstrapNodes nodes = await BootstrapNodes.StartAtAsync(hosts);
        nodes.All[0].Names["cluster"] = [IPAddress.Parse(hosts[0])];
        nodes.All[1].Names["cluster"] = [.. hosts.Select(IPAddress.Parse)];
        string peers = $"cluster:{nodes.All[0].Bound.Port}";
        foreach (BootstrapNode node in nodes.All)
        {
            node.Expect = 2;
        }

        Task<ClusterConfiguration>[] runs = [.. nodes.All.Select(n => n.RunAsync([peers]))];
        await nodes.All[0].WaitForLogAsync("cluster has 1 addresses, and this node waits for 2");
        Assert.All(runs, run => Assert.False(run.IsCompleted));
        nodes.All[0].Names["cluster"] = [.. hosts.Select(IPAddress.Parse)];
        ClusterConfiguration[] got = await Task.WhenAll(runs);
        Assert.Equal(got[0].ClusterId, got[1].ClusterId);
    }

    [Fact]
    public async Task With_fewer_expected_than_named_the_first_ones_form_the_cluster_and_the_rest_finds_it()
    {
        await using var nodes = await BootstrapNodes.StartAsync(3);
        BootstrapNode[] sorted = [.. nodes.All.OrderBy(n => n.Bound.ToString(), StringComparer.Ordinal)];
        using var stop = new CancellationTokenSource();
        foreach (BootstrapNode node in sorted)
        {
            node.Expect = 2;
        }

        Task<ClusterConfiguration> rest = sorted[2].RunAsync(nodes.Addresses, stop.Token);
        ClusterConfiguration[] got = await Task.WhenAll(sorted[..2].Select(n => n.RunAsync(nodes.Addresses)));
        Assert.Equal(got[0].ClusterId, got[1].ClusterId);
        Assert.Equal(2, got[0].Members.Count);
        await sorted[2].WaitForLogAsync("there is a cluster at");
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => rest);
    }

    [Fact]
    public async Task To_expect_more_nodes_than_are_named_is_a_mistake_that_is_told_at_once()
    {
        await using BootstrapNode node = await BootstrapNode.StartAsync(new NodeId(7), 0);
        node.Expect = 3;
        FormatException error = await Assert.ThrowsAsync<FormatException>(() => node.RunAsync(["127.0.0.1:1"]));
        Assert.Contains("--bootstrap-expect is 3", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_says_at_any_time_what_it_waits_for()
    {
        await using var nodes = await BootstrapNodes.StartAsync(2);
        string[] three = [.. nodes.Addresses, "127.0.0.1:1"];
        using var stop = new CancellationTokenSource();
        Task[] runs = [.. nodes.All.Select(node => node.RunAsync(three, stop.Token))];
        foreach (BootstrapNode node in nodes.All)
        {
            await Eventually.IsSoAsync(
                () => node.WaitsFor == "this node waits for 127.0.0.1:1 before the cluster can form",
                () => $"it says: {node.WaitsFor}");
        }

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.WhenAll(runs));
    }

    [Fact]
    public async Task A_node_that_listens_everywhere_finds_itself_among_the_peers()
    {
        await using var nodes = await BootstrapNodes.StartAsync(2);
        ClusterConfiguration[] got = await Task.WhenAll(nodes.All.Select(
            n => n.RunAsync(nodes.Addresses, CancellationToken.None, n.Bound with { Host = "0.0.0.0" })));
        Assert.Equal(got[0].ClusterId, got[1].ClusterId);
        Assert.Equal(nodes.Addresses[0], nodes.All[0].Identity.Address);
    }
}

/// <summary>Some nodes on loopback that have not met yet.</summary>
internal sealed class BootstrapNodes : IAsyncDisposable
{
    public List<BootstrapNode> All { get; } = [];

    public string[] Addresses => [.. All.Select(n => n.Bound.ToString())];

    public static async Task<BootstrapNodes> StartAsync(int count)
    {
        var nodes = new BootstrapNodes();
        for (int i = 0; i < count; i++)
        {
            nodes.All.Add(await BootstrapNode.StartAsync(NodeId.Create(), 0));
        }

        return nodes;
    }

    /// <summary>One node at each loopback address, all with the same port.</summary>
    public static async Task<BootstrapNodes> StartAtAsync(string[] hosts)
    {
        var nodes = new BootstrapNodes();
        int port = LoopbackPorts.Next();
        foreach (string host in hosts)
        {
            nodes.All.Add(await BootstrapNode.StartAsync(NodeId.Create(), port, host));
        }

        return nodes;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (BootstrapNode node in All)
        {
            await node.DisposeAsync();
        }
    }
}

/// <summary>One node on its way into a cluster; remembers what it saved and said.</summary>
internal sealed class BootstrapNode : IAsyncDisposable, ILogger
{
    private readonly ClusterEndpoint _endpoint;
    private readonly PeerConnections _connections;
    private readonly ConcurrentQueue<string> _log = new();
    private bool _disposed;

    private BootstrapNode(NodeId id)
    {
        Identity = new ClusterIdentity(id);
        _endpoint = new ClusterEndpoint(Identity, Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance);
        _connections = new PeerConnections(Identity);
        Announce = new AnnounceClient(_connections);
        Hello = new HelloClient(_connections);
    }

    public ClusterIdentity Identity { get; }

    public HostPort Bound { get; private set; }

    public ConcurrentQueue<ClusterConfiguration> Saved { get; } = new();

    public ConcurrentQueue<ulong> SavedAt { get; } = new();

    public AnnounceClient Announce { get; }

    public HelloClient Hello { get; }

    public IEnumerable<string> LogLines => _log;

    /// <summary>Names that this node can resolve.</summary>
    public ConcurrentDictionary<string, IPAddress[]> Names { get; } = new();

    /// <summary>--bootstrap-expect.</summary>
    public int? Expect { get; set; }

    /// <summary>--compute-only.</summary>
    public bool OnlyJoins { get; set; }

    /// <summary>Null before it runs.</summary>
    public string? WaitsFor => Current?.WaitsFor;

    private ClusterBootstrap? Current { get; set; }

    public static async Task<BootstrapNode> StartAsync(NodeId id, int port, string host = "127.0.0.1")
    {
        var node = new BootstrapNode(id);
        node._endpoint.MapForAnyone(PeerProtocol.HelloPath, (from, stream, cancellation) =>
            (node.Current ?? throw new IOException("not started")).AcceptHelloAsync(from, stream, cancellation));
        var endpoint = new IPEndPoint(IPAddress.Parse(host), port);
        node.Bound = new HostPort(host, await node._endpoint.StartAsync(endpoint, CancellationToken.None));
        return node;
    }

    public Task<ClusterConfiguration> RunAsync(string[] peers) =>
        RunAsync(peers, CancellationToken.None);

    public Task<ClusterConfiguration> RunAsync(
        string[] peers, CancellationToken cancellation, HostPort? listen = null)
    {
        Current = Create();
        return Current.RunAsync([.. peers.Select(peer => HostPort.Parse(peer))], null, listen ?? Bound, cancellation);
    }

    public ClusterBootstrap Resume(ClusterConfiguration configuration, HostPort? advertise = null)
    {
        Current = Create();
        Current.Resume(1, configuration, advertise, Bound);
        return Current;
    }

    private ClusterBootstrap Create() => new(
        Identity,
        new BootstrapParts(
            Hello.AskAsync,
            Announce.AskAsync,
            () => new Announcement(Identity.Self, Identity.Address),
            (index, configuration) =>
            {
                SavedAt.Enqueue(index);
                Saved.Enqueue(configuration);
            },
            (name, _) => Names.TryGetValue(name, out IPAddress[]? found)
                ? Task.FromResult(found)
                : throw new SocketException((int)SocketError.HostNotFound),
            Expect)
        {
            OnlyJoins = OnlyJoins,
        },
        this);

    public async Task<BootstrapNode> RestartEmptyAsync()
    {
        await DisposeAsync();
        return await StartAsync(Identity.Self, Bound.Port);
    }

    public Task<string> WaitForLogAsync(string part) => Eventually.AnswerAsync(
        () => Task.FromResult(_log.FirstOrDefault(line => line.Contains(part, StringComparison.Ordinal))),
        () => $"no line has \"{part}\":\n{string.Join('\n', _log)}");

    public async ValueTask DisposeAsync()
    {
        if (!_disposed)
        {
            _disposed = true;
            _connections.Dispose();
            await _endpoint.DisposeAsync();
        }
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception,
        Func<TState, Exception?, string> formatter) =>
        _log.Enqueue(formatter(state, exception));
}
