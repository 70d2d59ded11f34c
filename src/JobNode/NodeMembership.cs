using System.Net;
using JobNode.Commands;
using JobNode.Membership;
using JobNode.Transport;

namespace JobNode;

/// <summary>
/// The parts of a running node that know the other members: announcing, finding, and, on the leader, keeping the roles.
/// </summary>
internal sealed class NodeMembership : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly MembershipKeeper _keeper;
    private readonly PeerFinder? _finder;
    private Task _running = Task.CompletedTask;

    /// <summary>Composes; nothing runs before <see cref="Start"/>.</summary>
    /// <param name="options">What <c>serve</c> was asked for.</param>
    /// <param name="identity">This node.</param>
    /// <param name="bootstrap">Answers hellos.</param>
    /// <param name="links">How the others are asked.</param>
    /// <param name="stop">What this node is told to do, and by whom.</param>
    /// <param name="describe">What this node says of itself.</param>
    /// <param name="board">Who leads.</param>
    /// <param name="directory">Where the others are.</param>
    /// <param name="log">Changes of the configuration.</param>
    /// <param name="contacts">Who was heard of.</param>
    /// <param name="time">Clock.</param>
    /// <param name="logger">Log.</param>
    public NodeMembership(
        ServeOptions options,
        ClusterIdentity identity,
        ClusterBootstrap bootstrap,
        PeerLinks links,
        NodeStop stop,
        Func<Announcement> describe,
        StatusBoard board,
        PeerDirectory directory,
        IMembershipLog log,
        MemberContacts contacts,
        TimeProvider time,
        ILogger logger)
    {
        var wanted = new PlannerOptions
        {
            Voters = options.Membership.Voters,
            ReplaceAfter = options.Membership.ReplaceAfter,
            ReapAfter = options.Membership.ReapAfter,
        };
        Desk = new AnnounceDesk(identity, board, directory, contacts, links.Hello, time, logger);
        Announcer = new Announcer(
            describe, links.Announce, Desk, board, directory, log, stop.NoteRemoved, logger);
        _keeper = new MembershipKeeper(board, log, contacts, wanted, logger);
        Admin = new ClusterAdmin(board, log, contacts, _keeper, stop.RequestDrain);
        if (options.Peers.Count > 0)
        {
            var resolver = new PeerResolver(options.Peers, options.Membership.BootstrapExpect, PeerLinks.Resolve);
            _finder = new PeerFinder(identity, resolver, links.Hello, board, directory, Announcer, logger)
            {
                FoundSelf = options.Advertise is null && options.ClusterListen.IsWildcard ? bootstrap.MoveTo : null,
            };
        }
    }

    /// <summary>Answers announcements.</summary>
    public AnnounceDesk Desk { get; }

    /// <summary>Tells the leader about this node.</summary>
    public Announcer Announcer { get; }

    /// <summary>What an operator may ask.</summary>
    public IClusterAdmin Admin { get; }

    /// <summary>Begins.</summary>
    public void Start()
    {
        List<Task> tasks =
        [
            Task.Run(() => Announcer.RunAsync(_stopping.Token)),
            Task.Run(() => _keeper.RunAsync(_stopping.Token)),
        ];
        if (_finder is not null)
        {
            tasks.Add(Task.Run(() => _finder.RunAsync(_stopping.Token)));
        }

        _running = Task.WhenAll(tasks);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        Announcer.Dispose();
        _stopping.Dispose();
    }
}

/// <summary>How other nodes are asked.</summary>
/// <param name="connections">Opens the streams.</param>
internal sealed class PeerLinks(PeerConnections connections)
{
    private readonly HelloClient _hello = new(connections);
    private readonly AnnounceClient _announce = new(connections);

    /// <summary>Asks an address who is there.</summary>
    public Task<HelloReply> Hello(string address, CancellationToken cancellation) =>
        _hello.AskAsync(address, cancellation);

    /// <summary>Sends an announcement.</summary>
    public Task<AnnounceAnswer> Announce(
        string address, Announcement announcement, CancellationToken cancellation) =>
        _announce.AskAsync(address, announcement, cancellation);

    /// <summary>The addresses of a name.</summary>
    public static Task<IPAddress[]> Resolve(string host, CancellationToken cancellation) =>
        Dns.GetHostAddressesAsync(host, cancellation);
}
