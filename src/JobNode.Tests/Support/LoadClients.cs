using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace JobNode.Tests.Support;

/// <summary>
/// Clients that send jobs to the nodes in turn, each under an idempotency key, and send one again elsewhere until it is
/// accepted: what a careful client does. They note what was accepted, its right result, and when; when asked to, they
/// also take results the same careful way.
/// </summary>
internal sealed class LoadClients : IAsyncDisposable
{
    private const int RetryDelayMs = 20;
    private const int GiveUpMs = 60_000;
    private const int PullTop = 100;

    private readonly LoadOptions _options;
    private readonly ConcurrentDictionary<string, string> _accepted = new();
    private readonly ConcurrentDictionary<string, string> _pulled = new();
    private readonly ConcurrentQueue<string> _doubled = new();
    private readonly ConcurrentQueue<TimeSpan> _acceptedAt = new();
    private readonly ConcurrentQueue<string> _failures = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly long _begin = Stopwatch.GetTimestamp();
    private readonly Task[] _running;
    private volatile NodeApi[] _nodes;
    private int _retries;

    /// <summary>Starts all clients at once.</summary>
    public LoadClients(IReadOnlyList<NodeProcess> nodes, LoadOptions? options = null)
    {
        _options = options ?? new LoadOptions();
        _nodes = [.. nodes.Select(node => node.Api)];
        _running = [.. Enumerable.Range(0, _options.Clients).Select(client => Task.Run(() => RunAsync(client)))];
    }

    /// <summary>Right result by id of every accepted job.</summary>
    public IReadOnlyDictionary<string, string> Accepted => _accepted;

    /// <summary>Result by id of every job that was pulled.</summary>
    public IReadOnlyDictionary<string, string> Pulled => _pulled;

    /// <summary>Ids that came with more than one pull.</summary>
    public IReadOnlyCollection<string> Doubled => _doubled;

    /// <summary>Attempts that had to be repeated.</summary>
    public int Retries => _retries;

    /// <summary>What the first of the failed attempts said.</summary>
    public IReadOnlyCollection<string> Failures => _failures;

    /// <summary>Time since the clients began.</summary>
    public TimeSpan Now => Stopwatch.GetElapsedTime(_begin);

    /// <summary>From now on the clients ask these nodes.</summary>
    public void Use(IReadOnlyList<NodeProcess> nodes) => _nodes = [.. nodes.Select(node => node.Api)];

    /// <summary>
    /// The longest time within which no client got any job accepted, of those that end after a moment.
    /// </summary>
    public TimeSpan LongestGapAfter(TimeSpan moment) => LongestGap(moment).Length;

    /// <summary>The same, and when it ended.</summary>
    public (TimeSpan Length, TimeSpan End) LongestGap(TimeSpan after)
    {
        (TimeSpan Length, TimeSpan End) longest = default;
        TimeSpan previous = after;
        foreach (TimeSpan accepted in _acceptedAt.Where(time => time > after).Order())
        {
            longest = accepted - previous > longest.Length ? (accepted - previous, accepted) : longest;
            previous = accepted;
        }

        return longest;
    }

