using System.Collections.Concurrent;
using System.Text;
using JobNode.Load;

namespace JobNode.Bench.Peers;

/// <summary>
/// Jobs from the enqueue to the pulled result, over the two calls that jobnode and the Flask stack have in common: each
/// client sends a job and waits until its result was pulled; one more connection pulls all the time.
/// </summary>
internal sealed class WholeJobs : IAsyncDisposable
{
    private const int PauseWhenEmptyMs = 2;

    private readonly ConcurrentDictionary<string, TaskCompletionSource> _results = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private readonly IReadOnlyList<HttpTarget> _targets;
    private readonly byte[] _request;
    private readonly Task _pulling;

    /// <summary>Starts to pull.</summary>
    public WholeJobs(IReadOnlyList<HttpTarget> targets, int bodyBytes, ulong iterations)
    {
        _targets = targets;
        _request = new JobCalls(JobCall.Enqueue, bodyBytes, iterations, 1, null).Enqueue.ToArray();
        _pulling = PullAsync();
    }

    /// <summary>A client.</summary>
    public ILoadClient CreateClient(int number) => new Client(this, number);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _pulling;
        _stop.Dispose();
    }

    private async Task PullAsync()
    {
        using var exchange = new HttpExchange(await _targets[0].ConnectAsync(CancellationToken.None));
        byte[] pull = "POST /pullCompleted?top=200 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"u8.ToArray();
        while (!_stop.IsCancellationRequested)
        {
            HttpAnswer answer = await exchange.SendAsync(pull);
            if (TakeIds(answer.Body.Span) == 0)
            {
                await Task.Delay(PauseWhenEmptyMs);
            }
        }
    }

    private int TakeIds(ReadOnlySpan<byte> results)
    {
        int count = 0;
        while (results.IndexOf("\"id\":"u8) is var at and >= 0)
        {
            results = results[(at + "\"id\":".Length)..].TrimStart((byte)' ')[1..];
            int end = results.IndexOf((byte)'"');
            Of(Encoding.ASCII.GetString(results[..end])).TrySetResult();
            count++;
        }

        return count;
    }

    /// <summary>The result may be pulled before the answer to the enqueue was read: who comes first makes it.</summary>
    private TaskCompletionSource Of(string id) => _results.GetOrAdd(
        id, static _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

    /// <summary>Sends a job and waits for its result.</summary>
    private sealed class Client(WholeJobs jobs, int number) : ILoadClient
    {
        private HttpExchange? _exchange;
        private TaskCompletionSource? _waiting;

        public async Task OpenAsync(CancellationToken cancellation)
        {
            _exchange?.Dispose();
            HttpTarget target = jobs._targets[number % jobs._targets.Count];
            _exchange = new HttpExchange(await target.ConnectAsync(cancellation));
        }

        public async ValueTask<LoadOutcome> CallAsync()
        {
            HttpAnswer answer = await _exchange!.SendAsync(jobs._request);
            string text = Encoding.UTF8.GetString(answer.Body.Span);
            string[] parts = text.Split('"');
            if (answer.Status != 200 || parts.Length < 4)
            {
                return new LoadOutcome(0, $"{answer.Status} {text}");
            }

            _waiting = jobs.Of(parts[3]);
            await _waiting.Task;
            jobs._results.TryRemove(parts[3], out _);
            return new LoadOutcome(1);
        }

        public void Cut()
        {
            _exchange?.Dispose();
            _waiting?.TrySetException(new IOException("cut"));
        }

        public void Dispose() => _exchange?.Dispose();
    }
}

/// <summary>gunicorn, Redis and a worker per core.</summary>
internal static class FlaskStack
{
    private const int Threads = 16;

    /// <summary>Starts it and waits until it takes jobs.</summary>
    public static async Task<(IDisposable Servers, IReadOnlyList<HttpTarget> Targets)> StartAsync(
        string folder, CancellationToken cancellation)
    {
        int redisPort = JobNode.Tests.Support.LoopbackPorts.Next();
        int port = JobNode.Tests.Support.LoopbackPorts.Next();
        var variables = new Dictionary<string, string> { ["REDIS_PORT"] = $"{redisPort}" };
        string code = Path.Combine(AppContext.BaseDirectory, "Stack");
        var servers = new List<ServerProcess>
        {
            RedisSide.Start(Path.Combine(folder, "redis"), redisPort),
        };
        await PeerSides.UntilAsync(
            () => PeerSides.CallOnceAsync(_ => RedisClient.Popper(redisPort), cancellation), servers, cancellation);
        servers.Add(ServerProcess.Start(
            Path.Combine(folder, "gunicorn"), variables,
            "/usr/bin/gunicorn", "--chdir", code, "--bind", $"127.0.0.1:{port}", "--worker-class", "gthread",
            "--workers", $"{Environment.ProcessorCount}", "--threads", $"{Threads}", "--keep-alive", "60",
            "--log-level", "warning", "app:app"));
        servers.AddRange(Enumerable.Range(0, Environment.ProcessorCount).Select(worker => ServerProcess.Start(
            Path.Combine(folder, $"worker-{worker}"), variables,
            "/usr/bin/python3", Path.Combine(code, "worker.py"), $"{worker}")));
        var target = new HttpTarget(new Uri($"http://127.0.0.1:{port}"), null, null);
        using var http = new HttpClient();
        await PeerSides.UntilAsync(
            async () => (await http.GetAsync(new Uri(target.Address, "/readyz"), cancellation))
                .EnsureSuccessStatusCode(),
            servers, cancellation);
        return (new Together(servers), [target]);
    }
}
