using System.Net;
using JobNode.Commands;
using JobNode.Membership;
using JobNode.Transport;
using Microsoft.Extensions.Logging.Abstractions;

namespace JobNode.Tests.Membership;

/// <summary>A member that runs: hellos and announcements over a real port, changes without a log.</summary>
internal sealed class MeetingNode : IAsyncDisposable
{
    private readonly ClusterEndpoint _endpoint;
    private readonly PeerConnections _connections;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _keeping;
    private readonly ClusterBootstrap _bootstrap;

    private MeetingNode(NodeId id, ClusterConfiguration configuration, NodeId leader, ClusterEndpoint endpoint,
        ClusterIdentity identity, HostPort bound)
    {
        Identity = identity;
        _endpoint = endpoint;
        _connections = new PeerConnections(identity);
        Announce = new AnnounceClient(_connections);
        Hello = new HelloClient(_connections);
        Board = new StatusBoard(new ConsensusStatus(
            id, id == leader ? RaftRole.Leader : RaftRole.Follower, leader, 3, 9, 9, default, configuration));
        Log = new FakeMembershipLog(Board);
        Directory = new PeerDirectory(Board);
        Contacts = new MemberContacts(TimeProvider.System);
        Desk = new AnnounceDesk(
            identity, Board, Directory, Contacts, Hello.AskAsync, TimeProvider.System, NullLogger.Instance);
        Keeper = new MembershipKeeper(Board, Log, Contacts, new PlannerOptions(), NullLogger.Instance);
        _bootstrap = new ClusterBootstrap(
            identity,
            new BootstrapParts(
                Hello.AskAsync,
                Announce.AskAsync,
                () => new Announcement(id, identity.Address),
                (_, _) => { },
                Dns.GetHostAddressesAsync,
                null),
            NullLogger.Instance);
        _bootstrap.Resume(1, configuration, null, bound);
        endpoint.MapForAnyone(PeerProtocol.HelloPath, _bootstrap.AcceptHelloAsync);
        endpoint.MapForAnyone(PeerProtocol.AnnouncePath, Desk.AcceptAsync);
        _keeping = Keeper.RunAsync(_stopping.Token);
    }

    public ClusterIdentity Identity { get; }

    public string Address => Identity.Address;

    public StatusBoard Board { get; }

    public FakeMembershipLog Log { get; }

    public PeerDirectory Directory { get; }

    public MemberContacts Contacts { get; }

    public AnnounceDesk Desk { get; }

    public MembershipKeeper Keeper { get; }

    public AnnounceClient Announce { get; }

    public HelloClient Hello { get; }

    /// <summary>Starts members of one cluster, of which the first leads.</summary>
    public static async Task<MeetingNode[]> StartAsync(int count)
    {
        var made = new List<(NodeId Id, ClusterIdentity Identity, ClusterEndpoint Endpoint, HostPort Bound)>();
        for (int i = 0; i < count; i++)
        {
            var id = new NodeId((ulong)i + 1);
            var identity = new ClusterIdentity(id);
            var endpoint = new ClusterEndpoint(identity, NullLoggerFactory.Instance);
            int port = await endpoint.StartAsync(new IPEndPoint(IPAddress.Loopback, 0), CancellationToken.None);
            made.Add((id, identity, endpoint, new HostPort("127.0.0.1", port)));
        }

        var configuration = new ClusterConfiguration(42, [.. made.Select(m => new Member(m.Id, m.Bound.ToString()))]);
        return
        [
            .. made.Select(m => new MeetingNode(m.Id, configuration, made[0].Id, m.Endpoint, m.Identity, m.Bound)),
        ];
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _keeping;
        _connections.Dispose();
        await _endpoint.DisposeAsync();
        _stopping.Dispose();
    }
}
