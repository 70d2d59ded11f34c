using System.Threading.Channels;
using JobNode.Commands;
using JobNode.Consensus;
using JobNode.Observability;

namespace JobNode.Transport;

/// <summary>
/// The way to one peer: a bounded queue and a task that keeps a raft stream open and writes the queue to it.
/// </summary>
internal sealed class PeerSender
{
    /// <summary>Messages that may wait.</summary>
    public const int QueuedMessagesMax = 4096;

    /// <summary>Bytes that may wait: the core keeps 256 messages of up to 1 MiB in flight at most.</summary>
    public const long QueuedBytesMax = 64 << 20;

    private const int BackoffFirstMs = 50;
    private const int BackoffLastMs = 1000;

    private readonly NodeId _peer;
    private readonly PeerConnections _connections;
    private readonly PeerDirectory _directory;
    private readonly IRaftInbox _inbox;
    private readonly ILogger _logger;
    private readonly CancellationToken _stopping;
    private readonly Channel<byte[]> _queue = Channel.CreateBounded<byte[]>(
        new BoundedChannelOptions(QueuedMessagesMax) { SingleReader = true });

    private long _queuedBytes;
    private bool _full;
    private bool _lost;

    /// <summary>Starts the task; it connects when there is something to send.</summary>
    public PeerSender(
        NodeId peer,
        PeerConnections connections,
        PeerDirectory directory,
        IRaftInbox inbox,
        ILogger logger,
        CancellationToken stopping)
    {
        _peer = peer;
        _connections = connections;
        _directory = directory;
        _inbox = inbox;
        _logger = logger;
        _stopping = stopping;
        Completion = Task.Run(RunAsync, CancellationToken.None);
    }

    /// <summary>Ends after the stop.</summary>
    public Task Completion { get; }

    /// <summary>Queues a message or, when the queue is full, drops it and says so once. Never blocks.</summary>
    public void Post(byte[] message)
    {
        bool fits = Interlocked.Add(ref _queuedBytes, message.Length) <= QueuedBytesMax;
        if (fits && _queue.Writer.TryWrite(message))
        {
            return;
        }

        Interlocked.Add(ref _queuedBytes, -message.Length);
        if (!Interlocked.Exchange(ref _full, true))
        {
            _logger.PeerQueueFull(_peer.ToString());
            _inbox.ReportUnreachable(_peer);
        }
    }

    private async Task RunAsync()
    {
        var backoff = new Backoff(BackoffFirstMs, BackoffLastMs);
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await _queue.Reader.WaitToReadAsync(_stopping);
                await SendUntilBrokenAsync(backoff);
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                // Any failure at all: a sender that ended silently would cut this peer off for ever.
                ReportLost(error.Message);
                DropQueue();
                await Task.Delay(backoff.Next(), _stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task SendUntilBrokenAsync(Backoff backoff)
    {
        Member member = _directory.FindMember(_peer) ?? throw new IOException("it is not a member of the cluster");
        await using DuplexStream stream = await OpenAsync(member);
        _logger.PeerConnected(member.Address, _peer.ToString());
        Volatile.Write(ref _lost, false);
        using var broken = CancellationTokenSource.CreateLinkedTokenSource(_stopping);
        Task watch = CancelWhenClosedAsync(stream.Input, broken);
        try
        {
            await WriteQueueAsync(stream.Output, backoff, broken.Token);
        }
        catch (OperationCanceledException error) when (!_stopping.IsCancellationRequested)
        {
            throw new IOException("the stream broke", error);
        }
        finally
        {
            await broken.CancelAsync();
            await watch;
        }
    }

    private async Task<DuplexStream> OpenAsync(Member member)
    {
        try
        {
            return await _connections.OpenAsync(member, PeerProtocol.RaftPath, _stopping);
        }
        catch (IOException)
        {
            _directory.Doubt(_peer, member.Address);
            throw;
        }
    }

    private async Task WriteQueueAsync(Stream output, Backoff backoff, CancellationToken broken)
    {
        // Messages that wait together leave together: flushed when nothing more waits.
        var frames = new FrameStream(Stream.Null, output);
        while (await _queue.Reader.WaitToReadAsync(broken))
        {
            while (_queue.Reader.TryRead(out byte[]? message))
            {
                Interlocked.Add(ref _queuedBytes, -message.Length);
                await frames.WriteAsync(message, broken);
            }

            await frames.FlushAsync(broken);
            Volatile.Write(ref _full, false);
            backoff.Reset();
        }
    }

    /// <summary>The other side never sends: the end of its half is the first sign that the stream is gone.</summary>
    private static async Task CancelWhenClosedAsync(Stream input, CancellationTokenSource broken)
    {
        try
        {
            _ = await input.ReadAsync(new byte[1], broken.Token);
        }
        catch (Exception error) when (error is IOException or OperationCanceledException)
        {
            // Closed in another way; what matters is that it is closed.
        }

        await broken.CancelAsync();
    }

    private void ReportLost(string reason)
    {
        if (!Volatile.Read(ref _lost))
        {
            _logger.PeerLost(_directory.Find(_peer) ?? "a node", _peer.ToString(), reason);
        }

        Volatile.Write(ref _lost, true);
        _inbox.ReportUnreachable(_peer);
    }

    private void DropQueue()
    {
        while (_queue.Reader.TryRead(out byte[]? message))
        {
            Interlocked.Add(ref _queuedBytes, -message.Length);
        }

        Volatile.Write(ref _full, false);
        Invariant.That(Interlocked.Read(ref _queuedBytes) >= 0, "no more bytes leave the queue than entered it");
    }
}