    /// <summary>Lets every client finish the job it is sending, until accepted.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running);
    }

    /// <summary>Takes what is finished, once at each of the nodes; gives how many came.</summary>
    public async Task<int> PullAsync(string key)
    {
        int pulled = 0;
        for (int turn = 0, nodes = _nodes.Length; turn < nodes; turn++)
        {
            pulled += await PullOnceAsync($"{key}, turn {turn}", turn);
        }

        return pulled;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task RunAsync(int client)
    {
        Random random = new(_options.Seed + client);
        for (int sequence = 0; !_stop.IsCancellationRequested; sequence++)
        {
            string key = string.Create(CultureInfo.InvariantCulture, $"client {client}, job {sequence}");
            LoadJob job = _options.NextJob(random, key);
            string id = await UntilAnsweredAsync(
                random.Next(),
                key,
                (node, cancellation) => node.EnqueueAsync(job.Body, job.Iterations, key, cancellation));
            _acceptedAt.Enqueue(Now);
            if (!_accepted.TryAdd(id, job.Result()))
            {
                throw new InvalidOperationException($"two jobs were given the id {id}");
            }

            if (_options.JobsPerPull > 0 && sequence % _options.JobsPerPull == _options.JobsPerPull - 1)
            {
                await PullOnceAsync($"{key}, pull", random.Next());
            }

            if (_options.Pause > TimeSpan.Zero)
            {
                await Task.Delay(_options.Pause, CancellationToken.None);
            }
        }
    }

    private async Task<int> PullOnceAsync(string key, int first)
    {
        IReadOnlyList<FinishedJob> batch = await UntilAnsweredAsync(
            first, key, (node, cancellation) => node.PullAsync(PullTop, key, cancellation));
        foreach (FinishedJob job in batch)
        {
            if (!_pulled.TryAdd(job.Id, job.Result))
            {
                _doubled.Enqueue(job.Id);
            }
        }

        return batch.Count;
    }

    private async Task<T> UntilAnsweredAsync<T>(int first, string key, Func<NodeApi, CancellationToken, Task<T>> ask)
    {
        long begin = Stopwatch.GetTimestamp();
        for (int attempt = 0; ; attempt++)
        {
            NodeApi[] nodes = _nodes;
            NodeApi node = nodes[(int)((uint)(first + attempt) % nodes.Length)];
            using CancellationTokenSource timeout = new(_options.AttemptTimeout);
            try
            {
                return await ask(node, timeout.Token);
            }
            catch (Exception failure) when (MayTryAgain(failure))
            {
                Interlocked.Increment(ref _retries);
                if (_failures.Count < 20)
                {
                    _failures.Enqueue($"{Now.TotalSeconds:F2} s, {node.Address}: {failure.Message}");
                }

                if (Stopwatch.GetElapsedTime(begin).TotalMilliseconds > GiveUpMs)
                {
                    throw new TimeoutException($"'{key}' was not accepted within {GiveUpMs} ms", failure);
                }

                await Task.Delay(RetryDelayMs, CancellationToken.None);
            }
        }
    }

    /// <summary>
    /// A broken connection, a time-out, and answers that ask to come again; any other refusal is a finding.
    /// </summary>
    private static bool MayTryAgain(Exception failure) => failure switch
    {
        OperationCanceledException or IOException or ObjectDisposedException => true,
        HttpRequestException { StatusCode: null } => true,
        HttpRequestException { StatusCode: HttpStatusCode.TooManyRequests } => true,
        HttpRequestException { StatusCode: { } status } => (int)status >= 500,
        _ => false,
    };
}

/// <summary>How <see cref="LoadClients"/> behave.</summary>
internal sealed record LoadOptions
{
    private const int IterationsMost = 400;

    /// <summary>Clients at once.</summary>
    public int Clients { get; init; } = 8;

    /// <summary>Of the first client; each has its own.</summary>
    public int Seed { get; init; }

    /// <summary>After this long an attempt counts as failed.</summary>
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Between two jobs of a client.</summary>
    public TimeSpan Pause { get; init; }

    /// <summary>A client takes results after this many jobs; 0: never.</summary>
    public int JobsPerPull { get; init; }

    /// <summary>The next job of a client; small ones unless said otherwise.</summary>
    public Func<Random, string, LoadJob> NextJob { get; init; } = static (random, key) =>
    {
        byte[] body = System.Text.Encoding.UTF8.GetBytes(key);
        ulong iterations = (ulong)random.Next(1, IterationsMost);
        return new LoadJob(body, iterations, () => HashChain.Result(body, iterations));
    };
}

/// <summary>A job to send, and how to find its right result.</summary>
internal sealed record LoadJob(byte[] Body, ulong Iterations, Func<string> Result);
