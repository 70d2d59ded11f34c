using JobNode.Commands;
using JobNode.Observability;

namespace JobNode.Transport;

/// <summary>
/// Passes calls of the API to the leader, for nodes that cannot answer them: one stream per call, the call in one
/// frame, the answer in one frame.
/// </summary>
/// <param name="connections">Opens the streams.</param>
/// <param name="board">Who leads.</param>
/// <param name="directory">Where it is.</param>
/// <param name="serve">Answers a call that another node passed on; never passes it on again.</param>
/// <param name="clock">For the waiting.</param>
/// <param name="logger">For what does not get through.</param>
internal sealed class CallForwarder(
    PeerConnections connections,
    StatusBoard board,
    PeerDirectory directory,
    Func<PassedCall, CancellationToken, Task<PassedAnswer>> serve,
    TimeProvider clock,
    ILogger logger)
{
    private const int BackoffFirstMs = 20;
    private const int BackoffLastMs = 500;

    /// <summary>
    /// Passes a call to the leader, to the next one should leadership move. One that is not repeatable is sent again
    /// only when it cannot have been served.
    /// </summary>
    /// <param name="call">What to ask.</param>
    /// <param name="patience">How long to look for a leader that answers; waiting for its answer does not
    /// count.</param>
    /// <param name="cancellation">The client went away.</param>
    public async Task<PassedOutcome> PassAsync(PassedCall call, TimeSpan patience, CancellationToken cancellation)
    {
        long started = clock.GetTimestamp();
        long? failingSince = null;
        var backoff = new Backoff(BackoffFirstMs, BackoffLastMs);
        while (true)
        {
            ConsensusStatus seen = board.Current;
            if (seen.IsLeader)
            {
                return new PassedOutcome(PassedFate.LeadsHere, null);
            }

            if (directory.FindMember(seen.Leader) is { } leader && leader.Id != seen.Self)
            {
                PassedCall now = call with { Elapsed = clock.GetElapsedTime(started) };
                PassedOutcome outcome = await TryAsync(leader, now, seen, cancellation);
                if (outcome.Fate == PassedFate.Answered || (outcome.Fate == PassedFate.Lost && !call.IsRepeatable))
                {
                    return outcome;
                }
            }

            failingSince ??= clock.GetTimestamp();
            TimeSpan left = patience - clock.GetElapsedTime(failingSince.Value);
            if (left <= TimeSpan.Zero)
            {
                return new PassedOutcome(PassedFate.NoLeader, null);
            }

            TimeSpan pause = backoff.Next();
            await WaitAsync(seen, pause < left ? pause : left, cancellation);
        }
    }

    /// <summary>The leader's side of <see cref="PeerProtocol.CallPath"/>.</summary>
    /// <exception cref="InvalidDataException">What came is no call.</exception>
    public async Task AcceptAsync(NodeId from, DuplexStream stream, CancellationToken cancellation)
    {
        Invariant.That(from != NodeId.None, "a passed call has a sender");
        var frames = new FrameStream(stream.Input, stream.Output);
        if (await frames.ReadAsync(cancellation) is not { } frame)
        {
            return;
        }

        PassedAnswer answer = await serve(CallProtocol.DecodeCall(frame), cancellation);
        await frames.WriteAsync(CallProtocol.EncodeAnswer(answer), cancellation);
        await frames.FlushAsync(cancellation);
    }

    private async Task<PassedOutcome> TryAsync(
        Member leader, PassedCall call, ConsensusStatus seen, CancellationToken cancellation)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        // A leader that hangs answers nothing; the election of another one ends the wait. A call that moves leadership
        // itself is still answered by the one that had it.
        Task watch = call.IsRepeatable ? EndWhenDeposedAsync(leader.Id, seen, ended) : Task.CompletedTask;
        bool maybeServed = false;
        try
        {
            await using DuplexStream stream = await connections.OpenAsync(leader, PeerProtocol.CallPath, ended.Token);
            var frames = new FrameStream(stream.Input, stream.Output);
            maybeServed = true;
            await frames.WriteAsync(CallProtocol.EncodeCall(call), ended.Token);
            await frames.FlushAsync(ended.Token);
            byte[] frame = await frames.ReadAsync(ended.Token)
                ?? throw new EndOfStreamException("the stream ended before the answer");
            PassedAnswer answer = CallProtocol.DecodeAnswer(frame);
            return new PassedOutcome(answer.IsMisdirected ? PassedFate.NoLeader : PassedFate.Answered, answer);
        }
        catch (Exception error) when (error is IOException or InvalidDataException or OperationCanceledException)
        {
            cancellation.ThrowIfCancellationRequested();
            logger.CallNotPassed(leader.Address, error.Message);
            return new PassedOutcome(maybeServed ? PassedFate.Lost : PassedFate.NoLeader, null);
        }
        finally
        {
            await ended.CancelAsync();
            await watch;
        }
    }

    private async Task EndWhenDeposedAsync(NodeId leader, ConsensusStatus seen, CancellationTokenSource ended)
    {
        try
        {
            while (seen.Leader == leader)
            {
                seen = await board.WaitForChangeAsync(seen, ended.Token);
            }

            await ended.CancelAsync();
        }
        catch (OperationCanceledException)
        {
            // The call ended first.
        }
    }

    private async Task WaitAsync(ConsensusStatus seen, TimeSpan atMost, CancellationToken cancellation)
    {
        using var pause = new CancellationTokenSource(atMost, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, pause.Token);
        try
        {
            await board.WaitForChangeAsync(seen, either.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // The pause is over.
        }
    }
}

/// <summary>A call of the API on its way to the leader; none of those that are passed on has a body.</summary>
/// <param name="Method">GET, HEAD, POST or DELETE.</param>
/// <param name="Target">Path and query as the client sent them.</param>
/// <param name="Elapsed">How long the client has waited already: it counts towards what it is willing to wait.</param>
internal sealed record PassedCall(string Method, string Target, TimeSpan Elapsed)
{
    /// <summary>Serving it twice is the same as serving it once.</summary>
    public bool IsRepeatable => Method is "GET" or "HEAD";
}

/// <summary>The leader's answer.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="ContentType">Of the body.</param>
/// <param name="RetryAfterSeconds">For the header of that name; 0 for none.</param>
/// <param name="Body">The whole of it.</param>
internal sealed record PassedAnswer(int Status, string ContentType, int RetryAfterSeconds, ReadOnlyMemory<byte> Body)
{
    /// <summary>The receiver cannot answer either: it does not lead, or not yet.</summary>
    public static PassedAnswer Misdirected { get; } =
        new(StatusCodes.Status421MisdirectedRequest, "text/plain", 0, ReadOnlyMemory<byte>.Empty);

    /// <summary>True for <see cref="Misdirected"/>.</summary>
    public bool IsMisdirected => Status == StatusCodes.Status421MisdirectedRequest;
}

/// <summary>What became of a call that was passed on; an answer when it was answered.</summary>
internal sealed record PassedOutcome(PassedFate Fate, PassedAnswer? Answer);

/// <summary>How passing a call on ended.</summary>
internal enum PassedFate
{
    /// <summary>The leader answered.</summary>
    Answered = 0,

    /// <summary>No leader could be reached; the call was not served.</summary>
    NoLeader = 1,

    /// <summary>The leader was lost after it got the call: it may have been served or not.</summary>
    Lost = 2,

    /// <summary>This node leads now: the call is to be served here.</summary>
    LeadsHere = 3,
}
