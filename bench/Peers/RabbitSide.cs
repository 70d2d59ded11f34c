using System.Diagnostics;
using System.Globalization;
using JobNode.Load;
using JobNode.Tests.Support;

namespace JobNode.Bench.Peers;

/// <summary>Three RabbitMQ nodes with a quorum queue and publisher confirms.</summary>
internal sealed class RabbitSide : IQueueSide
{
    private const string Program = "/usr/lib/rabbitmq/bin/rabbitmq-server";

    private readonly int[] _ports = [.. Enumerable.Range(0, 3).Select(static _ => LoopbackPorts.Next())];
    private readonly int[] _links = [.. Enumerable.Range(0, 3).Select(static _ => LoopbackPorts.Next())];
    private readonly int _names = LoopbackPorts.Next();
    private readonly string _cookie = Guid.NewGuid().ToString("N");

    /// <inheritdoc/>
    public string Name => "RabbitMQ quorum queue";

    /// <inheritdoc/>
    public string Setting => "three nodes, a quorum queue on all of them, persistent messages, publisher confirms";

    /// <inheritdoc/>
    public async Task<IDisposable> StartAsync(string folder, CancellationToken cancellation)
    {
        var names = ServerProcess.Start(
            Path.Combine(folder, "epmd"), new Dictionary<string, string>(),
            "epmd", "-port", $"{_names}", "-address", "127.0.0.1");
        ServerProcess[] servers = [.. Enumerable.Range(0, 3).Select(i => StartNode(folder, i))];
        foreach (int i in Enumerable.Range(0, 3))
        {
            await PeerSides.UntilAsync(
                () => OpenOnceAsync(_ports[i], cancellation), servers, cancellation);
        }

        await WaitForMembersAsync(folder, servers, cancellation);
        await PeerSides.UntilAsync(() => DeclareAsync(cancellation), servers, cancellation);
        return new Together([.. servers, names]);
    }

    /// <inheritdoc/>
    public bool Has(QueueCall call) => call == QueueCall.Push;

    /// <inheritdoc/>
    public ILoadClient CreateClient(int number, QueueCall call) =>
        new AmqpClient(_ports[number % 3], PeerSides.Message, isFirst: false);

    private ServerProcess StartNode(string folder, int i)
    {
        string own = Path.Combine(folder, $"rabbit-{i}");
        Directory.CreateDirectory(own);
        string members = string.Join('\n', Enumerable.Range(0, 3).Select(
            static node => $"cluster_formation.classic_config.nodes.{node + 1} = bench{node}@localhost"));
        File.WriteAllText(
            Path.Combine(own, "rabbitmq.conf"),
            $"listeners.tcp.1 = 127.0.0.1:{_ports[i]}\n"
            + "cluster_formation.peer_discovery_backend = classic_config\n"
            + members + "\ndisk_free_limit.absolute = 50MB\nlog.console = true\nlog.console.level = warning\n");
        return ServerProcess.Start(own, Variables(own, i), Program);
    }

    private Dictionary<string, string> Variables(string own, int i)
    {
        // The cookie is read from the home directory and must be readable by its owner only.
        string cookie = Path.Combine(own, ".erlang.cookie");
        if (!File.Exists(cookie) && !OperatingSystem.IsWindows())
        {
            var onlyMine = new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            };
            using var file = new StreamWriter(cookie, onlyMine);
            file.Write(_cookie);
        }

        return new Dictionary<string, string>
        {
            ["HOME"] = own,
            ["RABBITMQ_NODENAME"] = $"bench{i}@localhost",
            ["RABBITMQ_DIST_PORT"] = _links[i].ToString(CultureInfo.InvariantCulture),
            ["RABBITMQ_NODE_PORT"] = _ports[i].ToString(CultureInfo.InvariantCulture),
            ["RABBITMQ_NODE_IP_ADDRESS"] = "127.0.0.1",
            ["RABBITMQ_MNESIA_BASE"] = Path.Combine(own, "data"),
            ["RABBITMQ_LOG_BASE"] = Path.Combine(own, "log"),
            ["RABBITMQ_CONFIG_FILE"] = Path.Combine(own, "rabbitmq.conf"),
            ["RABBITMQ_ENABLED_PLUGINS_FILE"] = Path.Combine(own, "plugins"),
            ["RABBITMQ_PID_FILE"] = Path.Combine(own, "pid"),
            ["RABBITMQ_CONF_ENV_FILE"] = Path.Combine(own, "none"),
            ["ERL_EPMD_PORT"] = _names.ToString(CultureInfo.InvariantCulture),
            ["ERL_EPMD_ADDRESS"] = "127.0.0.1",
        };
    }

    private static async Task OpenOnceAsync(int port, CancellationToken cancellation)
    {
        using var client = new AmqpClient(port, PeerSides.Message, isFirst: false);
        await client.OpenAsync(cancellation);
    }

    private async Task DeclareAsync(CancellationToken cancellation)
    {
        using var client = new AmqpClient(_ports[0], PeerSides.Message, isFirst: true);
        await client.OpenAsync(cancellation);
        if ((await client.CallAsync()).Error is { } error)
        {
            throw new IOException(error);
        }
    }

    /// <summary>A queue declared before all three know each other would live on fewer nodes.</summary>
    private async Task WaitForMembersAsync(
        string folder, IReadOnlyList<ServerProcess> servers, CancellationToken cancellation)
    {
        string own = Path.Combine(folder, "rabbit-0");
        var start = new ProcessStartInfo(
            "/usr/lib/rabbitmq/bin/rabbitmqctl", ["-n", "bench0@localhost", "--formatter", "json", "cluster_status"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in Variables(own, 0))
        {
            start.Environment[name] = value;
        }

        while (true)
        {
            using Process asking = Process.Start(start)!;
            _ = asking.StandardError.ReadToEndAsync(cancellation);
            string answer = await asking.StandardOutput.ReadToEndAsync(cancellation);
            await asking.WaitForExitAsync(cancellation);
            int at = answer.IndexOf("\"running_nodes\"", StringComparison.Ordinal);
            string running = at < 0 ? "" : answer[at..(answer.IndexOf(']', at) + 1)];
            if (Enumerable.Range(0, 3).All(i => running.Contains($"bench{i}@localhost", StringComparison.Ordinal)))
            {
                return;
            }

            servers.ToList().ForEach(static server => server.RequireRunning());
            await Task.Delay(500, cancellation);
        }
    }
}
