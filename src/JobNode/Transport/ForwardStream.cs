using System.Collections.Concurrent;
using System.Threading.Channels;
using JobNode.Commands;
using JobNode.Observability;

namespace JobNode.Transport;

/// <summary>
/// One stream of commands to one leader: many in flight, answers in any order. It ends when it breaks or when that node
/// is no longer the leader; then everything unanswered is <see cref="ResultCode.OutcomeUnknown"/>, or
/// <see cref="ResultCode.NotLeader"/> when it cannot have been sent.
/// </summary>
internal sealed class ForwardStream
{
    private static readonly Proposed Unknown = new(new CommandResult(ResultCode.OutcomeUnknown), 0);
    private static readonly Proposed NeverSent = new(new CommandResult(ResultCode.NotLeader), 0);
    private static readonly Proposed TooMany = new(new CommandResult(ResultCode.Overloaded), 0);

    private readonly PeerConnections _connections;
    private readonly StatusBoard _board;
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<ulong, TaskCompletionSource<Proposed>> _waiting = new();
    private readonly Channel<ReadOnlyMemory<byte>> _questions = Channel.CreateBounded<ReadOnlyMemory<byte>>(
        new BoundedChannelOptions(ForwardProtocol.InFlightMax) { SingleReader = true });

    private readonly CancellationTokenSource _ended;
    private ulong _lastCorrelation;
    private int _inFlight;
    private bool _opened;

    /// <summary>Starts to connect.</summary>
    public ForwardStream(
        Member leader, PeerConnections connections, StatusBoard board, ILogger logger, CancellationToken stopping)
    {
        Leader = leader;
        _connections = connections;
        _board = board;
        _logger = logger;
        _ended = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        Completion = Task.Run(RunAsync, CancellationToken.None);
    }

    /// <summary>Where it goes.</summary>
    public Member Leader { get; }

    /// <summary>Completes when everything is cleaned up.</summary>
    public Task Completion { get; }

    /// <summary>True once it ends: then a new one is needed.</summary>
    public bool IsOver => _ended.IsCancellationRequested || Completion.IsCompleted;

    /// <summary>True when it ended before it was open.</summary>
    public bool WasRefused => IsOver && !Volatile.Read(ref _opened);

    /// <summary>Sends a command and awaits its answer.</summary>
    public async Task<Proposed> ProposeAsync(Command command, CancellationToken cancellation)
    {
        if (Interlocked.Increment(ref _inFlight) > ForwardProtocol.InFlightMax)
        {
            Interlocked.Decrement(ref _inFlight);
            return TooMany;
        }

        ulong correlation = Interlocked.Increment(ref _lastCorrelation);
        var answer = new TaskCompletionSource<Proposed>(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            bool added = _waiting.TryAdd(correlation, answer);
            Invariant.That(added, "correlation ids are never used twice");
            if (!_questions.Writer.TryWrite(ForwardProtocol.EncodeQuestion(correlation, command)))
            {
                return IsOver ? NeverSent : TooMany;
            }

            return await answer.Task.WaitAsync(cancellation);
        }
        finally
        {
            _waiting.TryRemove(correlation, out _);
            Interlocked.Decrement(ref _inFlight);
        }
    }

    private async Task RunAsync()
    {
        string reason = "the stream ended";
        Task watch = EndWhenDeposedAsync();
        try
        {
            await using DuplexStream stream =
                await _connections.OpenAsync(Leader, PeerProtocol.ForwardPath, _ended.Token);
            _logger.ForwardStreamOpen(Leader.Address);
            Volatile.Write(ref _opened, true);
            Task write = WriteAsync(stream.Output);
            try
            {
                await ReadAsync(new FrameStream(stream.Input, Stream.Null));
            }
            finally
            {
                await _ended.CancelAsync();
                await write;
            }
        }
        catch (Exception error)
        {
            // Whatever it was, those who wait must hear of it.
            reason = error is OperationCanceledException ? "it no longer leads, or this node stops" : error.Message;
        }
        finally
        {
            await _ended.CancelAsync();
            await watch;
            FailAll(reason);
            // It is linked to the forwarder's stop, which lives longer.
            _ended.Dispose();
        }
    }

    private async Task WriteAsync(Stream output)
    {
        try
        {
            var frames = new FrameStream(Stream.Null, output);
            while (await _questions.Reader.WaitToReadAsync(_ended.Token))
            {
                while (_questions.Reader.TryRead(out ReadOnlyMemory<byte> question))
                {
                    await frames.WriteAsync(question, _ended.Token);
                }

                await frames.FlushAsync(_ended.Token);
            }
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The reading half sees the same end and tells why; it must not wait for answers that cannot come.
            await _ended.CancelAsync();
        }
    }

    private async Task ReadAsync(FrameStream frames)
    {
        while (await frames.ReadAsync(_ended.Token) is { } frame)
        {
            (ulong correlation, Proposed answer) = ForwardProtocol.DecodeAnswer(frame);
            // An answer that nobody waits for belongs to a caller that gave up.
            if (_waiting.TryGetValue(correlation, out TaskCompletionSource<Proposed>? waiting))
            {
                waiting.TrySetResult(answer);
            }
        }
    }

    /// <summary>A leader that hangs answers nothing for long; the election of another one ends the wait.</summary>
    private async Task EndWhenDeposedAsync()
    {
        try
        {
            ConsensusStatus seen = _board.Current;
            while (seen.Leader == Leader.Id)
            {
                seen = await _board.WaitForChangeAsync(seen, _ended.Token);
            }

            await _ended.CancelAsync();
        }
        catch (OperationCanceledException)
        {
            // The stream ended first.
        }
    }

    private void FailAll(string reason)
    {
        // From here on TryWrite fails; what got in before it is answered now, so nobody waits for ever.
        _questions.Writer.Complete();
        Proposed fate = Volatile.Read(ref _opened) ? Unknown : NeverSent;
        int failed = 0;
        foreach (TaskCompletionSource<Proposed> waiting in _waiting.Values)
        {
            failed += waiting.TrySetResult(fate) ? 1 : 0;
        }

        if (Volatile.Read(ref _opened))
        {
            _logger.ForwardStreamLost(Leader.Address, reason, failed);
        }
        else
        {
            _logger.ForwardStreamNotOpened(Leader.Address, reason, failed);
        }

        Invariant.That(_ended.IsCancellationRequested, "a failed stream has ended");
    }
}
