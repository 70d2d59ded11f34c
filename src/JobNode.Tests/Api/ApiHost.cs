using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using JobNode.Api;
using JobNode.Commands;
using JobNode.Consensus;
using JobNode.Observability;
using JobNode.Tests.Description;
using JobNode.Tests.Support;
using JobNode.Tests.Transport;
using JobNode.Transport;
using Microsoft.Extensions.Logging;

namespace JobNode.Tests.Api;

/// <summary>The real API on a free loopback port, over a cluster of one that lives in the test.</summary>
internal sealed class ApiHost : IAsyncDisposable
{
    /// <summary>What a closed one says it waits for.</summary>
    public const string WaitsFor = "this node waits for b:5001, c:5001 before the cluster can form";

    private readonly ApiServer _server;
    private readonly PeerConnections _noConnections = new(new ClusterIdentity(LocalCluster.Self));

    private ApiHost(ApiServer server, LocalCluster cluster, JobWaiters waiters, WorkBoard work)
    {
        _server = server;
        Cluster = cluster;
        Waiters = waiters;
        Work = work;
        Client = new HttpClient(new DescribedAnswersHandler(new HttpClientHandler()))
        {
            BaseAddress = new Uri($"http://{server.Address}"),
        };
    }

    public LocalCluster Cluster { get; }

    public JobWaiters Waiters { get; }

    public WorkBoard Work { get; }

    /// <summary>Fails the test when an answer is not as the API's description has it.</summary>
    public HttpClient Client { get; }

    public string Url => $"http://{_server.Address}";

    public int Port => Client.BaseAddress!.Port;

    /// <summary>What the leader would say of a running job.</summary>
    public ChainProgress? Progress { get; set; }

    /// <summary>A node at work; with a transport it passes calls on and serves those of others.</summary>
    public static async Task<ApiHost> StartAsync(
        TestNode? transport = null, SecurityOptions? security = null, LimitOptions? limits = null)
    {
        ApiHost host = await StartClosedAsync(security, limits);
        host.Open(transport);
        return host;
    }

    /// <summary>A node that waits for its cluster.</summary>
    public static async Task<ApiHost> StartClosedAsync(
        SecurityOptions? security = null, LimitOptions? limits = null, Problem? waitsFor = null)
    {
        waitsFor ??= Problems.StartingNow(WaitsFor);
        var cluster = new LocalCluster();
        var waiters = new JobWaiters();
        cluster.Applied = waiters.OnJobEvents;
        var work = new WorkBoard();
        var options = new ServeOptions(
            "unused", HostPort.Parse("127.0.0.1:0"), HostPort.Parse("127.0.0.1:5001"), null, [], null, null)
        {
            Security = security ?? new SecurityOptions(),
            Limits = limits ?? new LimitOptions(),
        };
        var server = new ApiServer(options, () => waitsFor, TimeProvider.System, Failures());
        await server.StartAsync(new IPEndPoint(IPAddress.Loopback, 0), CancellationToken.None);
        return new ApiHost(server, cluster, waiters, work);
    }

    /// <summary>The node is whole now.</summary>
    public void Open(TestNode? transport = null)
    {
        PeerConnections connections = transport?.Connections ?? _noConnections;
        var calls = new CallForwarder(
            connections,
            Cluster.Board,
            new PeerDirectory(Cluster.Board),
            _server.ServePassedAsync,
            TimeProvider.System,
            Failures());
        transport?.Endpoint.MapForMembers(PeerProtocol.CallPath, calls.AcceptAsync);
        _server.Open(Parts(calls));
    }

    /// <summary>What this node answers to a GET that another one passed on.</summary>
    public Task<PassedAnswer> ServePassedAsync(string target) =>
        _server.ServePassedAsync(new PassedCall("GET", target, TimeSpan.Zero), CancellationToken.None);

    /// <summary>A failure inside the server is printed, so that a test that sees a 500 says why.</summary>
    private static RecordingLog Failures() => new(LogLevel.Error, Console.Error);

    private ApiParts Parts(CallForwarder calls) => new(
        Cluster,
        Cluster,
        Cluster.Machine.View,
        Cluster.Board,
        Work,
        (_, _) => new ValueTask<ChainProgress?>(Progress),
        Waiters,
        new KernelInfo("scalar", ["avx2 is not used: a test"]),
        Conditions,
        new BackupSource(Cluster, Cluster.Machine, Cluster.Board).TakeAsync,
        Admin,
        calls);

    public NodeConditions Conditions { get; } = new();

    /// <summary>Stops as a node does that drains; a call that held it up would end it with an exception.</summary>
    public async Task StopAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await _server.StopAsync(patience.Token);
        Assert.False(patience.IsCancellationRequested);
    }

    public ScriptedAdmin Admin { get; } = new();

    public async Task<string> EnqueueAsync(byte[] body, string query = "iterations=3", string? key = null)
    {
        using HttpResponseMessage response = await PutAsync(new ByteArrayContent(body), query, key);
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonDocument.Parse(text).RootElement.GetProperty("id").GetString()!;
    }

    public async Task<HttpResponseMessage> PutAsync(HttpContent content, string query, string? key = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, $"/enqueue?{query}") { Content = content };
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        return await Client.SendAsync(request);
    }

    public async Task<JsonElement> GetAsync(string path) =>
        JsonDocument.Parse(await Client.GetStringAsync(path)).RootElement;

    public async Task<JsonElement> PullAsync(int top, string more = "")
    {
        using HttpResponseMessage response = await Client.PostAsync($"/pullCompleted?top={top}{more}", null);
        return JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        _noConnections.Dispose();
        await _server.DisposeAsync();
    }
}
