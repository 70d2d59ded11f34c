using System.IO.Pipelines;
using JobNode.Transport;

namespace JobNode.Simulation;

/// <summary>
/// A connection between two lives of nodes, as TCP gives it: bytes arrive in order or the connection breaks. When a
/// link is cut for long, or one side is no more, the other side hears of it late or not at all.
/// </summary>
internal sealed class SimulatedConnection
{
    private const long LookEveryMs = 200;
    private const long AgainMs = 30;
    private const int CutLooksMax = 8;

    private readonly SimulatedNetwork _network;
    private readonly Random _random;
    private readonly NodeLife _nearLife;
    private readonly NodeLife _farLife;
    private readonly Pipe _toFar = NewPipe();
    private readonly Pipe _toNear = NewPipe();
    private int _cutLooks;
    private int _closed;
    private bool _isBroken;

    private SimulatedConnection(SimulatedNetwork network, Random random, NodeLife near, NodeLife far)
    {
        _network = network;
        _random = random;
        _nearLife = near;
        _farLife = far;
        network.At(LookEveryMs, Look);
    }

    /// <summary>Opens one; gives both ends.</summary>
    public static (DuplexStream Near, DuplexStream Far) Open(
        SimulatedNetwork network, Random random, NodeLife near, NodeLife far)
    {
        var connection = new SimulatedConnection(network, random, near, far);
        return (
            new DuplexStream(
                connection._toNear.Reader.AsStream(), new Writer(connection, connection._toFar, near, far)),
            new DuplexStream(
                connection._toFar.Reader.AsStream(), new Writer(connection, connection._toNear, far, near)));
    }

    /// <summary>Breaks now, for both sides.</summary>
    private void Break(string reason)
    {
        _isBroken = true;
        _toFar.Writer.Complete(new IOException(reason));
        _toNear.Writer.Complete(new IOException(reason));
    }

    private static Pipe NewPipe() => new(new PipeOptions(pauseWriterThreshold: 0, useSynchronizationContext: false));

    /// <summary>What keep-alive and resets tell, after a while.</summary>
    private void Look()
    {
        if (_isBroken || _closed == 2)
        {
            return;
        }

        bool isCut = _network.IsCut(_nearLife.Index, _farLife.Index) || _network.IsCut(_farLife.Index, _nearLife.Index);
        bool isOver = !_nearLife.IsAlive || !_farLife.IsAlive;
        _cutLooks = isCut || isOver ? _cutLooks + 1 : 0;
        if (_cutLooks > CutLooksMax || (isOver && _random.Next(3) == 0))
        {
            Break("the connection was lost");
            return;
        }

        if (_random.Next(1_000) < _network.StreamBreakPerMille)
        {
            _network.Counts.StreamsBroken++;
            Break("the connection was reset");
            return;
        }

        _network.At(LookEveryMs, Look);
    }

    /// <summary>What one side writes into, and the other reads from its pipe.</summary>
    private sealed class Writer(SimulatedConnection connection, Pipe pipe, NodeLife sender, NodeLife receiver)
        : Stream
    {
        private readonly MemoryStream _unsent = new();
        private readonly Queue<Action> _inFlight = new();

        private bool _isClosed;

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Write(byte[] buffer, int offset, int count) =>
            _unsent.Write(buffer, offset, count);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _unsent.Write(buffer.Span);
            return ValueTask.CompletedTask;
        }

        public override void Flush()
        {
            if (connection._isBroken || _isClosed)
            {
                throw new IOException("the connection is broken");
            }

            byte[] bytes = _unsent.ToArray();
            _unsent.SetLength(0);
            Post(() =>
            {
                bytes.CopyTo(pipe.Writer.GetSpan(bytes.Length));
                pipe.Writer.Advance(bytes.Length);
                _ = pipe.Writer.FlushAsync().AsTask();
            });
        }

        public override Task FlushAsync(CancellationToken cancellationToken)
        {
            Flush();
            return Task.CompletedTask;
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing && !_isClosed && !connection._isBroken)
            {
                _isClosed = true;
                connection._closed++;
                Post(() => pipe.Writer.Complete());
            }

            base.Dispose(disposing);
        }

        /// <summary>Arrives in order; not while the link is cut or the receiver stands still.</summary>
        private void Post(Action arrive)
        {
            _inFlight.Enqueue(arrive);
            connection._network.At(connection._network.Delay(), Arrive);
        }

        private void Arrive()
        {
            SimulatedNetwork network = connection._network;
            if (connection._isBroken || !receiver.IsAlive || _inFlight.Count == 0)
            {
                return;
            }

            if (network.IsCut(sender.Index, receiver.Index) || receiver.IsStalled || network.DropsOne())
            {
                network.At(AgainMs, Arrive);
                return;
            }

            _inFlight.Dequeue()();
        }
    }
}
