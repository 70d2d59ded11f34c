using System.Text.Json;
using JobNode.Commands;
using JobNode.Observability;

namespace JobNode.Api;

/// <summary>
/// Looks at the cluster once a second, keeps its last hour and its last events, and tells those who follow
/// (<c>GET /events</c>). Thread-safe.
/// </summary>
/// <param name="readHere">The status as this node knows it by itself.</param>
/// <param name="readBest">The same, of a node without a state of its own as its leader knows it: only while somebody
/// follows.</param>
/// <param name="time">For the second, and for the time stamps.</param>
/// <param name="logger">For what fails.</param>
internal sealed class ClusterWatch(
    Func<CancellationToken, Task<StatusResponse>> readHere,
    Func<CancellationToken, Task<StatusResponse>> readBest,
    TimeProvider time,
    ILogger logger) : IAsyncDisposable
{
    /// <summary>Followers at once; past it the next one is told to come back.</summary>
    public const int FollowersMax = 64;

    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ReadPatience = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly HashSet<EventFollower> _followers = [];
    private readonly ClusterHistory _history = new();
    private readonly ClusterChronicle _chronicle = new();
    private readonly CancellationTokenSource _ending = new();
    private byte[]? _status;
    private bool _hasEnded;
    private Task _running = Task.CompletedTask;

    /// <summary>Looks once a second from now on.</summary>
    public void Start() => _running = RunAsync();

    /// <summary>Looks once and tells what is new.</summary>
    public async Task LookAsync()
    {
        if (await TryReadAsync() is not { } status)
        {
            return;
        }

        long nowMs = NowMs();
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(status, ApiJsonContext.Default.StatusResponse);
        ClusterSample sample = SampleOf(status, nowMs);
        ObservedCluster observed = ObservationOf(status);
        lock (_lock)
        {
            bool isNews = _status is null || !json.AsSpan().SequenceEqual(_status);
            _status = json;
            Tell(isNews ? EventText.Status(json) : EventText.NoNews);
            if (_history.Offer(sample))
            {
                Tell(EventText.History([sample], nowMs));
            }

            IReadOnlyList<ClusterEvent> happened = _chronicle.Observe(status.Node.Address, observed, nowMs);
            if (happened.Count > 0)
            {
                Tell(EventText.Log(happened));
            }
        }
    }

    /// <summary>
    /// One that is told everything from now on, after the hour and the events so far and the latest status; dispose it
    /// to stop. Null with the reason when there is no room, or the node stops.
    /// </summary>
    public EventFollower? Follow(out Problem? problem)
    {
        lock (_lock)
        {
            problem = _hasEnded
                ? Problems.From(ResultCode.Stopping)
                : _followers.Count >= FollowersMax
                    ? new Problem(
                        Problems.Overloaded,
                        $"{FollowersMax} pages and programs follow this node's events already; close one, or open the "
                        + "page of another node.")
                    : null;
            if (problem is not null)
            {
                return null;
            }

            var follower = new EventFollower(Forget);
            _followers.Add(follower);
            follower.Tell(EventText.History(_history.Samples, NowMs()));
            follower.Tell(EventText.Log(_chronicle.Events));
            follower.Tell(_status is { } status ? EventText.Status(status) : EventText.NoNews);
            return follower;
        }
    }

    /// <summary>The node stops: followers are told so, and nobody is let in any more.</summary>
    public void End()
    {
        lock (_lock)
        {
            _hasEnded = true;
            foreach (EventFollower follower in _followers)
            {
                follower.Tell(EventText.Farewell);
                follower.End();
            }

            _followers.Clear();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        End();
        await _ending.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ending.Dispose();
    }

    private static ClusterSample SampleOf(StatusResponse status, long atMs)
    {
        // Without a leader the last figures stay on the boards; a node without the log has no queue of its own.
        bool isKnown = status.Leader is not null;
        bool hasQueue = isKnown && status.AppliedIndex > 0;
        return new ClusterSample(
            atMs,
            isKnown ? status.IterationsPerSecondNow : null,
            isKnown ? status.IterationsPerSecond : null,
            hasQueue ? status.Queue.Pending : null,
            hasQueue ? status.Queue.Running : null,
            hasQueue ? status.Queue.Completed : null);
    }

    private static ObservedCluster ObservationOf(StatusResponse status) => new(
        status.Leader,
        status.Term,
        status.Nodes.ToDictionary(
            static node => node.Id,
            static node => new ObservedMember(node.Id, node.Address, node.Role, node.Alive)
            {
                IsDraining = node.Draining,
                Quarantine = node.Quarantine,
            },
            StringComparer.Ordinal));

    private long NowMs() => time.GetUtcNow().ToUnixTimeMilliseconds();

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(Every, time);
        do
        {
            await LookAsync();
        }
        while (await timer.WaitForNextTickAsync(_ending.Token));
    }

    /// <summary>Null when the node does not answer itself in time: followers hear nothing then, and see that.</summary>
    private async Task<StatusResponse?> TryReadAsync()
    {
        bool isFollowed;
        lock (_lock)
        {
            isFollowed = _followers.Count > 0;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_ending.Token);
        limit.CancelAfter(ReadPatience);
        try
        {
            return await (isFollowed ? readBest : readHere)(limit.Token).WaitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
        catch (Exception error)
        {
            // The edge of this loop: what is broken may be whole at the next look.
            logger.LookFailed(error);
            return null;
        }
    }

    /// <summary>Under the lock. Who does not read as fast as things happen is let go.</summary>
    private void Tell(byte[] message) => _followers.RemoveWhere(follower => !follower.Tell(message));

    private void Forget(EventFollower follower)
    {
        lock (_lock)
        {
            _followers.Remove(follower);
        }
    }
}
