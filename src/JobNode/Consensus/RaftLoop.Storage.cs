using System.Diagnostics;
using System.Runtime.InteropServices;
using JobNode.Commands;
using JobNode.Consensus.Log;
using JobNode.Observability;

namespace JobNode.Consensus;

/// <content>What is written to the disk, and what happens while it takes no writes.</content>
internal sealed partial class RaftLoop
{
    private const int DiskRetryMs = 250;
    private const int DeferredMax = 1024;

    private readonly List<Action> _deferred = [];
    private readonly List<SnapshotReport> _deferredReports = [];
    private readonly Dictionary<NodeId, SnapshotPin> _pins = [];
    private readonly MemoryTail _tail;
    private StorageException? _blockedBy;
    private long _retryAtMs;
    private ulong _heardTerm;
    private long _heardAtMs;
    private bool _isAppended;

    /// <summary>
    /// A Ready is taken and cannot be persisted: no call into the core until it is, so no ticks, messages or proposals.
    /// </summary>
    private bool IsBlocked => _blockedBy is not null;

    /// <summary>False when the disk takes no writes; called again it goes on where it stopped.</summary>
    private bool TryPersist()
    {
        try
        {
            Persist();
            return true;
        }
        catch (StorageException error) when (error.CanRetry)
        {
            Block(error);
            return false;
        }
    }

    private void Persist()
    {
        bool leadsOn = _role == RaftRole.Leader
            && _ready.Role == RaftRole.Leader
            && _ready.HardState.Term == _leadershipTerm;
        if (leadsOn)
        {
            _heartbeats.BeginWrite();
        }

        try
        {
            Write();
        }
        finally
        {
            _heartbeats.EndWrite();
        }

        _hardState = _ready.HardState;
    }

    private void Write()
    {
        if (!_isAppended)
        {
            if (_ready.Snapshot is ReadySnapshot snapshot && snapshot.Index > _appliedIndex)
            {
                InstallSnapshot(snapshot);
            }

            HardState? hardState = _ready.HardStateChanged ? _ready.HardState : null;
            if (_ready.Entries.Count > 0 || hardState is not null)
            {
                _log.Append(CollectionsMarshal.AsSpan(_ready.Entries), hardState);
            }

            _tail.Append(_ready.Entries);
            _isAppended = true;
        }

        // A new commit index alone stays buffered until the next write: raft finds it again after a restart.
        if (_ready.MustSync || _ready.Snapshot is not null || CommitsChange())
        {
            long startedAt = Stopwatch.GetTimestamp();
            _log.FlushAndSync();
            _options.Timings.NoteSync(startedAt);
        }
    }

    /// <summary>
    /// Nothing that depends on the Ready leaves this node. The callers are told at once: what was proposed may come to
    /// be through the others, what was not was never logged. To them this node does not lead, and before long, since it
    /// is silent, neither do the others think so.
    /// </summary>
    private void Block(StorageException error)
    {
        if (!IsBlocked)
        {
            LogMessages.DiskBlocked(_logger, error.Message);
            LoseLeadership();
            _role = RaftRole.Follower;
            _leader = NodeId.None;
            _heardTerm = _hardState.Term;
        }

        _blockedBy = error;
        _retryAtMs = _clock.MonotonicMs + DiskRetryMs;
        _options.Conditions.Raise(
            NodeCondition.DiskBlocked,
            $"The disk takes no writes: {error.Message} {_options.DescribeDisk()} This node acknowledges nothing and "
            + $"takes no part in elections until it does; it tries again every {DiskRetryMs} ms.");
    }

    /// <summary>Tries again when it is time to; true once the Ready that was stuck is done.</summary>
    private bool TryUnblock()
    {
        Invariant.That(IsBlocked, "only a blocked node is unblocked");
        if (_clock.MonotonicMs < _retryAtMs || !TryPersist())
        {
            return false;
        }

        _blockedBy = null;
        _options.Conditions.Clear(NodeCondition.DiskBlocked);
        LogMessages.DiskUnblocked(_logger);
        FinishReady();

        // Time that this node slept through says nothing about the others.
        _lastTickMs = _clock.MonotonicMs;
        foreach (SnapshotReport report in _deferredReports)
        {
            NoteTransferEnded(report);
        }

        foreach (Action finished in _deferred)
        {
            finished();
        }

        _deferredReports.Clear();
        _deferred.Clear();
        return true;
    }

