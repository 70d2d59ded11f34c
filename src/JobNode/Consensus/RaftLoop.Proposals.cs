using JobNode.Commands;

namespace JobNode.Consensus;

/// <content>Proposals and reads: what callers on other threads ask for.</content>
internal sealed partial class RaftLoop
{
    private readonly PendingProposals _pending;
    private readonly ProposalBatch _batch = new();
    private readonly Queue<ProposalRequest> _unproposed = new();
    private long _unproposedBytes;
    private ulong _lastStampMs;

    /// <summary>
    /// Takes a slot for a proposal: Ok, or why not (NotLeader, Overloaded, Stopping), in which case nothing was logged.
    /// A slot that was taken must be used with <see cref="Submit"/>.
    /// </summary>
    public ResultCode TryReserve()
    {
        if (_inbox.IsClosed)
        {
            return ResultCode.Stopping;
        }

        if (!_board.Current.IsLeader)
        {
            return ResultCode.NotLeader;
        }

        return Slots.TryTake() ? ResultCode.Ok : ResultCode.Overloaded;
    }

    /// <summary>Queues a proposal whose slot was taken; its task ends in any case.</summary>
    public void Submit(ProposalRequest request)
    {
        if (!_inbox.TryPropose(request))
        {
            request.Fail(_inbox.IsClosed ? ResultCode.Stopping : ResultCode.Overloaded);
        }
    }

    /// <inheritdoc/>
    public bool Receive(byte[] message)
    {
        if (RaftMessage.KindOf(message) is RaftMessageKind.Append or RaftMessageKind.Heartbeat)
        {
            _options.Timings.NoteLeaderMessage(_clock.MonotonicMs);
        }

        return _inbox.Receive(message);
    }

    /// <inheritdoc/>
    public bool ReceiveSnapshot(byte[] message, string fileName) => _inbox.ReceiveSnapshot(message, fileName);

    /// <inheritdoc/>
    public void ReportUnreachable(NodeId node) => _inbox.ReportUnreachable(node);

    /// <inheritdoc/>
    public void ReportSnapshot(NodeId node, bool delivered) => _inbox.ReportSnapshot(node, delivered);

    /// <inheritdoc/>
    /// <exception cref="OperationCanceledException">The caller cancelled, or the node stops or is
    /// overloaded.</exception>
    public Task<T> ReadAsync<T>(Func<T> query, CancellationToken cancellation)
    {
        var request = new ReadRequest<T>(query, cancellation);
        if (!_inbox.TryRead(request))
        {
            request.Abandon();
        }

        return request.Task;
    }

    /// <inheritdoc/>
    public Task<bool> ReadBarrierAsync(CancellationToken cancellation) =>
        WaitAsync(new IndexWait(null, _clock.MonotonicMs + _options.ReadTimeoutMs), cancellation);

    /// <inheritdoc/>
    public Task<bool> WaitAppliedAsync(ulong logIndex, CancellationToken cancellation)
    {
        if (_board.Current.AppliedIndex >= logIndex)
        {
            return Task.FromResult(true);
        }

        var wait = new IndexWait(logIndex, _clock.MonotonicMs + _options.AppliedTimeoutMs);
        Task<bool> reached = WaitAsync(wait, cancellation);
        if (_board.Current.AppliedIndex >= logIndex)
        {
            // It was applied before the wait was in the inbox, perhaps, and then nothing more may come that wakes it.
            // Otherwise the turn that applies it looks for new waits after it published the index.
            _inbox.Wake();
        }

        return reached;
    }

    private Task<bool> WaitAsync(IndexWait wait, CancellationToken cancellation)
    {
        if (cancellation.CanBeCanceled)
        {
            wait.WatchFor(cancellation);
        }

        if (!_inbox.TryWait(wait))
        {
            wait.End(reached: false);
        }

        return wait.Task;
    }

    /// <summary>
    /// Group commit: everything that waits becomes as few entries as possible, which then share one write and one sync.
    /// </summary>
    private void Propose(List<ProposalRequest> arrived)
    {
        foreach (ProposalRequest request in arrived)
        {
            if (_role == RaftRole.Leader && !IsUnseated())
            {
                _unproposed.Enqueue(request);
                _unproposedBytes += request.Encoded.Length;
            }
            else
            {
                request.Fail(ResultCode.NotLeader);
            }
        }

        if (IsUnseated())
        {
            FailUnproposed();
        }

        while (CanPropose())
        {
            FillBatch();
            if (!_batch.IsEmpty)
            {
                ProposeBatch();
            }
        }

        Invariant.That(_role == RaftRole.Leader || _unproposed.Count == 0, "only a leader holds proposals back");
    }

    /// <summary>
    /// Only while the last Ready said that we lead in _hardState.Term: that term goes into the proposal ids. What comes
    /// while an entry is under way is the next one, unless it is worth an entry of its own already: each costs every
    /// node a sync, messages and turns, whatever it holds.
    /// </summary>
    private bool CanPropose() =>
        _unproposed.Count > 0
        && _role == RaftRole.Leader
        && MayAppend()
        && (_pending.Count == 0 || _unproposedBytes >= _options.OwnEntryBytesMin)
        && _pending.Bytes < _options.ProposedBytesMax;

    private void FillBatch()
    {
        while (_unproposed.TryPeek(out ProposalRequest? request) && (request.IsSettled || _batch.TryAdd(request)))
        {
            _unproposed.Dequeue();
            _unproposedBytes -= request.Encoded.Length;
        }
    }

    private void ProposeBatch()
    {
        _lastStampMs = Math.Max(_lastStampMs, _clock.UnixMs);
        ProposalId id = _pending.NextId(_hardState.Term);
        ReadOnlySpan<byte> entry = _batch.Encode(id, _lastStampMs);
        Invariant.That(entry.Length <= Limits.EntryBytesMax, "an entry stays below its limit");
        bool isAccepted = _core.Propose(entry);
        ProposalRequest[] requests = _batch.TakeRequests();
        if (isAccepted)
        {
            _pending.Add(id, requests, entry.Length);
            return;
        }

        // Dropped: the core does not lead any more, or hands leadership over. Never logged, so the caller may go
        // elsewhere.
        foreach (ProposalRequest request in requests)
        {
            request.Fail(ResultCode.NotLeader);
        }
    }

    /// <summary>
    /// What was proposed under the old leadership has an unknown outcome; what was not was never logged.
    /// </summary>
    private void LoseLeadership()
    {
        _heartbeats.ForgetAll();
        _isChangeProposed = false;
        _successor = NodeId.None;
        _wasUnseated = false;
        _handoverAgainMs = 0;
        _pending.FailAll(ResultCode.OutcomeUnknown);
        FailUnproposed();
    }

    private void FailUnproposed()
    {
        while (_unproposed.TryDequeue(out ProposalRequest? request))
        {
            request.Fail(ResultCode.NotLeader);
        }

        _unproposedBytes = 0;
    }
}
