using JobNode.Commands;
using JobNode.Transport;

namespace JobNode.Membership;

/// <summary>Makes a node with an empty data directory a member, by the static list of --peers.</summary>
internal sealed class ClusterBootstrap(
    ClusterIdentity identity, PeerConnections connections, Action<ClusterConfiguration> save, ILogger logger)
{
    /// <summary>Serves <see cref="PeerProtocol.HelloPath"/>.</summary>
    public Task AcceptHelloAsync(NodeId from, DuplexStream stream, CancellationToken cancellation) =>
        throw new NotSupportedException("being written");

    /// <summary>For a directory that has state: answers as a member, asks nobody.</summary>
    public void Resume(ClusterConfiguration configuration) => throw new NotSupportedException("being written");

    /// <summary>For an empty directory: returns once this node is a member, durably.</summary>
    /// <param name="peers">The list of --peers, as written.</param>
    /// <param name="advertise">--advertise, or null.</param>
    /// <param name="listen">Where the cluster port listens.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public Task<ClusterConfiguration> RunAsync(
        IReadOnlyList<string> peers, HostPort? advertise, HostPort listen, CancellationToken cancellation) =>
        throw new NotSupportedException("being written");

    internal object[] Parts => [identity, connections, save, logger];
}
