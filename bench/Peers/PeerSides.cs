using System.Net.Sockets;
using System.Text;
using JobNode.Load;
using JobNode.Tests.Support;

namespace JobNode.Bench.Peers;

/// <summary>The peers: one message of about 120 bytes, durable as far as each of them can.</summary>
internal static class PeerSides
{
    /// <summary>Bytes of a message.</summary>
    public const int MessageBytes = 120;

    /// <summary>Messages in a call that pushes many.</summary>
    public const int Batch = 1000;

    /// <summary>How long an answer may take while servers start.</summary>
    public static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(2);

    /// <summary>What is sent: printable, the same for all.</summary>
    public static readonly byte[] Message = Encoding.ASCII.GetBytes(new string('m', MessageBytes));

    /// <summary>Tries until it works, for servers that start.</summary>
    public static async Task UntilAsync(
        Func<Task> attempt, IReadOnlyList<ServerProcess> servers, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                await attempt();
                return;
            }
            catch (Exception error) when (
                error is IOException or SocketException or HttpRequestException or ObjectDisposedException)
            {
                servers.ToList().ForEach(static server => server.RequireRunning());
                if (cancellation.IsCancellationRequested)
                {
                    throw new TimeoutException($"the servers do not take messages: {error.Message}", error);
                }

                await Task.Delay(100, CancellationToken.None);
            }
        }
    }

    /// <summary>One call goes well, within two seconds: while a cluster forms some servers do not answer.</summary>
    public static async Task CallOnceAsync(Func<int, ILoadClient> create, CancellationToken cancellation)
    {
        using ILoadClient client = create(0);
        await client.OpenAsync(cancellation);
        using var limit = new CancellationTokenSource(AnswerWithin);
        using CancellationTokenRegistration cutting = limit.Token.Register(client.Cut);
        if ((await client.CallAsync()).Error is { } error)
        {
            throw new IOException(error);
        }
    }
}

/// <summary>One Redis that answers after fsync.</summary>
internal sealed class RedisSide : IQueueSide
{
    private readonly int _port = LoopbackPorts.Next();

    /// <inheritdoc/>
    public string Name => "Redis";

    /// <inheritdoc/>
    public string Setting => "one server, not replicated; `appendonly yes`, `appendfsync always`";

    /// <inheritdoc/>
    public async Task<IDisposable> StartAsync(string folder, CancellationToken cancellation)
    {
        ServerProcess server = Start(folder, _port);
        await PeerSides.UntilAsync(
            () => PeerSides.CallOnceAsync(_ => RedisClient.Pusher(_port, PeerSides.Message, 1), cancellation),
            [server], cancellation);
        return server;
    }

    /// <summary>A durable Redis.</summary>
    public static ServerProcess Start(string folder, int port) => ServerProcess.Start(
        folder, new Dictionary<string, string>(),
        "redis-server", "--port", $"{port}", "--bind", "127.0.0.1", "--dir", folder, "--appendonly", "yes",
        "--appendfsync", "always", "--save", "", "--auto-aof-rewrite-percentage", "0");

    /// <inheritdoc/>
    public bool Has(QueueCall call) => true;

    /// <inheritdoc/>
    public ILoadClient CreateClient(int number, QueueCall call) => call == QueueCall.Pop
        ? RedisClient.Popper(_port)
        : RedisClient.Pusher(_port, PeerSides.Message, call == QueueCall.PushMany ? PeerSides.Batch : 1);
}

/// <summary>Three NATS servers with a stream on all of them.</summary>
internal sealed class NatsSide : IQueueSide
{
    private readonly int[] _ports = [.. Enumerable.Range(0, 3).Select(static _ => LoopbackPorts.Next())];
    private readonly int[] _routes = [.. Enumerable.Range(0, 3).Select(static _ => LoopbackPorts.Next())];

    /// <inheritdoc/>
    public string Name => "NATS JetStream R3";

    /// <inheritdoc/>
    public string Setting => "three servers, file storage, 3 replicas; **weaker than the others**: version 2.9 "
        + "knows no `sync_interval: always`, so it answers from the page cache and syncs every two minutes";

