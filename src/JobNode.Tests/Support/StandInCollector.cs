using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;

namespace JobNode.Tests.Support;

/// <summary>Takes OTLP over HTTP with JSON on a free loopback port, in the place of an OpenTelemetry collector.
/// </summary>
internal sealed class StandInCollector : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly ConcurrentQueue<CollectorRequest> _requests = new();

    /// <summary>Listens at once.</summary>
    public StandInCollector()
    {
        Endpoint = $"http://127.0.0.1:{LoopbackPorts.Next()}";
        _listener.Prefixes.Add(Endpoint + "/");
        _listener.Start();
        _ = Task.Run(ServeAsync);
    }

    /// <summary>Its base address.</summary>
    public string Endpoint { get; }

    /// <summary>What the next requests are answered with, one each; then 200.</summary>
    public ConcurrentQueue<int> Answers { get; } = new();

    /// <summary>All requests so far.</summary>
    public IReadOnlyList<CollectorRequest> Requests => [.. _requests];

    /// <summary>All spans that were taken so far.</summary>
    public IReadOnlyList<JsonElement> Spans =>
    [
        .. Requests.Where(request => request is { Path: "/v1/traces", Answer: 200 })
            .SelectMany(request => request.Body.GetProperty("resourceSpans").EnumerateArray())
            .SelectMany(resource => resource.GetProperty("scopeSpans").EnumerateArray())
            .SelectMany(scope => scope.GetProperty("spans").EnumerateArray()),
    ];

    /// <summary>Waits until it has what is wanted.</summary>
    /// <exception cref="TimeoutException">It had not within a minute.</exception>
    public Task WaitAsync(string wish, Func<StandInCollector, bool> has) => Eventually.IsSoAsync(
        () => has(this),
        () => $"the collector got no {wish}: {string.Join('\n', Requests.Select(request => request.Body))}");

    /// <inheritdoc/>
    public void Dispose() => _listener.Close();

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                HttpListenerContext context = await _listener.GetContextAsync();
                using JsonDocument body = await JsonDocument.ParseAsync(context.Request.InputStream);
                int answer = Answers.TryDequeue(out int chosen) ? chosen : 200;
                _requests.Enqueue(new CollectorRequest(
                    context.Request.Url!.AbsolutePath,
                    context.Request.ContentType ?? "",
                    context.Request.Headers["authorization"],
                    answer,
                    body.RootElement.Clone()));
                context.Response.StatusCode = answer;
                context.Response.Close();
            }
        }
        catch (Exception error) when (error is HttpListenerException or ObjectDisposedException)
        {
            // Closed.
        }
    }
}

/// <summary>One request to the collector.</summary>
internal sealed record CollectorRequest(
    string Path, string ContentType, string? Authorization, int Answer, JsonElement Body);
