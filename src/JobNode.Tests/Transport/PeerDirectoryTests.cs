using System.Net;
using JobNode.Commands;
using JobNode.Transport;
using Microsoft.Extensions.Logging.Abstractions;

namespace JobNode.Tests.Transport;

public sealed class PeerDirectoryTests
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly NodeId Self = new(1);
    private static readonly Member Peer = new(new NodeId(2), "old:5001");

    [Fact]
    public void The_configuration_counts_until_the_node_says_otherwise()
    {
        PeerDirectory directory = Create();
        Assert.Equal("old:5001", directory.Find(Peer.Id));
        directory.Note(Peer.Id, "new:5001");
        Assert.Equal("new:5001", directory.Find(Peer.Id));
        Assert.Equal(Peer with { Address = "new:5001" }, directory.FindMember(Peer.Id));
    }

    [Fact]
    public void An_address_that_fails_gives_way_to_the_other_one_and_back()
    {
        PeerDirectory directory = Create();
        directory.Note(Peer.Id, "wrong:5001");
        directory.Doubt(Peer.Id, "wrong:5001");
        Assert.Equal("old:5001", directory.Find(Peer.Id));
        directory.Doubt(Peer.Id, "old:5001");
        Assert.Equal("wrong:5001", directory.Find(Peer.Id));
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense:port")]
    [InlineData("0.0.0.0:5001")]
    [InlineData("host:0")]
    public void What_nobody_can_dial_is_not_remembered(string address)
    {
        PeerDirectory directory = Create();
        directory.Note(Peer.Id, address);
        Assert.Equal("old:5001", directory.Find(Peer.Id));
    }

    [Fact]
    public void A_stranger_is_found_but_is_no_member()
    {
        PeerDirectory directory = Create();
        var stranger = new NodeId(7);
        directory.Note(stranger, "there:5001");
        Assert.Equal("there:5001", directory.Find(stranger));
        Assert.Null(directory.FindMember(stranger));
    }

    [Fact]
    public async Task An_admitted_stream_tells_where_its_sender_is()
    {
        await using TestNode server = await TestNode.StartAsync(1, TestNode.Cluster);
        await using TestNode client = await TestNode.StartAsync(2, TestNode.Cluster);
        var directory = new PeerDirectory(TestNode.Board(Self, Self, server.Member, Peer));
        server.Endpoint.Admitted = directory.Note;
        server.Endpoint.MapForMembers("/work", (_, stream, cancellation) => stream.Input.CopyToAsync(
            Stream.Null, cancellation));
        await using DuplexStream stream = await client.Connections.OpenAsync(server.Member, "/work", None);
        Assert.Equal(client.Address, directory.Find(Peer.Id));
    }

    [Theory]
    [InlineData("::1")]
    [InlineData("localhost")]
    public async Task Names_and_version_six_addresses_can_be_dialled(string host)
    {
        var identity = new ClusterIdentity(new NodeId(1));
        await using var endpoint = new ClusterEndpoint(identity, NullLoggerFactory.Instance);
        IPAddress listen = host == "::1" ? IPAddress.IPv6Loopback : IPAddress.Loopback;
        int port = await endpoint.StartAsync(new IPEndPoint(listen, 0), None);
        var address = new HostPort(host, port);
        identity.AdvertiseAs(address);
        identity.Join(TestNode.Cluster);
        endpoint.MapForMembers("/work", async (_, stream, cancellation) =>
        {
            await stream.Output.WriteAsync(new byte[] { 7 }, cancellation);
            await stream.Output.FlushAsync(cancellation);
        });
        using var connections = new PeerConnections(identity);
        await using DuplexStream stream = await connections.OpenAsync(
            new Member(identity.Self, HostPort.Parse(address.ToString()).ToString()), "/work", None);
        byte[] answer = new byte[1];
        await stream.Input.ReadExactlyAsync(answer, None);
        Assert.Equal(7, answer[0]);
    }

    private static PeerDirectory Create() => new(TestNode.Board(Self, Self, new Member(Self, "self:5001"), Peer));
}
