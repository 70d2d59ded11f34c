using JobNode.Commands;
using JobNode.Consensus.Log;
using JobNode.Observability;

namespace JobNode.Consensus;

/// <content>Handling of one Ready: persist, send, apply, advance.</content>
internal sealed partial class RaftLoop
{
    private readonly HeartbeatRepeater _heartbeats;
    private readonly List<CommandResult> _results = [];
    private HardState _hardState;
    private RaftRole _role;
    private NodeId _leader;
    private NodeId _lastLeader;
    private ulong _leadershipTerm;
    private ulong _appliedIndex;
    private ulong _appliedTerm;

    private bool _maySendEarly;

    /// <summary>Milliseconds after which <see cref="RepeatHeartbeats"/> wants to be called again.</summary>
    public int RepeatEveryMs => _options.TickMs;

    /// <summary>
    /// Timer thread: keeps the followers of a leader calm whose disk is slow (<see cref="HeartbeatRepeater"/>).
    /// </summary>
    public void RepeatHeartbeats() => _heartbeats.Repeat();

    /// <summary>True when the core has still more after the most that one turn does.</summary>
    private bool HandleReadies()
    {
        for (int i = 0; i < ReadiesPerTurnMax; i++)
        {
            if (!_core.TryTakeReady(_ready))
            {
                return false;
            }

            if (!HandleReady())
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// Nothing may come between taking a Ready and <see cref="IRaftCore.Advance"/>: a tick there can panic while a
    /// snapshot is pending, and a stepped snapshot would switch the configuration under the Ready. False when the disk
    /// takes no writes: then <see cref="TryUnblock"/> goes on with this Ready.
    /// </summary>
    private bool HandleReady()
    {
        Invariant.That(_ready.HardState.Term >= _hardState.Term, "the term never goes back");
        Invariant.That(_ready.HardState.Commit >= _hardState.Commit, "the commit index never goes back");
        _isSnapshotWanted |= _ready.SnapshotWanted;
        NoteChanges();
        _maySendEarly = MaySendBeforePersisting();
        if (_maySendEarly)
        {
            SendMessages(appends: true);
        }

        _isAppended = false;
        if (!TryPersist())
        {
            return false;
        }

        FinishReady();
        return true;
    }

    private void FinishReady()
    {
        if (!_maySendEarly)
        {
            SendMessages(appends: true);
        }

        SendMessages(appends: false);
        ApplyCommitted();
        foreach (ReadState state in _ready.ReadStates)
        {
            _waits.Answer(state);
        }

        NoteRole();
        _core.Advance();
    }

    /// <summary>
    /// A leader may write its own log while the followers write theirs (dissertation section 10.2.1), because an entry
    /// commits through the others' answers, which are stepped after our own sync. Not so in a Ready that also holds a
    /// new term or vote, or that commits what only we have (a sole voter) or a change of the configuration.
    /// </summary>
    private bool MaySendBeforePersisting() =>
        _ready.Role == RaftRole.Leader
        && _ready.Snapshot is null
        && _ready.HardState.Term == _hardState.Term
        && _ready.HardState.Vote == _hardState.Vote
        && _ready.HardState.Commit <= _log.LastIndex
        && !CommitsChange();

    private void SendMessages(bool appends)
    {
        foreach (OutgoingMessage message in _ready.Messages)
        {
            if ((message.Kind == RaftMessageKind.Append) != appends)
            {
                continue;
            }

            if (message.Kind == RaftMessageKind.Snapshot)
            {
                LogMessages.SnapshotNeeded(_logger, message.To, message.SnapshotIndex);
                NoteTransfer(message.To, message.SnapshotIndex);
                _transport.SendSnapshot(message.To, message.Bytes, message.SnapshotIndex);
            }
            else
            {
                if (message.Kind == RaftMessageKind.Heartbeat)
                {
                    _heartbeats.NoteSent(message.To, message.Bytes);
                }

                _transport.Send(message.To, message.Bytes);
            }
        }
    }

    private void ApplyCommitted()
    {
        foreach (RaftEntry entry in _ready.Committed)
        {
            Invariant.That(entry.Index == _appliedIndex + 1, "entries are applied in order, without gaps");
            Invariant.That(entry.Term >= _appliedTerm, "terms in the log never go back");
            Invariant.That(entry.Index <= _log.LastIndex, "an entry is persisted before it is applied");
            Apply(entry);
            NoteApplied(entry);
        }
    }

    private void NoteApplied(RaftEntry entry)
    {
        _appliedIndex = entry.Index;
        _appliedTerm = entry.Term;
        _bytesSinceSnapshot += entry.Data.Length;
        Invariant.That(_machine.AppliedIndex == _appliedIndex, "the machine is where the loop is");
    }

    private void Apply(RaftEntry entry)
    {
        if (entry.Kind == RaftEntryKind.ConfigurationChange)
        {
            ApplyChange(entry);
            return;
        }

        if (entry.Kind != RaftEntryKind.Normal)
        {
            throw new InvalidDataException(
                $"log entry {entry.Index} is of kind {entry.Kind}, which this version does not know: "
                + "it was written by a newer one; start that");
        }

        if (entry.Data.IsEmpty)
        {
            _machine.Advance(entry.Index);
            return;
        }

        DecodedEntry decoded;
        try
        {
            decoded = EntryCodec.Decode(entry.Data);
        }
        catch (InvalidDataException exception)
        {
            throw Undecodable(entry, exception);
        }

        _lastStampMs = Math.Max(_lastStampMs, decoded.TimeMs);
        _results.Clear();
        foreach (Command command in decoded.Commands)
        {
            _results.Add(_machine.Apply(entry.Index, decoded.TimeMs, command));
        }

        _machine.Advance(entry.Index);
        _pending.Complete(decoded.Id, _results, entry.Index);
    }

    private static InvalidDataException Undecodable(RaftEntry entry, InvalidDataException reason) => new(
        $"log entry {entry.Index} (term {entry.Term}, {entry.Data.Length} bytes) cannot be decoded: "
        + $"{reason.Message}; going on would let this node's state differ from the others'",
        reason);

    /// <summary>
    /// After applying: what this Ready committed is known, and only the rest of the proposals is not.
    /// </summary>
    private void NoteRole()
    {
        bool isNewTerm = _ready.HardState.Term != _leadershipTerm;
        if (_role == RaftRole.Leader && (_ready.Role != RaftRole.Leader || isNewTerm))
        {
            LoseLeadership();
        }

        if (_role != _ready.Role || _leader != _ready.Leader || isNewTerm)
        {
            LogMessages.RoleChanged(_logger, _ready.Role, _ready.Leader, _ready.HardState.Term);
        }

        _splits = _ready.Leader == NodeId.None ? _splits : 0;
        if (_leader != _ready.Leader || isNewTerm)
        {
            bool isAnother = _ready.Leader != NodeId.None && _ready.Leader != _lastLeader;
            _lastLeader = isAnother ? _ready.Leader : _lastLeader;
            _options.Timings.NoteLeader(isAnother);
        }

        if (_ready.Role == RaftRole.Leader && (_role != RaftRole.Leader || isNewTerm))
        {
            _inheritedChangeIndex = _lastChangeIndex;
        }

        _role = _ready.Role;
        _leader = _ready.Leader;
        _leadershipTerm = _ready.HardState.Term;
        Invariant.That(_role != RaftRole.Leader || _leader == _options.Self, "a leader knows itself as the leader");
    }
}
