using System.Collections.Concurrent;
using System.Net;
using JobNode.Commands;
using JobNode.Observability;
using JobNode.Security;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;

namespace JobNode.Transport;

/// <summary>
/// The cluster port: one HTTP/2 listener (prior knowledge) for everything between nodes. Kestrel is used without host,
/// container, configuration or routing: five exact paths need none of them, and an idle node stays small.
/// </summary>
/// <remarks>
/// It listens before the node is a member, since /hello is how it becomes one; members' paths answer 503 until the
/// identity has a cluster and a handler is there.
/// </remarks>
internal sealed class ClusterEndpoint : IAsyncDisposable
{
    private const int ConnectionsMax = 1024;
    private const int StreamsPerConnectionMax = 256;
    private const int ConnectionWindowBytes = 8 << 20;

    // Two entries of the largest size: with the default of 96 KiB one of them takes a dozen round trips.
    private const int StreamWindowBytes = 2 << 20;

    private readonly ClusterIdentity _identity;
    private readonly PeerSecurity _security;
    private readonly RefusalLog _refusals;
    private readonly ILogger _logger;
    private readonly KestrelServer _server;
    private readonly ConcurrentDictionary<string, PeerRoute> _routes = new();
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Makes an endpoint that does not listen yet.</summary>
    /// <param name="identity">This node.</param>
    /// <param name="loggers">Makes the logs.</param>
    /// <param name="security">What the others must show; null for nothing.</param>
    public ClusterEndpoint(ClusterIdentity identity, ILoggerFactory loggers, PeerSecurity? security = null)
    {
        _identity = identity;
        _security = security ?? PeerSecurity.None;
        _logger = loggers.CreateLogger("JobNode.Transport");
        _refusals = new RefusalLog("cluster", _logger, TimeProvider.System);
        Options = new KestrelServerOptions { AddServerHeader = false, AllowSynchronousIO = false };
        Options.Limits.MaxRequestBodySize = null;
        Options.Limits.MinRequestBodyDataRate = null;
        Options.Limits.MinResponseDataRate = null;
        Options.Limits.MaxConcurrentConnections = ConnectionsMax;
        Options.Limits.Http2.MaxStreamsPerConnection = StreamsPerConnectionMax;
        // Many streams share a connection: one that is read slowly (a snapshot) must not use up the others' window.
        Options.Limits.Http2.InitialConnectionWindowSize = ConnectionWindowBytes;
        Options.Limits.Http2.InitialStreamWindowSize = StreamWindowBytes;
        Options.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromMilliseconds(PeerProtocol.PingDelayMs);
        Options.Limits.Http2.KeepAlivePingTimeout = TimeSpan.FromMilliseconds(PeerProtocol.PingTimeoutMs);
        var sockets = new SocketTransportFactory(
            new OptionsWrapper<SocketTransportOptions>(
                new SocketTransportOptions { UnsafePreferInlineScheduling = true }),
            loggers);
        _server = new KestrelServer(new OptionsWrapper<KestrelServerOptions>(Options), sockets, loggers);
    }

    /// <summary>Called with the sender of each stream of this cluster, and the address that it says it has.</summary>
    public Action<NodeId, string>? Admitted { get; set; }

    private KestrelServerOptions Options { get; }

    /// <summary>
    /// Serves a path for members of this cluster; other clusters are refused. May come after the start.
    /// </summary>
    public void MapForMembers(string path, Func<NodeId, DuplexStream, CancellationToken, Task> handler) =>
        Map(path, new PeerRoute(MembersOnly: true, handler));

    /// <summary>Serves a path for nodes that are in no cluster yet, too.</summary>
    public void MapForAnyone(string path, Func<NodeId, DuplexStream, CancellationToken, Task> handler) =>
        Map(path, new PeerRoute(MembersOnly: false, handler));

