using JobNode.Commands;

namespace JobNode.Transport;

/// <summary>The cluster port: one HTTP/2 listener for everything between nodes.</summary>
internal sealed class ClusterEndpoint(ClusterIdentity identity, ILoggerFactory loggers) : IAsyncDisposable
{
    /// <summary>Serves a path for members of this cluster; other clusters are refused. May come after the start.</summary>
    public void MapForMembers(string path, Func<NodeId, DuplexStream, CancellationToken, Task> handler) =>
        throw new NotSupportedException("being written");

    /// <summary>Serves a path for nodes that are in no cluster yet, too.</summary>
    public void MapForAnyone(string path, Func<NodeId, DuplexStream, CancellationToken, Task> handler) =>
        throw new NotSupportedException("being written");

    /// <summary>Listens; gives the address with the port that the system chose when it was 0.</summary>
    public Task<HostPort> StartAsync(HostPort listen, CancellationToken cancellation) =>
        throw new NotSupportedException("being written");

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => throw new NotSupportedException("being written");

    internal object[] Parts => [identity, loggers];
}