    /// <summary>Bounds what the core keeps in memory of the log.</summary>
    private void TrimTail()
    {
        if (IsBlocked || _tail.Bytes <= _options.TailBytesMax)
        {
            return;
        }

        if (_tail.FindDrop(_appliedIndex, FindPinnedIndex()) is ulong index)
        {
            _core.Trim(index);
            _tail.Drop(index);
        }
    }

    /// <summary>
    /// What comes after it is needed by a snapshot that is on its way, or by a follower that keeps up.
    /// </summary>
    private ulong FindPinnedIndex()
    {
        ulong pinned = _schedule.IsSaving ? _savingIndex : ulong.MaxValue;
        foreach ((NodeId node, SnapshotPin pin) in _pins)
        {
            if (pin.UntilMs < _clock.MonotonicMs)
            {
                _pins.Remove(node);
            }
            else
            {
                pinned = Math.Min(pinned, pin.Index);
            }
        }

        _progress.Clear();
        _core.ReadProgress(_progress);
        foreach (MemberProgress progress in _progress)
        {
            if (progress.IsActive && progress.MatchIndex > 0)
            {
                pinned = Math.Min(pinned, progress.MatchIndex);
            }
        }

        return pinned;
    }

    /// <summary>A follower is being sent a snapshot: it will need the entries after it.</summary>
    private void NoteTransfer(NodeId to, ulong snapshotIndex) =>
        _pins[to] = new SnapshotPin(snapshotIndex, long.MaxValue);

    private void NoteTransferEnded(SnapshotReport report)
    {
        _core.ReportSnapshot(report.Node, report.Delivered);
        if (_pins.TryGetValue(report.Node, out SnapshotPin pin))
        {
            // It still has to restore the state from it; then it tells how far it is.
            _pins[report.Node] = pin with { UntilMs = _clock.MonotonicMs + _options.SnapshotRestoreMsMax };
        }
    }

    /// <summary>Ends a healthy run; a disk that takes no writes gets no clean mark, which only costs a check.</summary>
    private void CloseLog()
    {
        if (IsBlocked)
        {
            return;
        }

        try
        {
            _log.Close();
        }
        catch (StorageException error) when (error.CanRetry)
        {
            LogMessages.DiskBlocked(_logger, error.Message);
        }
    }

    /// <summary>Runs what calls into the core as soon as that may be.</summary>
    private void WhenUnblocked(Action action)
    {
        if (IsBlocked)
        {
            _deferred.Add(action);
        }
        else
        {
            action();
        }
    }

    /// <summary>What can be done without the core: answer reads, refuse the rest.</summary>
    private void TurnBlocked(RaftInputs inputs)
    {
        foreach (Action finished in inputs.Finished)
        {
            // Level-triggered callers repeat what they want, so there is no need to keep more than a few.
            if (_deferred.Count < DeferredMax)
            {
                _deferred.Add(finished);
            }
        }

        _deferredReports.AddRange(inputs.SnapshotReports);
        foreach (ReceivedSnapshot received in inputs.Snapshots)
        {
            DiscardReceived(received.FileName);
        }

        foreach (byte[] message in inputs.Messages)
        {
            NoteLeaderOf(message);
        }

        if (_clock.MonotonicMs - _heardAtMs > 2L * _options.ElectionTicks * _options.TickMs)
        {
            _leader = NodeId.None;
        }

        foreach (ProposalRequest request in inputs.Proposals)
        {
            request.Fail(ResultCode.NotLeader);
        }

        foreach (IndexWait wait in inputs.Waits)
        {
            wait.End(reached: wait.Index <= _appliedIndex);
        }

        _waits.Expire(_clock.MonotonicMs);
        TakeSnapshotIfDue();
        PublishStatus();
        foreach (IReadRequest read in inputs.Reads)
        {
            read.Run();
        }
    }

    /// <summary>
    /// Who leads meanwhile, by what it sends: calls are passed on to it. For the callers only; what raft itself thinks
    /// waits for the disk.
    /// </summary>
    private void NoteLeaderOf(ReadOnlySpan<byte> message)
    {
        if (RaftMessage.TryReadLeader(message, out NodeId leader, out ulong term)
            && term >= _heardTerm
            && _configuration.Find(leader) is not null)
        {
            Invariant.That(leader != _options.Self, "a message comes from another node");
            _leader = leader;
            _heardTerm = term;
            _heardAtMs = _clock.MonotonicMs;
        }
    }

    private readonly record struct SnapshotPin(ulong Index, long UntilMs);
}
