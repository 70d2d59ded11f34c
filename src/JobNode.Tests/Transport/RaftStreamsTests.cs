using JobNode.Commands;
using JobNode.Consensus;
using JobNode.Simulation;
using JobNode.Transport;
using Microsoft.Extensions.Logging.Abstractions;

namespace JobNode.Tests.Transport;

public sealed class RaftStreamsTests
{
    private static readonly NodeId Receiver = new(2);

    [Fact]
    public async Task Messages_arrive_in_order()
    {
        await using TestNode a = await TestNode.StartAsync(1, TestNode.Cluster);
        await using TestNode b = await TestNode.StartAsync(2, TestNode.Cluster);
        RecordingInbox received = Serve(b);
        await using RaftStreams streams = Create(a, b.Member, out _);
        for (int i = 0; i < 500; i++)
        {
            streams.Send(Receiver, BitConverter.GetBytes(i));
        }

        for (int i = 0; i < 500; i++)
        {
            Assert.Equal(i, BitConverter.ToInt32(await received.Messages.Reader.ReadAsync()));
        }
    }

    [Fact]
    public async Task A_stream_is_opened_again_after_the_receiver_restarted()
    {
        await using TestNode a = await TestNode.StartAsync(1, TestNode.Cluster);
        TestNode before = await TestNode.StartAsync(2, TestNode.Cluster);
        RecordingInbox received = Serve(before);
        await using RaftStreams streams = Create(a, before.Member, out RecordingInbox told);
        streams.Send(Receiver, [1]);
        Assert.Equal(new byte[] { 1 }, await received.Messages.Reader.ReadAsync());
        await before.DisposeAsync();
        // The end of the stream alone is noticed, without another message.
        Assert.Equal(Receiver, await told.Unreachable.Reader.ReadAsync());
        int port = HostPort.Parse(before.Address).Port;
        await using TestNode after = await TestNode.StartAsync(2, TestNode.Cluster, port);
        RecordingInbox receivedAfter = Serve(after);
        Task<byte[]> arrival = receivedAfter.Messages.Reader.ReadAsync().AsTask();
        while (!arrival.IsCompleted)
        {
            // As raft does: repeat until it gets through.
            streams.Send(Receiver, [2]);
            await Task.WhenAny(arrival, Task.Delay(20));
        }

        Assert.Equal(new byte[] { 2 }, await arrival);
    }

    [Fact]
    public async Task A_peer_that_is_not_there_is_reported_and_one_that_is_no_member_too()
    {
        await using TestNode a = await TestNode.StartAsync(1, TestNode.Cluster);
        TestNode gone = await TestNode.StartAsync(2, TestNode.Cluster);
        await gone.DisposeAsync();
        await using RaftStreams streams = Create(a, gone.Member, out RecordingInbox told);
        streams.Send(Receiver, [1]);
        Assert.Equal(Receiver, await told.Unreachable.Reader.ReadAsync());
        streams.Send(new NodeId(77), [1]);
        Assert.Equal(new NodeId(77), await told.Unreachable.Reader.ReadAsync());
    }

    [Fact]
    public async Task A_full_queue_drops_without_blocking_and_says_so()
    {
        await using TestNode a = await TestNode.StartAsync(1, TestNode.Cluster);
        await using TestNode b = await TestNode.StartAsync(2, TestNode.Cluster);
        // Accepts the stream and never reads from it.
        b.Endpoint.MapForMembers(PeerProtocol.RaftPath, (_, _, cancellation) => Task.Delay(-1, cancellation));
        await using RaftStreams streams = Create(a, b.Member, out RecordingInbox told);
        byte[] message = new byte[1 << 20];
        for (int i = 0; i < 2 * (PeerSender.QueuedBytesMax >> 20); i++)
        {
            streams.Send(Receiver, message);
        }

        Assert.Equal(Receiver, await told.Unreachable.Reader.ReadAsync());
    }

    private static RecordingInbox Serve(TestNode node)
    {
        var inbox = new RecordingInbox();
        RaftStreams streams = Create(node, node.Member, inbox);
        node.Endpoint.MapForMembers(PeerProtocol.RaftPath, streams.AcceptAsync);
        return inbox;
    }

    private static RaftStreams Create(TestNode node, Member peer, out RecordingInbox inbox) =>
        Create(node, peer, inbox = new RecordingInbox());

    private static RaftStreams Create(TestNode node, Member peer, RecordingInbox inbox)
    {
        StatusBoard board = TestNode.Board(node.Identity.Self, node.Identity.Self, node.Member, peer);
        var store = SnapshotStore.Open(new SimulatedDirectory());
        var directory = new PeerDirectory(board);
        var transfer = new SnapshotTransfer(node.Connections, directory, store, NullLogger.Instance);
        var streams = new RaftStreams(node.Connections, directory, transfer, NullLogger.Instance);
        streams.Attach(inbox);
        return streams;
    }
}
