using JobNode.Commands;

namespace JobNode.Consensus;

/// <content>Proposals and reads: what callers on other threads ask for.</content>
internal sealed partial class RaftLoop
{
    private readonly PendingProposals _pending;
    private readonly ProposalBatch _batch = new();
    private readonly Queue<ProposalRequest> _unproposed = new();
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
    public Task<bool> ReadBarrierAsync(CancellationToken cancellation) => WaitAsync(null, cancellation);

    /// <inheritdoc/>
    public Task<bool> WaitAppliedAsync(ulong logIndex, CancellationToken cancellation) =>
        _board.Current.AppliedIndex >= logIndex ? Task.FromResult(true) : WaitAsync(logIndex, cancellation);

    private Task<bool> WaitAsync(ulong? index, CancellationToken cancellation)
    {
        var wait = new IndexWait(index, _clock.MonotonicMs + _options.ReadTimeoutMs);
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

        // Only while the last Ready said that we lead in _hardState.Term: that term goes into the proposal ids.
        while (_role == RaftRole.Leader
            && MayAppend()
            && _unproposed.Count > 0
            && _pending.Bytes < _options.ProposedBytesMax)
        {
            FillBatch();
            if (!_batch.IsEmpty)
            {
                ProposeBatch();
            }
        }

        Invariant.That(_role == RaftRole.Leader || _unproposed.Count == 0, "only a leader holds proposals back");
    }

    private void FillBatch()
    {
        while (_unproposed.TryPeek(out ProposalRequest? request) && (request.IsSettled || _batch.TryAdd(request)))
        {
            _unproposed.Dequeue();
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
    }
}
