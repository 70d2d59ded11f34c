using JobNode.Commands;
using JobNode.Consensus;

namespace JobNode.Transport;

/// <summary>Raft messages over HTTP/2 streams.</summary>
internal sealed class RaftStreams(PeerConnections connections, StatusBoard board, ILogger logger)
    : IRaftTransport, IAsyncDisposable
{
    /// <summary>Gives the consensus thread's inbox; until then everything is dropped.</summary>
    public void Attach(IRaftInbox inbox) => throw new NotSupportedException("being written");

    /// <inheritdoc/>
    public void Send(NodeId to, byte[] message) => throw new NotSupportedException("being written");

    /// <inheritdoc/>
    public void SendSnapshot(NodeId to, byte[] message, ulong snapshotIndex) => throw new NotSupportedException("being written");

    /// <summary>The receiving side of <see cref="PeerProtocol.RaftPath"/>.</summary>
    public Task AcceptAsync(NodeId from, DuplexStream stream, CancellationToken cancellation) =>
        throw new NotSupportedException("being written");

    /// <summary>The receiving side of <see cref="PeerProtocol.SnapshotPath"/>.</summary>
    public Task AcceptSnapshotAsync(NodeId from, DuplexStream stream, CancellationToken cancellation) =>
        throw new NotSupportedException("being written");

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => throw new NotSupportedException("being written");

    internal object[] Parts => [connections, board, logger];
}
