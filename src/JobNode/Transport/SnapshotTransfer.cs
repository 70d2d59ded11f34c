using System.Collections.Concurrent;
using System.Diagnostics;
using JobNode.Commands;
using JobNode.Consensus;
using JobNode.Consensus.Log;
using JobNode.Observability;

namespace JobNode.Transport;

/// <summary>
/// Streams snapshot files. On the wire: which file it is, and back how much of it the receiver has already; then the
/// rest of the file in frames, an empty frame, and the raft message that announces it; the receiver answers with one
/// byte when the whole file is verified, durable and handed to its consensus thread.
/// </summary>
internal sealed class SnapshotTransfer(
    PeerConnections connections,
    PeerDirectory directory,
    SnapshotStore store,
    ILogger logger,
    NodeConditions? conditions = null) : IAsyncDisposable
{
    private const int ChunkBytes = 64 << 10;
    private const int ProgressEveryMs = 5000;
    private const int RetryFirstMs = 20;
    private const int RetryLastMs = 10_000;
    private const byte Delivered = 1;

    // A chunk must move within this time: a peer that pings but does not read would keep the transfer for ever.
    private static readonly TimeSpan ChunkPatience = TimeSpan.FromSeconds(30);

    // After the last byte the receiver still verifies and syncs the whole file.
    private static readonly TimeSpan AnswerPatience = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<NodeId, Task> _outgoing = new();
    private readonly ConcurrentDictionary<NodeId, Backoff> _backoffs = new();
    private readonly PartialSnapshot _partial = new(store);
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
            await PauseAsync(to, delivered);
            _outgoing.TryRemove(to, out _);
            inbox.ReportSnapshot(to, delivered);
            slot.SetResult();
        });
    }

    /// <summary>
    /// Takes one snapshot in. What a broken transfer brought is kept for a while, and the next one of the same file
    /// goes on behind it.
    /// </summary>
    /// <exception cref="InvalidDataException">The file or the order of frames is wrong; nothing is kept.</exception>
    public async Task AcceptAsync(NodeId from, DuplexStream stream, CancellationToken cancellation)
    {
        IRaftInbox inbox = Volatile.Read(ref _inbox) ?? throw new IOException("this node is still starting");
        if (Interlocked.CompareExchange(ref _receiving, 1, 0) != 0)
        {
            throw new IOException("another snapshot is being received");
        }

        try
        {
            var frames = new FrameStream(stream.Input, stream.Output);
            SnapshotOpening opening = SnapshotOpening.Decode(await ReadFrameAsync(frames, cancellation));
            (byte[] message, string fileName) = await ReceiveAsync(from, opening, frames, cancellation);
            conditions?.Clear(NodeCondition.SnapshotFailed);
            if (!inbox.ReceiveSnapshot(message, fileName))
            {
                store.Discard(fileName);
                throw new IOException("the consensus thread is too busy to take a snapshot");
            }

            await stream.Output.WriteAsync(new[] { Delivered }, cancellation);
            await stream.Output.FlushAsync(cancellation);
        }
        catch (StorageException error)
        {
            conditions?.Raise(
                NodeCondition.SnapshotFailed,
                $"The leader's snapshot could not be taken in, so this node stays behind: {error.Message} The leader "
                + "tries again.");
            throw;
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
        _partial.Dispose();
        _stopping.Dispose();
    }

    /// <summary>
    /// Raft tries again at once what failed: a receiver whose disk is full would be asked ten times a second.
    /// </summary>
    private async Task PauseAsync(NodeId to, bool delivered)
    {
        if (delivered)
        {
            _backoffs.TryRemove(to, out _);
            return;
        }

        Backoff backoff = _backoffs.GetOrAdd(to, static _ => new Backoff(RetryFirstMs, RetryLastMs));
        await Task.Delay(backoff.Next(), _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
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

    /// <summary>
    /// The bytes behind those that are there already, then the announcing message; the whole file is verified.
    /// </summary>
    private async Task<(byte[] Message, string FileName)> ReceiveAsync(
        NodeId from, SnapshotOpening opening, FrameStream frames, CancellationToken cancellation)
    {
        IncomingSnapshot incoming = _partial.Begin(opening);
        try
        {
            await frames.WriteAsync(SnapshotOpening.EncodeOffset(incoming.ReceivedBytes), cancellation);
            await frames.FlushAsync(cancellation);
            while (await ReadFrameAsync(frames, cancellation) is { Length: > 0 } chunk)
            {
                if (chunk.Length > opening.LengthBytes - incoming.ReceivedBytes)
                {
                    throw new InvalidDataException("more bytes of a snapshot came than were announced");
                }

                incoming.Write(chunk);
            }

            byte[] message = await ReadFrameAsync(frames, cancellation);
            (SnapshotMetadata metadata, string fileName) = incoming.Complete();
            logger.SnapshotReceived(metadata.Index, incoming.ReceivedBytes, from.ToString());
            _partial.Drop();
            return (message, fileName);
        }
        catch (Exception error)
        {
            // A line that broke says nothing against the bytes that came over it; all else does.
            bool isLine = error is OperationCanceledException
                || (error is IOException && error is not (StorageException or SnapshotDamagedException));
            _partial.End(keep: isLine);
            throw;
        }
    }

    private async Task SendAsync(Member member, byte[] message, ulong index)
    {
        await using Stream file = store.OpenFile(index);
        SnapshotOpening opening = SnapshotOpening.Of(index, file);
        await using DuplexStream stream =
            await connections.OpenAsync(member, PeerProtocol.SnapshotPath, _stopping.Token);
        using var stuck = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        var frames = new FrameStream(stream.Input, stream.Output);
        stuck.CancelAfter(ChunkPatience);
        await frames.WriteAsync(opening.Encode(), stuck.Token);
        await frames.FlushAsync(stuck.Token);
        long offset = opening.DecodeOffset(await ReadFrameAsync(frames, stuck.Token));
        if (offset > 0)
        {
            logger.SnapshotResumed(index, member.Id.ToString(), offset, opening.LengthBytes);
        }

        file.Position = offset;
        await SendFileAsync(file, frames, member.Id, index, stuck);
        await frames.WriteAsync(message, stuck.Token);
        await frames.FlushAsync(stuck.Token);
        stuck.CancelAfter(AnswerPatience);
        byte[] answer = new byte[1];
        await stream.Input.ReadExactlyAsync(answer, stuck.Token);
        if (answer[0] != Delivered)
        {
            throw new InvalidDataException($"{answer[0]} is not an answer to a snapshot");
        }

        logger.SnapshotSent(index, opening.LengthBytes - offset, member.Id.ToString());
    }

    /// <summary>From where the file stands to its end, and an empty frame.</summary>
    private async Task SendFileAsync(
        Stream file, FrameStream frames, NodeId to, ulong index, CancellationTokenSource stuck)
    {
        byte[] chunk = new byte[ChunkBytes];
        long lastReport = Stopwatch.GetTimestamp();
        int length;
        do
        {
            stuck.CancelAfter(ChunkPatience);
            length = await file.ReadAtLeastAsync(chunk, chunk.Length, throwOnEndOfStream: false, stuck.Token);
            await frames.WriteAsync(chunk.AsMemory(0, length), stuck.Token);
            if (Stopwatch.GetElapsedTime(lastReport).TotalMilliseconds > ProgressEveryMs)
            {
                lastReport = Stopwatch.GetTimestamp();
                logger.SnapshotProgress(file.Position, index, to.ToString());
            }
        }
        while (length > 0);
    }
}
