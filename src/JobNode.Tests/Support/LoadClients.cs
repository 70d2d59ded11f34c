using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;

namespace JobNode.Tests.Support;

/// <summary>
/// Clients that send small jobs to the nodes in turn, each under an idempotency key, and send one again elsewhere until
/// it is accepted: what a careful client does. They note what was accepted, its right result, and when.
/// </summary>
internal sealed class LoadClients : IAsyncDisposable
{
    private const int Clients = 8;
    private const int IterationsMost = 400;
    private const int AttemptTimeoutMs = 2_000;
    private const int RetryDelayMs = 20;
    private const int GiveUpMs = 60_000;

    private readonly IReadOnlyList<NodeApi> _nodes;
    private readonly ConcurrentDictionary<string, string> _accepted = new();
    private readonly ConcurrentQueue<TimeSpan> _acceptedAt = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly long _begin = Stopwatch.GetTimestamp();
    private readonly Task[] _running;
    private int _retries;

    /// <summary>Starts eight clients at once.</summary>
    public LoadClients(IReadOnlyList<NodeProcess> nodes)
    {
        _nodes = [.. nodes.Select(node => new NodeApi(node.Api.Address))];
        _running = [.. Enumerable.Range(0, Clients).Select(client => Task.Run(() => RunAsync(client)))];
    }

    /// <summary>Right result by id of every accepted job.</summary>
    public IReadOnlyDictionary<string, string> Accepted => _accepted;

    /// <summary>Attempts that had to be repeated.</summary>
    public int Retries => _retries;

    /// <summary>Time since the clients began.</summary>
    public TimeSpan Now => Stopwatch.GetElapsedTime(_begin);

    /// <summary>
    /// The longest time within which no client got any job accepted, of those that end after a moment.
    /// </summary>
    public TimeSpan LongestGapAfter(TimeSpan moment)
    {
        TimeSpan longest = TimeSpan.Zero;
        TimeSpan previous = moment;
        foreach (TimeSpan accepted in _acceptedAt.Where(time => time > moment).Order())
        {
            longest = accepted - previous > longest ? accepted - previous : longest;
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

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (NodeApi node in _nodes)
        {
            node.Dispose();
        }

        _stop.Dispose();
    }

    private async Task RunAsync(int client)
    {
        Random random = new(client);
        for (int sequence = 0; !_stop.IsCancellationRequested; sequence++)
        {
            string key = string.Create(CultureInfo.InvariantCulture, $"client {client}, job {sequence}");
            byte[] body = Encoding.UTF8.GetBytes(key);
            ulong iterations = (ulong)random.Next(1, IterationsMost);
            string id = await SendUntilAcceptedAsync(body, iterations, key, random.Next(_nodes.Count));
            _acceptedAt.Enqueue(Now);
            if (!_accepted.TryAdd(id, HashChain.Result(body, iterations)))
            {
                throw new InvalidOperationException($"two jobs were given the id {id}");
            }
        }
    }

    private async Task<string> SendUntilAcceptedAsync(byte[] body, ulong iterations, string key, int first)
    {
        long begin = Stopwatch.GetTimestamp();
        for (int attempt = 0; ; attempt++)
        {
            using CancellationTokenSource timeout = new(AttemptTimeoutMs);
            try
            {
                NodeApi node = _nodes[(first + attempt) % _nodes.Count];
                return await node.EnqueueAsync(body, iterations, key, timeout.Token);
            }
            catch (Exception failure) when (MayTryAgain(failure))
            {
                Interlocked.Increment(ref _retries);
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
        OperationCanceledException or IOException => true,
        HttpRequestException { StatusCode: null } => true,
        HttpRequestException { StatusCode: HttpStatusCode.TooManyRequests } => true,
        HttpRequestException { StatusCode: { } status } => (int)status >= 500,
        _ => false,
    };
}
