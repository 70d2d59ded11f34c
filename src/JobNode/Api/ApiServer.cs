using System.Net;
using System.Net.Security;
using JobNode.Commands;
using JobNode.Observability;
using JobNode.Security;
using JobNode.Transport;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;

namespace JobNode.Api;

/// <summary>The public HTTP API of a node: HTTP/1.1 and HTTP/2 (prior knowledge) on one port.</summary>
/// <remarks>
/// Kestrel without host, container or routing: nothing of them is needed, and starting takes less. First
/// <see cref="StartAsync"/>, then, once there is something to serve, <see cref="Open"/>.
/// </remarks>
/// <param name="options">Where to listen and how the node is called.</param>
/// <param name="waitsFor">Why the node is not at work yet, until <see cref="Open"/>.</param>
/// <param name="time">For timeouts and rates.</param>
/// <param name="loggers">Makes the logs of the API and of Kestrel.</param>
internal sealed class ApiServer(
    ServeOptions options, Func<Problem> waitsFor, TimeProvider time, ILoggerFactory loggers) : IAsyncDisposable
{
    private readonly ILogger _logger = loggers.CreateLogger("JobNode.Api");
    private readonly ApiAccess _access = ApiAccess.Open(options.Security, loggers.CreateLogger("JobNode.Api"), time);
    private readonly WatchedFiles<TlsMaterial>? _tls = options.Security.Api is { } files
        ? PeerSecurity.OpenTls("API certificate", files, loggers.CreateLogger("JobNode.Api"), time)
        : null;

    private ApiApplication? _application;
    private ClusterWatch? _watch;
    private NodeMetrics? _measures;
    private KestrelServer? _server;

    /// <summary>HOST:PORT it listens on; with the port that was chosen once started.</summary>
    public string Address { get; private set; } = options.Listen.ToString();

    /// <summary>When the API's certificate ends; null without one.</summary>
    public DateTimeOffset? CertificateEnd => _tls?.Current.End;

    /// <summary>What a client writes before the address.</summary>
    public string Scheme => _tls is null ? "http" : "https";

    /// <summary>Every call. The description in openapi.json is made from this list, by a test (make docs).</summary>
    public static IReadOnlyList<ApiRoute> Routes(
        JobEndpoints jobs,
        BatchEndpoints batches,
        StatusEndpoints status,
        MemberEndpoints members,
        BackupEndpoint backup,
        EventsEndpoint events) =>
    [
        new("/enqueue", ["PUT", "POST"], ApiScope.Enqueue, (context, _) => jobs.EnqueueAsync(context)),
        new("/pullCompleted", ["POST"], ApiScope.Pull, (context, _) => jobs.PullAsync(context)),
        new("/jobs", ["POST"], ApiScope.Enqueue, (context, _) => batches.PostAsync(context)),
        new("/jobs", ["GET"], ApiScope.Read, (context, _) => jobs.ListAsync(context))
        {
            Passing = CallPassing.WithoutLog,
        },
        new("/jobs/{id}", ["GET"], ApiScope.Read, (context, id) => jobs.GetAsync(context, id))
        {
            Passing = CallPassing.WithoutLog,
        },
        new("/jobs/{id}", ["DELETE"], ApiScope.Enqueue, (context, id) => jobs.CancelAsync(context, id)),
        new("/members", ["GET"], ApiScope.Read, (context, _) => members.ListAsync(context))
        {
            Passing = CallPassing.UnlessLeading,
        },
        new("/members/{id}", ["DELETE"], ApiScope.Admin, (context, id) => members.RemoveAsync(context, id))
        {
            Passing = CallPassing.UnlessLeading,
        },
        new("/members/{id}/promote", ["POST"], ApiScope.Admin, (context, id) => members.PromoteAsync(context, id))
        {
            Passing = CallPassing.UnlessLeading,
        },
        new("/members/{id}/release", ["POST"], ApiScope.Admin, (context, id) => members.ReleaseAsync(context, id))
        {
            Passing = CallPassing.UnlessLeading,
        },
        new("/transfer", ["POST"], ApiScope.Admin, (context, _) => members.TransferAsync(context))
        {
            Passing = CallPassing.UnlessLeading,
        },
        new("/drain", ["POST"], ApiScope.Admin, (context, _) => members.DrainAsync(context)),
        new("/backup", ["GET"], ApiScope.Admin, (context, _) => backup.GetAsync(context)),
        new("/status", ["GET"], ApiScope.Read, (context, _) => status.StatusAsync(context)),
        new("/events", ["GET"], ApiScope.Read, (context, _) => events.GetAsync(context)),
        new("/livez", ["GET"], ApiScope.Open, (context, _) => status.LiveAsync(context)),
        new("/readyz", ["GET"], ApiScope.Open, (context, _) => status.ReadyAsync(context)),
        new("/metrics", ["GET"], ApiScope.Read, (context, _) => status.MetricsAsync(context)),
        new("/openapi.json", ["GET"], ApiScope.Open, (context, _) => StatusEndpoints.OpenApiAsync(context)),
        new(ProblemPages.ListPath, ["GET"], ApiScope.Open, (context, _) => ProblemPages.ListAsync(context)),
        new($"{ProblemPages.ListPath}/{{name}}", ["GET"], ApiScope.Open, ProblemPages.GetAsync),
        new("/", ["GET"], ApiScope.Open, (context, _) => StatusEndpoints.DashboardAsync(context)),
    ];

    /// <summary>Opens the port; every call is told to wait.</summary>
    /// <param name="endpoint">What the options' address resolves to.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="IOException">The port is taken.</exception>
    public async Task StartAsync(IPEndPoint endpoint, CancellationToken cancellation)
    {
        Invariant.That(_server is null, "the API starts once");
        // Inline: what a request does is short or awaits, so it needs no thread other than the one that read it.
        var sockets = new SocketTransportOptions { UnsafePreferInlineScheduling = true };
        var transport = new SocketTransportFactory(Options.Create(sockets), loggers);
        _server = new KestrelServer(Options.Create(Settings(endpoint)), transport, loggers);
        _application = new ApiApplication((options.Advertise ?? options.ClusterListen).ToString(), waitsFor, _logger);
        await _server.StartAsync(_application, cancellation);
        Address = BoundAddress(_server);
        _logger.ApiListening($"{Scheme}://{Address}");
        if (options.Security.ApiTokenFile is not null && _tls is null && !options.Listen.IsLoopback)
        {
            _logger.TokensTravelReadable(Address);
        }
    }

    /// <summary>Serves every call from here on.</summary>
    public void Open(ApiParts parts)
    {
        Invariant.That(_application is not null, "the API starts before it opens");
        var cluster = new ClusterReader(parts, options, Address, time);
        var leaderCalls = new LeaderCalls(parts.Board, parts.ApplyThread, parts.Calls);
        var metrics = new Metrics(Problems.WorthATry.Select(static kind => kind.Name));
        _measures = new NodeMetrics(parts, cluster, leaderCalls, metrics, time);
        var status = new StatusEndpoints(parts, cluster, leaderCalls, _measures);
        _watch = new ClusterWatch(cluster.ReadAsync, status.ReadAsync, time, _logger);
        var admission = new JobAdmission(parts, options.Limits, time);
        var jobs = new JobEndpoints(parts, new JobReader(parts, time), admission, time);
        IReadOnlyList<ApiRoute> routes = Routes(
            jobs,
            new BatchEndpoints(parts, jobs, admission, time),
            status,
            new MemberEndpoints(parts),
            new BackupEndpoint(parts, leaderCalls),
            new EventsEndpoint(_watch));
        _application.Open(new ApiRouter(
            routes, _access, parts.Board, cluster, leaderCalls, metrics, time, _logger));
        _watch.Start();
    }

    /// <summary>Reads all measures of the node, as /metrics has them; what it gives writes them.</summary>
    public Task<Action<IMetricWriter>> ReadMetricsAsync(CancellationToken cancellation)
    {
        Invariant.That(_measures is not null, "what is measured is known once the API is open");
        return _measures.ReadAsync(cancellation);
    }

    /// <summary>Answers a call that another node passed on, once this one is whole.</summary>
    public Task<PassedAnswer> ServePassedAsync(PassedCall call, CancellationToken cancellation) =>
        _application?.Router is { } router
            ? PassedCallServer.ServeAsync(call, router.ServeAsync, cancellation)
            : Task.FromResult(PassedAnswer.Misdirected);

    /// <summary>Stops taking requests and waits for those under way until the token is cancelled.</summary>
    public Task StopAsync(CancellationToken cancellation)
    {
        // Events have no end of their own: they would hold the stop up.
        _watch?.End();
        return _server?.StopAsync(cancellation) ?? Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_watch is not null)
        {
            await _watch.DisposeAsync();
        }

        if (_server is not null)
        {
            using var now = new CancellationTokenSource();
            await now.CancelAsync();
            await _server.StopAsync(now.Token);
            _server.Dispose();
            _server = null;
        }
    }

    private KestrelServerOptions Settings(IPEndPoint endpoint)
    {
        var settings = new KestrelServerOptions
        {
            AddServerHeader = false,
            AllowAlternateSchemes = true,
            ApplicationServices = NoServices.Instance,
        };
        // Uploads may be of any size and come over any line; what is held of one is a buffer.
        settings.Limits.MaxRequestBodySize = null;
        settings.Limits.MinRequestBodyDataRate = null;
        settings.Listen(endpoint, listen =>
        {
            listen.Protocols = HttpProtocols.Http1AndHttp2;
            if (_tls is null)
            {
                listen.Use(next => connection => Http2PriorKnowledge.HandleAsync(connection, next));
                return;
            }

            var port = new TlsPort(
                _tls, NeedsClientCertificate: false, [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11]);
            var gate = new ConnectionGate(port, EntryLimits.Api, new RefusalLog("API", _logger, time));
            listen.Use(next => connection => gate.HandleAsync(connection, next));
        });
        return settings;
    }

    /// <summary>
    /// What others can dial: never a star, but the advertised host, or that of the cluster port, where it is known.
    /// </summary>
    private string BoundAddress(KestrelServer server)
    {
        string bound = server.Features.Get<IServerAddressesFeature>()!.Addresses.First();
        HostPort known = options.Listen.IsWildcard ? options.Advertise ?? options.ClusterListen : options.Listen;
        string host = known.IsWildcard ? "0.0.0.0" : known.Host;
        return new HostPort(host, new Uri(bound).Port).ToString();
    }

    /// <summary>Kestrel asks for a container but needs nothing of it without TLS.</summary>
    private sealed class NoServices : IServiceProvider
    {
        public static readonly NoServices Instance = new();

        public object? GetService(Type serviceType) => null;
    }
}