    /// <summary>Listens; gives the port, which the system chose when it was 0.</summary>
    /// <exception cref="IOException">The address is in use or not of this machine; the message says so.</exception>
    public async Task<int> StartAsync(IPEndPoint endpoint, CancellationToken cancellation)
    {
        ConnectionGate gate = _security.CreateGate(_refusals);
        Options.Listen(endpoint, port =>
        {
            port.Protocols = HttpProtocols.Http2;
            port.Use(next => connection => gate.HandleAsync(connection, next));
        });
        try
        {
            await _server.StartAsync(new PeerApplication(this), cancellation);
        }
        catch (Exception error) when (error is IOException or System.Net.Sockets.SocketException)
        {
            throw new IOException($"cannot listen on {endpoint} for the cluster: {error.Message}", error);
        }

        string bound = _server.Features.Get<IServerAddressesFeature>()!.Addresses.First();
        int actual = new Uri(bound).Port;
        _logger.ClusterPortOpen(new IPEndPoint(endpoint.Address, actual).ToString());
        return actual;
    }

    /// <summary>Ends all streams and closes the port.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _server.StopAsync(patience.Token);
        _server.Dispose();
        _stopping.Dispose();
    }

    /// <summary>Serves one request from its first header to the end of its stream. Never throws.</summary>
    private async Task ServeAsync(HttpContext context)
    {
        string path = context.Request.Path.Value ?? "";
        string from = context.Request.Headers[PeerProtocol.NodeHeader].ToString();
        (int status, string reason) = PeerAdmission.Judge(
            context.Request, _identity, _security, _routes, out PeerRoute? route);
        if (route is null)
        {
            LogRefused(context, path, from, status, reason);
            context.Response.StatusCode = status;
            context.Response.ContentType = "text/plain; charset=utf-8";
            await context.Response.WriteAsync(reason, context.RequestAborted);
            return;
        }

        NodeId sender = PeerAdmission.Sender(context.Request);
        if (route.MembersOnly)
        {
            Admitted?.Invoke(sender, context.Request.Headers[PeerProtocol.AddressHeader].ToString());
        }

        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _stopping.Token);
        try
        {
            // The opener waits for these headers before it sends anything.
            await context.Response.StartAsync(ended.Token);
            await context.Response.Body.FlushAsync(ended.Token);
            var stream = new DuplexStream(context.Request.Body, context.Response.Body);
            await route.Handler(sender, stream, ended.Token);
        }
        catch (Exception) when (ended.IsCancellationRequested)
        {
            context.Abort();
        }
        catch (Exception error) when (error is IOException or InvalidDataException or OperationCanceledException)
        {
            _logger.PeerStreamReset(path, from, error.Message);
            context.Abort();
        }
        catch (Exception error)
        {
            _logger.PeerHandlerFailed(error, path, from);
            context.Abort();
        }
    }

    /// <summary>Headers are a stranger's words: they are cut, and there are never many lines.</summary>
    private void LogRefused(HttpContext context, string path, string from, int status, string reason)
    {
        RefusalKind kind = status is StatusCodes.Status401Unauthorized ? RefusalKind.Token : RefusalKind.Request;
        if (_refusals.MayWrite(kind, out long before))
        {
            if (before > 0)
            {
                _logger.MoreRefused(before, "cluster", kind.ToString());
            }

            _logger.PeerRefused(
                path.Length > 80 ? path[..80] : path,
                from.Length > 20 ? from[..20] : from,
                context.Connection.RemoteIpAddress?.ToString() ?? "",
                reason);
        }
    }

    private void Map(string path, PeerRoute route)
    {
        Invariant.That(path.StartsWith('/'), "a path is absolute");
        Invariant.That(_routes.TryAdd(path, route), "a path has one handler");
    }

    /// <summary>What Kestrel calls for each request.</summary>
    private sealed class PeerApplication(ClusterEndpoint endpoint)
        : Microsoft.AspNetCore.Hosting.Server.IHttpApplication<HttpContext>
    {
        public HttpContext CreateContext(Microsoft.AspNetCore.Http.Features.IFeatureCollection contextFeatures) =>
            new DefaultHttpContext(contextFeatures);

        public Task ProcessRequestAsync(HttpContext context) => endpoint.ServeAsync(context);

        public void DisposeContext(HttpContext context, Exception? exception)
        {
            // Nothing is kept per request.
        }
    }
}

/// <summary>Who serves a path.</summary>
internal sealed record PeerRoute(bool MembersOnly, Func<NodeId, DuplexStream, CancellationToken, Task> Handler);
