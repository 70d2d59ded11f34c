using System.Net;
using System.Net.Http.Headers;
using System.Threading.Channels;

namespace JobNode.Observability;

/// <summary>
/// Sends spans and metrics to a collector by OTLP over HTTP with JSON. Whoever has a span never waits: what finds no
/// room, or no collector within some seconds, is dropped and counted.
/// </summary>
internal sealed class OtlpExporter : IAsyncDisposable
{
    private const int SpansHeldMax = 4096;
    private const int SpansPerRequest = 512;
    private const int GatherMs = 1_000;
    private const int AttemptsMax = 4;
    private const int FirstPauseMs = 500;

    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(2);

    private readonly OtlpSettings _settings;
    private readonly IReadOnlyList<(string Key, string Value)> _resource;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly HttpClient _client;
    private readonly Channel<JobSpan> _spans = Channel.CreateBounded<JobSpan>(
        new BoundedChannelOptions(SpansHeldMax) { SingleReader = true });
    private readonly CancellationTokenSource _stopping = new();
    private Task _tracing = Task.CompletedTask;
    private Task _measuring = Task.CompletedTask;
    private volatile bool _isFailing;

    /// <summary>Sends from <see cref="Start"/> on.</summary>
    /// <param name="settings">Where to and how.</param>
    /// <param name="instance">What tells this node from the others.</param>
    /// <param name="time">Clock and timers.</param>
    /// <param name="logger">Log.</param>
    public OtlpExporter(OtlpSettings settings, string instance, TimeProvider time, ILogger logger)
    {
        _settings = settings;
        _resource = settings.Resource.Any(static pair => pair.Key == "service.instance.id")
            ? settings.Resource
            : [.. settings.Resource, ("service.instance.id", instance)];
        _time = time;
        _logger = logger;
        _client = new HttpClient(new SocketsHttpHandler { UseProxy = false, UseCookies = false })
        {
            BaseAddress = settings.Endpoint,
            Timeout = settings.Timeout,
        };
        foreach ((string name, string value) in settings.Headers)
        {
            _client.DefaultRequestHeaders.TryAddWithoutValidation(name, value);
        }
    }

    /// <summary>What was sent and what was not.</summary>
    public OtlpCounts Counts { get; } = new();

    /// <summary>Takes a span, or counts it as dropped.</summary>
    public void Add(JobSpan span)
    {
        if (!_spans.Writer.TryWrite(span))
        {
            Counts.NoteSpansDropped(1);
        }
    }

    /// <summary>Begins to send.</summary>
    /// <param name="collect">Reads all measures of the node; what it gives writes them.</param>
    public void Start(Func<CancellationToken, Task<Action<IMetricWriter>>> collect)
    {
        _logger.TelemetryStarts(_settings.Endpoint.GetLeftPart(UriPartial.Path));
        _tracing = Task.Run(() => SendSpansAsync(_stopping.Token));
        _measuring = Task.Run(() => SendMetricsAsync(collect, _stopping.Token));
    }

    /// <summary>Sends what is left, if that takes no more than two seconds.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_tracing, _measuring);
        using var last = new CancellationTokenSource(LastWords, _time);
        while (!last.IsCancellationRequested && TakeSpans() is { Count: > 0 } left)
        {
            await DeliverAsync(left, attempts: 1, last.Token);
        }

        _client.Dispose();
        _stopping.Dispose();
    }

    private async Task SendSpansAsync(CancellationToken stopping)
    {
        try
        {
            while (await _spans.Reader.WaitToReadAsync(stopping))
            {
                // Spans come in flocks.
                await Task.Delay(TimeSpan.FromMilliseconds(GatherMs), _time, stopping);
                while (TakeSpans() is { Count: > 0 } spans)
                {
                    await DeliverAsync(spans, AttemptsMax, stopping);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The node stops.
        }
    }

    private List<JobSpan> TakeSpans()
    {
        var spans = new List<JobSpan>();
        while (spans.Count < SpansPerRequest && _spans.Reader.TryRead(out JobSpan? span))
        {
            spans.Add(span);
        }

        return spans;
    }

    private async Task DeliverAsync(List<JobSpan> spans, int attempts, CancellationToken cancellation)
    {
        if (await PostAsync("v1/traces", OtlpJson.Traces(_resource, spans), attempts, cancellation))
        {
            Counts.NoteSpansSent(spans.Count);
        }
        else
        {
            Counts.NoteSpansDropped(spans.Count);
        }
    }

    private async Task SendMetricsAsync(
        Func<CancellationToken, Task<Action<IMetricWriter>>> collect, CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(_settings.MetricInterval, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping))
            {
                if (!await SendMetricsOnceAsync(collect, stopping))
                {
                    // Counters go on from where they were: the next time makes up for it.
                    Counts.NoteMetricsDropped();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The node stops.
        }
    }

    private async Task<bool> SendMetricsOnceAsync(
        Func<CancellationToken, Task<Action<IMetricWriter>>> collect, CancellationToken stopping)
    {
        Action<IMetricWriter> write;
        try
        {
            write = await collect(stopping);
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            // The raft thread turns reads away when there are many.
            return false;
        }

        byte[] body = OtlpJson.Whole(_resource, "resourceMetrics", "scopeMetrics", json =>
        {
            json.WriteStartArray("metrics");
            var writer = new OtlpMetricWriter(json, _time.GetUtcNow());
            write(writer);
            writer.Close();
            json.WriteEndArray();
        });
        return await PostAsync("v1/metrics", body, attempts: 1, stopping);
    }

    /// <summary>False when the collector did not take it.</summary>
    private async Task<bool> PostAsync(string path, byte[] body, int attempts, CancellationToken cancellation)
    {
        string reason = "";
        for (int attempt = 0; attempt < attempts; attempt++)
        {
            if (attempt > 0)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(FirstPauseMs << attempt), _time, cancellation);
            }

            (HttpStatusCode? status, reason) = await TryPostAsync(path, body, cancellation);
            if (status is HttpStatusCode.OK or HttpStatusCode.Accepted or HttpStatusCode.NoContent)
            {
                _isFailing = false;
                return true;
            }

            // OTLP names these as worth another try; the rest says that it never will be taken.
            if (status is not (null or HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway
                or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout))
            {
                break;
            }
        }

        if (!_isFailing)
        {
            _isFailing = true;
            _logger.TelemetryRefused(_settings.Endpoint.Authority, reason);
        }

        return false;
    }

    private async Task<(HttpStatusCode? Status, string Reason)> TryPostAsync(
        string path, byte[] body, CancellationToken cancellation)
    {
        try
        {
            using var content = new ByteArrayContent(body);
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            using HttpResponseMessage response = await _client.PostAsync(path, content, cancellation);
            return (response.StatusCode, $"it answers {(int)response.StatusCode}");
        }
        catch (Exception error) when (error is HttpRequestException or IOException or OperationCanceledException)
        {
            cancellation.ThrowIfCancellationRequested();
            return (null, error.Message);
        }
    }
}
