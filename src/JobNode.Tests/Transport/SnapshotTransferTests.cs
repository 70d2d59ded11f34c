using JobNode.Commands;
using JobNode.Consensus;
using JobNode.Consensus.Log;
using JobNode.Observability;
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
    public async Task A_transfer_that_breaks_anywhere_goes_on_where_it_stopped()
    {
        for (int seed = 0; seed < 5; seed++)
        {
            var random = new Random(seed);
            await using var pair = await Pair.StartAsync();
            int breaks = 0;
            pair.BreaksAfter = () => random.Next(4) == 0 ? int.MaxValue : random.Next(StateBytes / 2);
            bool isDelivered;
            do
            {
                pair.Transfer.Send(pair.Receiver.Identity.Self, [9, 9], 5);
                (_, isDelivered) = await pair.Told.Transfers.Reader.ReadAsync();
                breaks += isDelivered ? 0 : 1;
            }
            while (!isDelivered);

            (_, string file) = await pair.Received.Snapshots.Reader.ReadAsync();
            pair.ReceiverStore.Install(file);
            using Stream body = pair.ReceiverStore.OpenBody(5);
            using var copy = new MemoryStream();
            await body.CopyToAsync(copy);
            Assert.Equal(TestState.Bytes, copy.ToArray());

            // Each byte of the file came once, but for what was in a buffer when the line broke.
            long bytesMax = StateBytes + ((breaks + 1L) * 200_000);
            Assert.True(pair.ReadBytes < bytesMax, $"seed {seed}: {pair.ReadBytes} bytes");
        }
    }

    [Fact]
    public async Task What_is_left_of_another_snapshot_is_not_gone_on_with()
    {
        await using var pair = await Pair.StartAsync();
        pair.BreaksAfter = () => StateBytes / 2;
        pair.Transfer.Send(pair.Receiver.Identity.Self, [9], 5);
        Assert.False((await pair.Told.Transfers.Reader.ReadAsync()).Delivered);
        Assert.Single(pair.ReceiverDisk.List());
        pair.BreaksAfter = () => int.MaxValue;
        pair.SenderStore.Save(6, 2, new ClusterConfiguration(TestNode.Cluster, [pair.Sender.Member]), null);
        pair.Transfer.Send(pair.Receiver.Identity.Self, [9], 6);
        Assert.True((await pair.Told.Transfers.Reader.ReadAsync()).Delivered);
        (_, string file) = await pair.Received.Snapshots.Reader.ReadAsync();
        pair.ReceiverStore.Install(file);
        Assert.Equal(6UL, pair.ReceiverStore.Latest!.Index);
        Assert.Single(pair.ReceiverDisk.List());
    }

    [Fact]
    public async Task What_a_broken_transfer_left_does_not_outlive_the_node()
    {
        var pair = await Pair.StartAsync();
        pair.BreaksAfter = () => StateBytes / 2;
        pair.Transfer.Send(pair.Receiver.Identity.Self, [9], 5);
        Assert.False((await pair.Told.Transfers.Reader.ReadAsync()).Delivered);
        await pair.DisposeAsync();
        Assert.Empty(pair.ReceiverDisk.List());
    }

    [Theory]
    [InlineData(1000, 1000)]
    [InlineData(1000, 2000)]
    [InlineData(3000, 1000)]
    public async Task A_damaged_file_is_refused_and_the_sender_told(int announced, int sent)
    {
        await using var pair = await Pair.StartAsync();
        await using DuplexStream stream = await pair.Sender.Connections.OpenAsync(
            pair.Receiver.Member, PeerProtocol.SnapshotPath, CancellationToken.None);
        var frames = new FrameStream(stream.Input, stream.Output);
        await frames.WriteAsync(new SnapshotOpening(5, announced, 1).Encode(), CancellationToken.None);
        await frames.FlushAsync(CancellationToken.None);
        Assert.Equal(new byte[8], await frames.ReadAsync(CancellationToken.None));
        await frames.WriteAsync(new byte[sent], CancellationToken.None);
        await frames.WriteAsync(Array.Empty<byte>(), CancellationToken.None);
        await frames.WriteAsync(new byte[] { 1 }, CancellationToken.None);
        await frames.FlushAsync(CancellationToken.None);
        Exception? error = await Record.ExceptionAsync(
            async () => await stream.Input.ReadExactlyAsync(new byte[1], CancellationToken.None));
        Assert.IsAssignableFrom<IOException>(error);
        Assert.Empty(pair.ReceiverDisk.List());
    }

    [Fact]
    public void An_offset_outside_the_file_is_refused()
    {
        var opening = new SnapshotOpening(5, 100, 1);
        Assert.Equal(100, opening.DecodeOffset(SnapshotOpening.EncodeOffset(100)));
        Assert.Throws<InvalidDataException>(() => opening.DecodeOffset(SnapshotOpening.EncodeOffset(101)));
        Assert.Throws<InvalidDataException>(() => opening.DecodeOffset(SnapshotOpening.EncodeOffset(-1)));
        Assert.Throws<InvalidDataException>(() => opening.DecodeOffset([1]));
        Assert.Equal(opening, SnapshotOpening.Decode(opening.Encode()));
        Assert.Throws<InvalidDataException>(() => SnapshotOpening.Decode([1, 2, 3]));
    }

    [Fact]
    public async Task A_receiver_without_space_says_so_keeps_nothing_and_takes_it_later()
    {
        await using var pair = await Pair.StartAsync();
        pair.ReceiverDisk.ShouldFail = (operation, name) => operation == StorageOperation.Write
            ? throw StorageException.Of("write", name, 28)
            : false;
        pair.Transfer.Send(pair.Receiver.Identity.Self, [9], 5);
        Assert.False((await pair.Told.Transfers.Reader.ReadAsync()).Delivered);
        await pair.Handled.Task;
        Assert.True(pair.Conditions.Has(NodeCondition.SnapshotFailed));
        Assert.Empty(pair.ReceiverDisk.List());
        pair.ReceiverDisk.ShouldFail = null;
        pair.Transfer.Send(pair.Receiver.Identity.Self, [9], 5);
        Assert.True((await pair.Told.Transfers.Reader.ReadAsync()).Delivered);
        Assert.False(pair.Conditions.Has(NodeCondition.SnapshotFailed));
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
                    var input = new BreakingStream(stream.Input, BreaksAfter(), count => ReadBytes += count);
                    await Accepting.AcceptAsync(from, new DuplexStream(input, stream.Output), cancellation);
                }
                finally
                {
                    Handled.TrySetResult();
                }
            });
        }

        /// <summary>Bytes after which the line to the receiver breaks.</summary>
        public Func<int> BreaksAfter { get; set; } = static () => int.MaxValue;

        public long ReadBytes { get; private set; }

        public NodeConditions Conditions { get; } = new();

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
            var transfer = new SnapshotTransfer(
                node.Connections, new PeerDirectory(board), store, NullLogger.Instance, Conditions);
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

    /// <summary>Breaks after so many bytes, in the middle of whatever they are.</summary>
    private sealed class BreakingStream(Stream inner, int bytes, Action<int> count) : Stream
    {
        private int _left = bytes;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(
            Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_left == 0)
            {
                throw new IOException("the line broke");
            }

            int read = await inner.ReadAsync(buffer[..Math.Min(buffer.Length, _left)], cancellationToken);
            _left -= read;
            count(read);
            return read;
        }

        public override void Flush() => throw new NotSupportedException();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
