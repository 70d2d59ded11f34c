using JobNode.Observability;

namespace JobNode.Consensus;

/// <summary>
/// The one thread that owns a <see cref="RaftLoop"/>; disposing it hands leadership over and stops the loop in order.
/// </summary>
internal sealed class RaftThread : IAsyncDisposable
{
    /// <summary>A handover takes a few round trips; when it does not work out, the others hold an election.</summary>
    private static readonly TimeSpan _handoverPatience = TimeSpan.FromSeconds(1);

    private readonly RaftLoop _loop;
    private readonly ILogger _logger;
    private readonly Action<Exception> _failed;
    private readonly Thread _thread;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isStarted;

    /// <summary>Takes the loop over; it is disposed when the thread ends.</summary>
    /// <param name="loop">The loop.</param>
    /// <param name="logger">Log.</param>
    /// <param name="failed">Told what ended the loop, when that was not in order.</param>
    public RaftThread(RaftLoop loop, ILogger logger, Action<Exception> failed)
    {
        _loop = loop;
        _logger = logger;
        _failed = failed;
        _thread = new Thread(Run) { Name = "raft", IsBackground = true };
    }

    /// <summary>Completes when the loop ended: because it was asked to, or because something fatal happened.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Starts the loop.</summary>
    public void Start()
    {
        _isStarted = true;
        _thread.Start();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_isStarted && !_ended.Task.IsCompleted)
        {
            await _loop.HandOverAsync(_handoverPatience);
        }

        await _stop.CancelAsync();
        if (_isStarted)
        {
            await Task.Run(_thread.Join);
        }
        else
        {
            _loop.Dispose();
        }

        _stop.Dispose();
    }

    private void Run()
    {
        using (_loop)
        {
            using var heartbeats = new Timer(
                static loop => ((RaftLoop)loop!).RepeatHeartbeats(), _loop, _loop.RepeatEveryMs, _loop.RepeatEveryMs);
            try
            {
                _loop.Run(_stop.Token);
            }
            catch (Exception error)
            {
                // Fail-stop: the loop has answered its callers; going on could lose what was promised. The host sees
                // Ended.
                _logger.RaftThreadFailed(error);
                Tell(error);
            }
        }

        _ended.SetResult();
    }

    private void Tell(Exception error)
    {
        try
        {
            _failed(error);
        }
        catch (IOException unwritten)
        {
            _logger.RaftThreadFailed(unwritten);
        }
    }
}
