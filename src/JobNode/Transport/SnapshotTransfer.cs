using System.Collections.Concurrent;
using System.Diagnostics;
using JobNode.Commands;
using JobNode.Consensus;
using JobNode.Observability;

namespace JobNode.Transport;

/// <summary>
/// Streams snapshot files. On the wire: the file in frames, an empty frame, the raft message that announces it; the
/// receiver answers with one byte when the file is verified, durable and handed to its consensus thread.
/// </summary>
internal sealed class SnapshotTransfer(
    PeerConnections connections, PeerDirectory directory, SnapshotStore store, ILogger logger) : IAsyncDisposable
{
    private const int ChunkBytes = 64 << 10;
    private const int ProgressEveryMs = 5000;
    private const byte Delivered = 1;

    // A chunk must move within this time: a peer that pings but does not read would keep the transfer for ever.
    private static readonly TimeSpan ChunkPatience = TimeSpan.FromSeconds(30);

    // After the last byte the receiver still verifies and syncs the whole file.
    private static readonly TimeSpan AnswerPatience = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<NodeId, Task> _outgoing = new();
    private readonly CancellationTokenSource _stopping = new();
    private IRaftInbox? _inbox;
    private int _receiving;

    /// <summary>Gives the consensus thread's inbox.</summary>
    public void Attach(IRaftInbox inbox) => Volatile.Write(ref _inbox, inbox);

    /// <summary>Starts a transfer; a second one to the same peer fails at once. Ends in ReportSnapshot.</summary>
    public void Send(NodeId to, byte[] message, ulong index)
    {
        IRaftInbox inbox = Volatile.Read(ref _inbox) ?? throw new InvariantException("the inbox is attached");
        var slot = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (_stopping.IsCancellationRequested || !_outgoing.TryAdd(to, slot.Task))
        {
            inbox.ReportSnapshot(to, delivered: false);
            return;
        }

        _ = Task.Run(async () =>
        {
            bool delivered = await TrySendAsync(to, message, index);
            _outgoing.TryRemove(to, out _);
            inbox.ReportSnapshot(to, delivered);
            slot.SetResult();
        });
    }

    /// <summary>Takes one snapshot in. A broken transfer leaves no file.</summary>
    /// <exception cref="InvalidDataException">The file or the order of frames is wrong.</exception>
    public async Task AcceptAsync(NodeId from, DuplexStream stream, CancellationToken cancellation)
    {
        IRaftInbox inbox = Volatile.Read(ref _inbox) ?? throw new IOException("this node is still starting");
        if (Interlocked.CompareExchange(ref _receiving, 1, 0) != 0)
        {
            throw new IOException("another snapshot is being received");
        }

        try
        {
            using IncomingSnapshot incoming = store.BeginReceive();
            var frames = new FrameStream(stream.Input, Stream.Null);
            while (await ReadFrameAsync(frames, cancellation) is { Length: > 0 } chunk)
            {
                incoming.Write(chunk);
            }

            byte[] message = await ReadFrameAsync(frames, cancellation);
            (SnapshotMetadata metadata, string fileName) = incoming.Complete();
            logger.SnapshotReceived(metadata.Index, incoming.ReceivedBytes, from.ToString());
            if (!inbox.ReceiveSnapshot(message, fileName))
            {
                store.Discard(fileName);
                throw new IOException("the consensus thread is too busy to take a snapshot");
            }

            await stream.Output.WriteAsync(new[] { Delivered }, cancellation);
            await stream.Output.FlushAsync(cancellation);
        }
        finally
        {
            Volatile.Write(ref _receiving, 0);
        }
    }

    /// <summary>Breaks what is under way.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_outgoing.Values);
        _stopping.Dispose();
    }

    private static async Task<byte[]> ReadFrameAsync(FrameStream frames, CancellationToken cancellation) =>
        await frames.ReadAsync(cancellation) ?? throw new EndOfStreamException("the snapshot ended too early");

    private async Task<bool> TrySendAsync(NodeId to, byte[] message, ulong index)
    {
        try
        {
            Member member = directory.FindMember(to)
                ?? throw new IOException("it is not a member of the cluster");
            logger.SnapshotSending(index, to.ToString());
            await SendAsync(member, message, index);
            return true;
        }
        catch (Exception error)
        {
            // Whatever went wrong (also a local file that cannot be read): raft must hear of it, or the peer stays
            // paused.
            logger.SnapshotFailed(index, to.ToString(), error.Message);
            return false;
        }
    }

    private async Task SendAsync(Member member, byte[] message, ulong index)
    {
        await using Stream file = store.OpenFile(index);
        await using DuplexStream stream =
            await connections.OpenAsync(member, PeerProtocol.SnapshotPath, _stopping.Token);
        using var stuck = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        var frames = new FrameStream(Stream.Null, stream.Output);
        byte[] chunk = new byte[ChunkBytes];
        long sentBytes = 0;
        long lastReport = Stopwatch.GetTimestamp();
        while (true)
        {
            stuck.CancelAfter(ChunkPatience);
            int length = await file.ReadAtLeastAsync(chunk, chunk.Length, throwOnEndOfStream: false, stuck.Token);
            await frames.WriteAsync(chunk.AsMemory(0, length), stuck.Token);
            sentBytes += length;
            if (length == 0)
            {
                break;
            }

            if (Stopwatch.GetElapsedTime(lastReport).TotalMilliseconds > ProgressEveryMs)
            {
                lastReport = Stopwatch.GetTimestamp();
                logger.SnapshotProgress(sentBytes, index, member.Id.ToString());
            }
        }

        await frames.WriteAsync(message, stuck.Token);
        await frames.FlushAsync(stuck.Token);
        stuck.CancelAfter(AnswerPatience);
        byte[] answer = new byte[1];
        await stream.Input.ReadExactlyAsync(answer, stuck.Token);
        if (answer[0] != Delivered)
        {
            throw new InvalidDataException($"{answer[0]} is not an answer to a snapshot");
        }

        logger.SnapshotSent(index, sentBytes, member.Id.ToString());
    }
}
