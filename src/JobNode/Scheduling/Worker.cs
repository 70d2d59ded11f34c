using JobNode.Commands;
using JobNode.Observability;
using JobNode.Transport;

namespace JobNode.Scheduling;

/// <summary>
/// A node's side of the work stream: follows the leader, whoever it is, this node included. While there is none the
/// hash threads go on with what is in hand; the next leader hears of it in the hello.
/// </summary>
/// <param name="capacity">What this node can do.</param>
/// <param name="hand">The jobs in hand.</param>
/// <param name="board">Who leads.</param>
/// <param name="workBoard">Where the leader's reports go.</param>
/// <param name="open">Opens a stream to the leader of this status.</param>
/// <param name="time">Clock and timers.</param>
/// <param name="logger">Log.</param>
/// <param name="jitter">Spreads the pauses; the shared source by default.</param>
/// <param name="traces">Follows some jobs; none by default.</param>
internal sealed class Worker(
    WorkerCapacity capacity,
    JobHand hand,
    StatusBoard board,
    WorkBoard workBoard,
    Func<ConsensusStatus, CancellationToken, Task<DuplexStream>> open,
    TimeProvider time,
    ILogger logger,
    Random? jitter = null,
    JobTraces? traces = null)
{
    private const int BackOffMsMin = 50;
    private const int BackOffMsMax = 1_000;
    private const int OpenTimeoutMs = 5_000;
    private const int NoLeaderPollMs = 500;

    private readonly RateMeter _rate = new(capacity.RatesAtStart, capacity.HashThreads);
    private volatile WorkerSession? _session;

    /// <summary>Follows the leader until cancelled; then shows the last progress of all in hand and leaves.</summary>
    public async Task RunAsync(CancellationToken leaving)
    {
        int backOffMs = BackOffMsMin;
        while (!leaving.IsCancellationRequested)
        {
            ConsensusStatus status = board.Current;
            if (status.Leader == NodeId.None)
            {
                await WaitForLeaderAsync(status, leaving);
                continue;
            }

            bool served = false;
            try
            {
                served = await FollowAsync(status, leaving);
            }
            catch (InvalidDataException exception)
            {
                logger.WorkStreamInvalid(status.Leader.ToString(), exception.Message);
            }
            catch (Exception exception) when (exception is IOException or HttpRequestException or TimeoutException)
            {
                logger.LeaderUnreachable(status.LeaderAddress ?? "?", exception.Message);
            }
            catch (OperationCanceledException exception)
            {
                logger.LeaderUnreachable(status.LeaderAddress ?? "?", exception.Message);
            }
            catch (Exception exception)
            {
                // The edge of the worker: whatever it was, the hand is intact and the next stream starts afresh.
                logger.WorkerFailed(exception.Message, exception);
            }

            backOffMs = served ? BackOffMsMin : Math.Min(backOffMs * 2, BackOffMsMax);
            await PauseAsync(backOffMs, leaving);
        }
    }

    /// <summary>Asks the leader where a job stands; null when it does not know or does not answer in time.</summary>
    public async ValueTask<ChainProgress?> AskProgressAsync(JobId id, CancellationToken cancellation) =>
        _session is { } session ? await session.AskProgressAsync(id, cancellation) : null;

    /// <summary>One stream, from opening to its end.</summary>
    /// <returns>True when the leader served it for a while.</returns>
    private async Task<bool> FollowAsync(ConsensusStatus status, CancellationToken leaving)
    {
        DuplexStream stream;
        using (var impatience = new CancellationTokenSource(TimeSpan.FromMilliseconds(OpenTimeoutMs), time))
        using (var either = CancellationTokenSource.CreateLinkedTokenSource(leaving, impatience.Token))
        {
            stream = await open(status, either.Token);
        }

        await using var work = new WorkStream(stream);
        var session = new WorkerSession(
            work, capacity, hand, _rate, workBoard, time, traces ?? JobTraces.Off);
        _session = session;
        try
        {
            await session.RunAsync(board.WaitForLeaderChangeAsync, status, leaving);
        }
        finally
        {
            _session = null;
        }

        return session.WasServed;
    }

    private async Task WaitForLeaderAsync(ConsensusStatus seen, CancellationToken leaving)
    {
        using var poll = new CancellationTokenSource(TimeSpan.FromMilliseconds(NoLeaderPollMs), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(leaving, poll.Token);
        try
        {
            await board.WaitForChangeAsync(seen, either.Token);
        }
        catch (OperationCanceledException)
        {
            // Look again, or end.
        }
    }

    private async Task PauseAsync(int backOffMs, CancellationToken leaving)
    {
        try
        {
            // Jitter: all workers lose a leader at the same moment and should not come to the next one in step.
            int pauseMs = (backOffMs / 2) + (jitter ?? Random.Shared).Next(backOffMs);
            await Task.Delay(TimeSpan.FromMilliseconds(pauseMs), time, leaving);
        }
        catch (OperationCanceledException)
        {
            // The loop ends.
        }
    }
}

/// <summary>What a node can do.</summary>
/// <param name="HashThreads">Hash threads; 0 for a node that only stores and answers.</param>
/// <param name="Lanes">Chains at once, over all of its threads.</param>
/// <param name="RatesAtStart">What the kernel measured at start, for all threads.</param>
/// <param name="KernelPath">scalar, avx2 or avx512.</param>
internal sealed record WorkerCapacity(int HashThreads, int Lanes, HashRates RatesAtStart, string KernelPath);