    /// <inheritdoc/>
    public async Task<IDisposable> StartAsync(string folder, CancellationToken cancellation)
    {
        string routes = string.Join(',', _routes.Select(static port => $"nats://127.0.0.1:{port}"));
        ServerProcess[] servers = [.. Enumerable.Range(0, 3).Select(i => ServerProcess.Start(
            Path.Combine(folder, $"nats-{i}"), new Dictionary<string, string>(),
            "nats-server", "--name", $"n{i}", "--addr", "127.0.0.1", "--port", $"{_ports[i]}", "--jetstream",
            "--store_dir", Path.Combine(folder, $"nats-{i}", "store"), "--cluster_name", "bench",
            "--cluster", $"nats://127.0.0.1:{_routes[i]}", "--routes", routes))];
        var all = new Together(servers);
        await PeerSides.UntilAsync(
            () => NatsClient.CreateStreamAsync(_ports[0], 3, cancellation), servers, cancellation);
        await PeerSides.UntilAsync(
            () => PeerSides.CallOnceAsync(i => CreateClient(i, QueueCall.Push), cancellation), servers, cancellation);
        return all;
    }

    /// <inheritdoc/>
    public bool Has(QueueCall call) => call == QueueCall.Push;

    /// <inheritdoc/>
    public ILoadClient CreateClient(int number, QueueCall call) =>
        new NatsClient(_ports[number % 3], PeerSides.Message);
}

/// <summary>Three etcd servers.</summary>
internal sealed class EtcdSide : IQueueSide
{
    private const int ClientsPerConnection = 64;

    private readonly int[] _ports = [.. Enumerable.Range(0, 3).Select(static _ => LoopbackPorts.Next())];
    private readonly int[] _peers = [.. Enumerable.Range(0, 3).Select(static _ => LoopbackPorts.Next())];
    private readonly Dictionary<int, HttpClient> _connections = [];

    /// <inheritdoc/>
    public string Name => "etcd";

    /// <inheritdoc/>
    public string Setting => "three servers, puts by gRPC; as it comes, it syncs before it answers";

    /// <inheritdoc/>
    public async Task<IDisposable> StartAsync(string folder, CancellationToken cancellation)
    {
        _connections.Clear();
        string cluster = string.Join(',', _peers.Select(static (port, i) => $"e{i}=http://127.0.0.1:{port}"));
        ServerProcess[] servers = [.. Enumerable.Range(0, 3).Select(i => ServerProcess.Start(
            Path.Combine(folder, $"etcd-{i}"), new Dictionary<string, string>(),
            "etcd", "--name", $"e{i}", "--data-dir", Path.Combine(folder, $"etcd-{i}", "data"),
            "--listen-client-urls", $"http://127.0.0.1:{_ports[i]}",
            "--advertise-client-urls", $"http://127.0.0.1:{_ports[i]}",
            "--listen-peer-urls", $"http://127.0.0.1:{_peers[i]}",
            "--initial-advertise-peer-urls", $"http://127.0.0.1:{_peers[i]}",
            "--initial-cluster", cluster, "--initial-cluster-state", "new", "--logger", "zap",
            "--log-level", "error", "--quota-backend-bytes", "8000000000"))];
        await PeerSides.UntilAsync(
            () => PeerSides.CallOnceAsync(i => CreateClient(i, QueueCall.Push), cancellation), servers, cancellation);
        return new Together([.. servers, .. _connections.Values]);
    }

    /// <inheritdoc/>
    public bool Has(QueueCall call) => call == QueueCall.Push;

    /// <inheritdoc/>
    public ILoadClient CreateClient(int number, QueueCall call)
    {
        lock (_connections)
        {
            int key = (number / ClientsPerConnection * 3) + (number % 3);
            if (!_connections.TryGetValue(key, out HttpClient? http))
            {
                _connections.Add(key, http = EtcdClient.Connect(_ports[number % 3]));
            }

            return new EtcdClient(http, number, PeerSides.Message);
        }
    }
}
