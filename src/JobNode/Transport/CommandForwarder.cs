using JobNode.Commands;

namespace JobNode.Transport;

/// <summary>Puts commands through the cluster from any node.</summary>
internal sealed class CommandForwarder(
    ICommandProposer local, PeerConnections connections, StatusBoard board, ILogger logger)
    : ICommandProposer, IAsyncDisposable
{
    /// <inheritdoc/>
    public Task<Proposed> ProposeAsync(Command command, CancellationToken cancellation) =>
        throw new NotSupportedException("being written");

    /// <summary>The leader's side of <see cref="PeerProtocol.ForwardPath"/>.</summary>
    public Task AcceptAsync(NodeId from, DuplexStream stream, CancellationToken cancellation) =>
        throw new NotSupportedException("being written");

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => throw new NotSupportedException("being written");

    internal object[] Parts => [local, connections, board, logger];
}
