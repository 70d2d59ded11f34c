using System.Collections.Concurrent;
using JobNode.Commands;
using JobNode.Consensus;

namespace JobNode.Transport;

/// <summary>
/// Raft messages over HTTP/2: one one-way stream per direction and peer, reopened when it breaks. What cannot be sent
/// is dropped, since raft repeats itself.
/// </summary>
/// <param name="connections">Opens the streams.</param>
/// <param name="directory">Where the peers are.</param>
/// <param name="snapshots">Takes what is too big for a message.</param>
/// <param name="logger">The log.</param>
/// <param name="heard">Called with the sender of each message: it lives.</param>
internal sealed class RaftStreams(
    PeerConnections connections,
    PeerDirectory directory,
    SnapshotTransfer snapshots,
    ILogger logger,
    Action<NodeId>? heard = null) : IRaftTransport, IAsyncDisposable
{
    private readonly ConcurrentDictionary<NodeId, PeerSender> _senders = new();
    private readonly CancellationTokenSource _stopping = new();
    private IRaftInbox? _inbox;

    /// <summary>Gives the consensus thread's inbox; until then everything is dropped.</summary>
    public void Attach(IRaftInbox inbox)
    {
        Invariant.That(_inbox is null, "the inbox is attached once");
        snapshots.Attach(inbox);
        Volatile.Write(ref _inbox, inbox);
    }

    /// <inheritdoc/>
    public void Send(NodeId to, byte[] message)
    {
        Invariant.That(to != NodeId.None, "a raft message has a receiver");
        IRaftInbox? inbox = Volatile.Read(ref _inbox);
        if (inbox is null || _stopping.IsCancellationRequested)
        {
            return;
        }

        PeerSender sender = _senders.GetOrAdd(
            to,
            static (id, args) => new PeerSender(
                id, args.Connections, args.Directory, args.Inbox, args.Logger, args.Token),
            (Connections: connections, Directory: directory, Inbox: inbox, Logger: logger, _stopping.Token));
        sender.Post(message);
    }

    /// <inheritdoc/>
    public void SendSnapshot(NodeId to, byte[] message, ulong snapshotIndex) =>
        snapshots.Send(to, message, snapshotIndex);

    /// <summary>The receiving side of <see cref="PeerProtocol.RaftPath"/>.</summary>
    public async Task AcceptAsync(NodeId from, DuplexStream stream, CancellationToken cancellation)
    {
        var frames = new FrameStream(stream.Input, Stream.Null);
        while (await frames.ReadAsync(cancellation) is { } message)
        {
            if (message.Length == 0)
            {
                throw new InvalidDataException($"node {from} sent an empty raft message");
            }

            heard?.Invoke(from);
            // A full inbox drops: waiting here would only deliver stale messages later.
            Volatile.Read(ref _inbox)?.Receive(message);
        }
    }

    /// <summary>The receiving side of <see cref="PeerProtocol.SnapshotPath"/>.</summary>
    public Task AcceptSnapshotAsync(NodeId from, DuplexStream stream, CancellationToken cancellation) =>
        snapshots.AcceptAsync(from, stream, cancellation);

    /// <summary>Ends all senders.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        foreach (PeerSender sender in _senders.Values)
        {
            await sender.Completion;
        }

        await snapshots.DisposeAsync();
        _stopping.Dispose();
    }
}
