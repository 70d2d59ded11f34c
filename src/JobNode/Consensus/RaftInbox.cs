using JobNode.Commands;

namespace JobNode.Consensus;

/// <summary>
/// The bounded queue in front of the raft thread: any thread puts in, the raft thread takes everything at once. Two
/// sets of lists change places, so that the lock is held for a moment only.
/// </summary>
internal sealed class RaftInbox(RaftLoopOptions options) : IRaftInbox, IDisposable
{
    private const int SnapshotsWaitingMax = 2;

    private readonly Lock _gate = new();
    private readonly AutoResetEvent _wake = new(initialState: false);
    private int _isSignalled;
    private RaftInputs _waiting = new();
    private RaftInputs _spare = new();
    private long _messageBytes;
    private bool _isClosed;

    /// <inheritdoc/>
    public bool Receive(byte[] message)
    {
        if (!RaftMessage.MayArrive(message))
        {
            return false;
        }

        lock (_gate)
        {
            if (_isClosed
                || _waiting.Messages.Count >= options.MessagesWaitingMax
                || _messageBytes + message.Length > options.MessageBytesWaitingMax)
            {
                return false;
            }

            _messageBytes += message.Length;
            _waiting.Messages.Add(message);
        }

        Wake();
        return true;
    }

    /// <inheritdoc/>
    public bool ReceiveSnapshot(byte[] message, string fileName)
    {
        if (RaftMessage.KindOf(message) != RaftMessageKind.Snapshot)
        {
            return false;
        }

        return TryPut(
            inputs => inputs.Snapshots.Count < SnapshotsWaitingMax,
            inputs => inputs.Snapshots.Add(new ReceivedSnapshot(message, fileName)));
    }

    /// <inheritdoc/>
    public void ReportUnreachable(NodeId node) => TryPut(_ => true, inputs => inputs.Unreachable.Add(node));

    /// <inheritdoc/>
    public void ReportSnapshot(NodeId node, bool delivered) =>
        TryPut(_ => true, inputs => inputs.SnapshotReports.Add(new SnapshotReport(node, delivered)));

    /// <summary>
    /// Queues a proposal that holds a slot; false when the inbox is closed or full of abandoned ones.
    /// </summary>
    public bool TryPropose(ProposalRequest request)
    {
        lock (_gate)
        {
            // Slots bound those that somebody waits for; this bounds those whose callers have gone.
            if (_isClosed || _waiting.Proposals.Count >= 2 * Limits.ProposalsInFlightMax)
            {
                return false;
            }

            _waiting.Proposals.Add(request);
        }

        Wake();
        return true;
    }

    /// <summary>Queues a read; false when closed or full.</summary>
    public bool TryRead(IReadRequest read) =>
        TryPut(inputs => inputs.Reads.Count < options.ReadsWaitingMax, inputs => inputs.Reads.Add(read));

    /// <summary>
    /// Queues a wait; false when closed or full. One for a known index wakes nobody: what applies that index does.
    /// </summary>
    public bool TryWait(IndexWait wait)
    {
        bool isKnown = wait.Index is not null;
        lock (_gate)
        {
            if (_isClosed || _waiting.Waits.Count >= options.ReadsWaitingMax)
            {
                return false;
            }

            _waiting.Waits.Add(wait);
        }

        if (!isKnown)
        {
            Wake();
        }

        return true;
    }

    /// <summary>Hands the end of background work to the raft thread; dropped once closed.</summary>
    public void Post(Action finished) => TryPut(_ => true, inputs => inputs.Finished.Add(finished));

    /// <summary>The same for what can be noted while the disk takes no writes, since it may make room.</summary>
    public void PostStorage(Action finished) => TryPut(_ => true, inputs => inputs.Stored.Add(finished));

    /// <summary>True when somebody began to wait for an index since the last <see cref="TakeAll"/>.</summary>
    public bool HasWaits
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Waits.Count > 0;
            }
        }
    }

    /// <summary>True once <see cref="Close"/> was called.</summary>
    public bool IsClosed
    {
        get
        {
            lock (_gate)
            {
                return _isClosed;
            }
        }
    }

    /// <summary>Everything that waits; valid until the next call. Raft thread only.</summary>
    public RaftInputs TakeAll()
    {
        // Cleared before taking: a producer that comes in between wakes the thread once more, for nothing at worst.
        Volatile.Write(ref _isSignalled, 0);
        _spare.Clear();
        lock (_gate)
        {
            (_waiting, _spare) = (_spare, _waiting);
            _messageBytes = 0;
        }

        return _spare;
    }

    /// <summary>Blocks until <see cref="Wake"/>, an input, or the end of the time. Raft thread only.</summary>
    public void WaitForInput(int milliseconds) => _wake.WaitOne(milliseconds);

    /// <summary>Ends a wait.</summary>
    public void Wake()
    {
        if (Interlocked.Exchange(ref _isSignalled, 1) == 0)
        {
            _wake.Set();
        }
    }

    /// <summary>Refuses everything from now on and gives out what still waits.</summary>
    public RaftInputs Close()
    {
        lock (_gate)
        {
            _isClosed = true;
        }

        return TakeAll();
    }

    /// <inheritdoc/>
    public void Dispose() => _wake.Dispose();

    private bool TryPut(Func<RaftInputs, bool> hasRoom, Action<RaftInputs> put)
    {
        lock (_gate)
        {
            if (_isClosed || !hasRoom(_waiting))
            {
                return false;
            }

            put(_waiting);
        }

        Wake();
        return true;
    }
}
