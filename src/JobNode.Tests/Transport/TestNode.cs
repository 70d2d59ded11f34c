using System.Net;
using JobNode.Commands;
using JobNode.Security;
using JobNode.Tests.Support;
using JobNode.Transport;

namespace JobNode.Tests.Transport;

/// <summary>One node's transport on a loopback port that the system chose.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    public static readonly UInt128 Cluster = 42;

    private bool _disposed;

    private TestNode(ulong id, SecurityOptions security)
    {
        Identity = new ClusterIdentity(new NodeId(id));
        var opened = PeerSecurity.Open(security, Log, TimeProvider.System);
        Endpoint = new ClusterEndpoint(Identity, Log, opened);
        Connections = new PeerConnections(Identity, opened);
    }

    public ClusterIdentity Identity { get; }

    public RecordingLog Log { get; } = new();

    public ClusterEndpoint Endpoint { get; }

    public PeerConnections Connections { get; }

    public string Address => Identity.Address;

    public Member Member => new(Identity.Self, Address);

    public static async Task<TestNode> StartAsync(
        ulong id, UInt128 cluster, int port = 0, SecurityOptions? security = null)
    {
        var node = new TestNode(id, security ?? new SecurityOptions());
        int bound = await node.Endpoint.StartAsync(new IPEndPoint(IPAddress.Loopback, port), CancellationToken.None);
        node.Identity.AdvertiseAs(new HostPort("127.0.0.1", bound));
        if (cluster != UInt128.Zero)
        {
            node.Identity.Join(cluster);
        }

        return node;
    }

    public static StatusBoard Board(NodeId self, NodeId leader, params Member[] members) =>
        new(Status(self, leader, 1, members));

    public static ConsensusStatus Status(NodeId self, NodeId leader, ulong term, params Member[] members) => new(
        self,
        self == leader ? RaftRole.Leader : RaftRole.Follower,
        leader,
        term,
        1,
        1,
        UInt128.Zero,
        new ClusterConfiguration(Cluster, members));

    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        Connections.Dispose();
        await Endpoint.DisposeAsync();
    }
}
