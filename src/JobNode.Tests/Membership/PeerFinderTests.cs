using System.Net;
using System.Net.Sockets;
using JobNode.Commands;
using JobNode.Membership;
using JobNode.Tests.Support;
using JobNode.Transport;
using Microsoft.Extensions.Logging.Abstractions;

namespace JobNode.Tests.Membership;

public sealed class PeerFinderTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task Three_members_that_all_moved_find_each_other_by_the_new_list()
    {
        MeetingNode[] before = await MeetingNode.StartAsync(3);
        ClusterConfiguration old = before[0].Board.Current.Configuration;
        foreach (MeetingNode node in before)
        {
            await node.DisposeAsync();
        }

        var again = new List<BootstrapNode>();
        foreach (MeetingNode node in before)
        {
            BootstrapNode moved = await BootstrapNode.StartAsync(node.Identity.Self, 0);
            moved.Resume(old);
            again.Add(moved);
        }

        HostPort[] peers = [.. again.Select(node => node.Bound)];
        for (int i = 0; i < again.Count; i++)
        {
            ConsensusStatus status = before[i].Board.Current;
            var board = new StatusBoard(status with { Leader = NodeId.None, Role = RaftRole.Follower });
            var directory = new PeerDirectory(board);
            await FindAsync(again[i], peers, board, directory);
            Assert.All(again, node => Assert.Equal(node.Bound.ToString(), directory.Find(node.Identity.Self)));
        }

        foreach (BootstrapNode node in again)
        {
            await node.DisposeAsync();
        }
    }

    [Theory]
    [InlineData("127.0.0.1,127.0.0.2,::1", null, "127.0.0.1:7,127.0.0.2:7", true)]
    [InlineData("127.0.0.1,::1", null, "name:7", false)]
    [InlineData("127.0.0.1", 3, "127.0.0.1:7", true)]
    [InlineData("::2,::1,127.0.0.1", null, "[::1]:7,[::2]:7", true)]
    public async Task A_name_is_one_machine_or_many(string addresses, int? expect, string list, bool isName)
    {
        IPAddress[] found = [.. addresses.Split(',').Select(IPAddress.Parse)];
        var resolver = new PeerResolver([new HostPort("name", 7)], expect, (_, _) => Task.FromResult(found));
        ResolvedPeers peers = await resolver.ResolveAsync(None);
        Assert.Equal(list, string.Join(',', peers.Addresses));
        Assert.Equal(isName, peers.IsName);
    }

    [Fact]
    public async Task A_name_that_nobody_knows_yet_is_no_reason_to_end()
    {
        var resolver = new PeerResolver(
            [new HostPort("name", 7)], 3, (_, _) => throw new SocketException((int)SocketError.HostNotFound));
        ResolvedPeers peers = await resolver.ResolveAsync(None);
        Assert.Empty(peers.Addresses);
        Assert.NotEmpty(peers.Failure);
    }

    private static async Task FindAsync(
        BootstrapNode node, HostPort[] peers, StatusBoard board, PeerDirectory directory)
    {
        var log = new FakeMembershipLog(board);
        var contacts = new MemberContacts(TimeProvider.System);
        var desk = new AnnounceDesk(
            node.Identity, board, directory, contacts, node.Hello.AskAsync, TimeProvider.System, NullLogger.Instance);
        using var announcer = new Announcer(
            () => new Announcement(node.Identity.Self, node.Identity.Address),
            node.Announce.AskAsync,
            desk,
            board,
            directory,
            log,
            _ => { },
            NullLogger.Instance);
        var resolver = new PeerResolver(peers, null, Dns.GetHostAddressesAsync);
        var finder = new PeerFinder(
            node.Identity, resolver, node.Hello.AskAsync, board, directory, announcer, NullLogger.Instance);
        using var stop = new CancellationTokenSource();
        Task finding = finder.RunAsync(stop.Token);
        await Eventually.IsSoAsync(
            () => announcer.Seeds.Count == peers.Length - 1, () => $"{announcer.Seeds.Count} seeds");

        directory.Note(node.Identity.Self, node.Bound.ToString());
        await stop.CancelAsync();
        await finding;
    }
}
