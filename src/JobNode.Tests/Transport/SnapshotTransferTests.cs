using JobNode.Commands;
using JobNode.Consensus;
using JobNode.Simulation;
using JobNode.Transport;
using Microsoft.Extensions.Logging.Abstractions;

namespace JobNode.Tests.Transport;

public sealed class SnapshotTransferTests
{
    private const int StateBytes = 3_000_000;

    [Fact]
    public async Task A_snapshot_arrives_whole_and_is_announced_after_it()
    {
        await using var pair = await Pair.StartAsync();
        pair.Transfer.Send(pair.Receiver.Identity.Self, [9, 9], 5);
        Assert.Equal((pair.Receiver.Identity.Self, true), await pair.Told.Transfers.Reader.ReadAsync());
        (byte[] message, string file) = await pair.Received.Snapshots.Reader.ReadAsync();
        Assert.Equal(new byte[] { 9, 9 }, message);
        pair.ReceiverStore.Install(file);
        Assert.Equal(5UL, pair.ReceiverStore.Latest!.Index);
        using Stream body = pair.ReceiverStore.OpenBody(5);
        using var copy = new MemoryStream();
        await body.CopyToAsync(copy);
        Assert.Equal(TestState.Bytes, copy.ToArray());
    }

    [Fact]
    public async Task A_broken_transfer_is_reported_and_leaves_nothing_behind()
    {
        await using var pair = await Pair.StartAsync();
        await using (DuplexStream stream = await pair.Sender.Connections.OpenAsync(
            pair.Receiver.Member, PeerProtocol.SnapshotPath, CancellationToken.None))
        {
            var frames = new FrameStream(stream.Input, stream.Output);
            await frames.WriteAsync(new byte[1000], CancellationToken.None);
            await frames.FlushAsync(CancellationToken.None);
        }

        await pair.Handled.Task;
        Assert.Empty(pair.ReceiverDisk.List());
    }

    [Fact]
    public async Task A_damaged_file_is_refused_and_the_sender_told()
    {
        await using var pair = await Pair.StartAsync();
        await using DuplexStream stream = await pair.Sender.Connections.OpenAsync(
            pair.Receiver.Member, PeerProtocol.SnapshotPath, CancellationToken.None);
        var frames = new FrameStream(stream.Input, stream.Output);
        await frames.WriteAsync(new byte[1000], CancellationToken.None);
        await frames.WriteAsync(Array.Empty<byte>(), CancellationToken.None);
        await frames.WriteAsync(new byte[] { 1 }, CancellationToken.None);
        await frames.FlushAsync(CancellationToken.None);
        Exception? error = await Record.ExceptionAsync(
            async () => await stream.Input.ReadExactlyAsync(new byte[1], CancellationToken.None));
        Assert.IsAssignableFrom<IOException>(error);
        Assert.Empty(pair.ReceiverDisk.List());
    }

    [Fact]
    public async Task A_file_that_the_consensus_thread_does_not_take_is_deleted_and_the_sender_told()
    {
        await using var pair = await Pair.StartAsync();
        pair.Received.TakesSnapshots = false;
        pair.Transfer.Send(pair.Receiver.Identity.Self, [9], 5);
        Assert.Equal((pair.Receiver.Identity.Self, false), await pair.Told.Transfers.Reader.ReadAsync());
        await pair.Handled.Task;
        Assert.Empty(pair.ReceiverDisk.List());
    }

    [Fact]
    public async Task A_receiver_that_is_gone_or_a_file_that_is_missing_ends_in_a_report()
    {
        await using var pair = await Pair.StartAsync();
        pair.Transfer.Send(pair.Receiver.Identity.Self, [9], 6);
        Assert.Equal((pair.Receiver.Identity.Self, false), await pair.Told.Transfers.Reader.ReadAsync());
        await pair.Receiver.DisposeAsync();
        pair.Transfer.Send(pair.Receiver.Identity.Self, [9], 5);
        Assert.Equal((pair.Receiver.Identity.Self, false), await pair.Told.Transfers.Reader.ReadAsync());
    }

    /// <summary>A sender that holds snapshot 5 and a receiver with an empty disk.</summary>
    private sealed class Pair : IAsyncDisposable
    {
        private Pair(TestNode sender, TestNode receiver)
        {
            Sender = sender;
            Receiver = receiver;
            SenderStore = SnapshotStore.Open(new SimulatedDirectory());
            ReceiverStore = SnapshotStore.Open(ReceiverDisk);
            SenderStore.Save(5, 2, new ClusterConfiguration(TestNode.Cluster, [sender.Member]), new TestState());
            Transfer = Create(sender, SenderStore, Told);
            Accepting = Create(receiver, ReceiverStore, Received);
            receiver.Endpoint.MapForMembers(PeerProtocol.SnapshotPath, async (from, stream, cancellation) =>
            {
                try
                {
                    await Accepting.AcceptAsync(from, stream, cancellation);
                }
                finally
                {
                    Handled.TrySetResult();
                }
            });
        }

        public TestNode Sender { get; }

        public TestNode Receiver { get; }

        public SnapshotStore SenderStore { get; }

        public SnapshotStore ReceiverStore { get; }

        public SimulatedDirectory ReceiverDisk { get; } = new();

        public RecordingInbox Told { get; } = new();

        public RecordingInbox Received { get; } = new();

        public TaskCompletionSource Handled { get; } = new();

        public SnapshotTransfer Transfer { get; }

        private SnapshotTransfer Accepting { get; }

        public static async Task<Pair> StartAsync() => new(
            await TestNode.StartAsync(1, TestNode.Cluster), await TestNode.StartAsync(2, TestNode.Cluster));

        public async ValueTask DisposeAsync()
        {
            await Transfer.DisposeAsync();
            await Accepting.DisposeAsync();
            await Sender.DisposeAsync();
            await Receiver.DisposeAsync();
        }

        private SnapshotTransfer Create(TestNode node, SnapshotStore store, RecordingInbox inbox)
        {
            StatusBoard board = TestNode.Board(
                node.Identity.Self, Sender.Identity.Self, Sender.Member, Receiver.Member);
            var transfer = new SnapshotTransfer(node.Connections, new PeerDirectory(board), store, NullLogger.Instance);
            transfer.Attach(inbox);
            return transfer;
        }
    }

    private sealed class TestState : IFrozenState
    {
        public static readonly byte[] Bytes = Make();

        public ulong AppliedIndex => 5;

        public void Write(Stream destination) => destination.Write(Bytes);

        public void Dispose()
        {
            // Nothing is held.
        }

        private static byte[] Make()
        {
            byte[] bytes = new byte[StateBytes];
            new Random(3).NextBytes(bytes);
            return bytes;
        }
    }
}
