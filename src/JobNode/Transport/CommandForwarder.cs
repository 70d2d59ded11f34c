using System.Threading.Channels;
using JobNode.Commands;
using JobNode.Observability;

namespace JobNode.Transport;

/// <summary>
/// Puts commands through the cluster from any node: by the local proposer when this node leads, otherwise by the
/// leader's.
/// </summary>
internal sealed class CommandForwarder : ICommandProposer, IAsyncDisposable
{
    private readonly ICommandProposer _local;
    private readonly PeerConnections _connections;
    private readonly StatusBoard _board;
    private readonly PeerDirectory _directory;
    private readonly ILogger _logger;
    private readonly ProposalRetry _retry;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _gate = new();
    private ForwardStream? _stream;

    /// <summary>Makes a forwarder without streams; they open when needed.</summary>
    public CommandForwarder(
        ICommandProposer local,
        PeerConnections connections,
        StatusBoard board,
        PeerDirectory directory,
        ILogger logger,
        TimeProvider clock)
    {
        _local = local;
        _connections = connections;
        _board = board;
        _directory = directory;
        _logger = logger;
        _retry = new ProposalRetry(local, PassOnAsync, board, clock);
    }

    /// <inheritdoc/>
    public Task<Proposed> ProposeAsync(Command command, CancellationToken cancellation) =>
        _retry.ProposeAsync(command, cancellation);

    /// <summary>
    /// The leader's side of <see cref="PeerProtocol.ForwardPath"/>: proposes here and never passes on again, so that
    /// two nodes that each take the other for the leader cannot send a command in circles.
    /// </summary>
    /// <exception cref="InvalidDataException">A frame is no command; the stream is refused.</exception>
    public async Task AcceptAsync(NodeId from, DuplexStream stream, CancellationToken cancellation)
    {
        Invariant.That(from != NodeId.None, "a forwarded command has a sender");
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _stopping.Token);
        var answers = Channel.CreateBounded<ReadOnlyMemory<byte>>(
            new BoundedChannelOptions(ForwardProtocol.InFlightMax) { SingleReader = true });
        Task write = WriteAnswersAsync(stream.Output, answers.Reader, ended);
        using var slots = new SemaphoreSlim(ForwardProtocol.InFlightMax);
        try
        {
            var frames = new FrameStream(stream.Input, Stream.Null);
            while (await frames.ReadAsync(ended.Token) is { } frame)
            {
                (ulong correlation, Command command) = ForwardProtocol.DecodeQuestion(frame);
                await slots.WaitAsync(ended.Token);
                _ = AnswerAsync(correlation, command, answers.Writer, slots, ended);
            }
        }
        finally
        {
            // The sender is gone: nobody waits for the rest. Every slot back means that no answer is under way any
            // more.
            await ended.CancelAsync();
            for (int i = 0; i < ForwardProtocol.InFlightMax; i++)
            {
                await slots.WaitAsync(CancellationToken.None);
            }

            await write;
        }
    }

    /// <summary>Ends the streams; commands that wait end as <see cref="ResultCode.OutcomeUnknown"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        ForwardStream? stream;
        lock (_gate)
        {
            stream = _stream;
        }

        if (stream is not null)
        {
            await stream.Completion;
        }
    }

    private async Task<Proposed> PassOnAsync(Member leader, Command command, CancellationToken cancellation)
    {
        ForwardStream stream;
        lock (_gate)
        {
            if (_stopping.IsCancellationRequested)
            {
                return new Proposed(new CommandResult(ResultCode.Stopping), 0);
            }

            if (_stream is { WasRefused: true } refused)
            {
                _directory.Doubt(refused.Leader.Id, refused.Leader.Address);
            }

            string address = _directory.Find(leader.Id) ?? leader.Address;
            if (_stream is null || _stream.IsOver || _stream.Leader.Id != leader.Id
                || _stream.Leader.Address != address)
            {
                leader = leader with { Address = address };
                _stream = new ForwardStream(leader, _connections, _board, _logger, _stopping.Token);
            }

            stream = _stream;
        }

        Proposed answer = await stream.ProposeAsync(command, cancellation);
        // That the leader stops is not final as it would be for this node: nothing was logged, the next leader will do
        // it.
        return answer.Result.Code == ResultCode.Stopping
            ? new Proposed(new CommandResult(ResultCode.NotLeader), 0)
            : answer;
    }

    private async Task AnswerAsync(
        ulong correlation,
        Command command,
        ChannelWriter<ReadOnlyMemory<byte>> answers,
        SemaphoreSlim slots,
        CancellationTokenSource ended)
    {
        try
        {
            Proposed answer = await _local.ProposeAsync(command, ended.Token);
            await answers.WriteAsync(ForwardProtocol.EncodeAnswer(correlation, answer), ended.Token);
        }
        catch (OperationCanceledException)
        {
            // The stream is over; the sender takes the outcome for unknown.
        }
        catch (Exception error)
        {
            // A bug in the proposer: say so, and end the stream so that the sender does not wait for this answer.
            _logger.PeerHandlerFailed(error, PeerProtocol.ForwardPath, "a proposal");
            await ended.CancelAsync();
        }
        finally
        {
            slots.Release();
        }
    }

    private static async Task WriteAnswersAsync(
        Stream output, ChannelReader<ReadOnlyMemory<byte>> answers, CancellationTokenSource ended)
    {
        try
        {
            var frames = new FrameStream(Stream.Null, output);
            while (await answers.WaitToReadAsync(ended.Token))
            {
                while (answers.TryRead(out ReadOnlyMemory<byte> answer))
                {
                    await frames.WriteAsync(answer, ended.Token);
                }

                await frames.FlushAsync(ended.Token);
            }
        }
        catch (Exception error) when (error is IOException or OperationCanceledException)
        {
            // Answers that cannot be written make the stream useless: end the reading half, too.
            await ended.CancelAsync();
        }
    }
}
