using JobNode.Commands;
using JobNode.Consensus.Log;
using JobNode.Observability;

namespace JobNode.Consensus;

/// <content>Changes of the configuration, and handing leadership over.</content>
internal sealed partial class RaftLoop
{
    private readonly List<MemberProgress> _progress = [];
    private (NodeId Leader, ulong Term) _outside;
    private ulong _lastChangeIndex;
    private ulong _inheritedChangeIndex;
    private bool _isChangeProposed;
    private bool _isLeaving;
    private bool _wasUnseated;
    private NodeId _successor;
    private long _handoverAgainMs;

    /// <inheritdoc/>
    public void ProposeChange(MemberChange change) => _inbox.Post(() => ProposeNow(change));

    /// <inheritdoc/>
    /// <exception cref="OperationCanceledException">The caller cancelled, or the node stops.</exception>
    public Task<IReadOnlyList<MemberProgress>> ReadProgressAsync(CancellationToken cancellation) =>
        ReadAsync<IReadOnlyList<MemberProgress>>(
            () =>
            {
                _progress.Clear();
                if (!IsBlocked)
                {
                    _core.ReadProgress(_progress);
                }

                return [.. _progress];
            },
            cancellation);

    /// <inheritdoc/>
    public void TransferLeadership(NodeId to) => _inbox.Post(() =>
    {
        if (_role == RaftRole.Leader)
        {
            HandOver(to == NodeId.None ? FindSuccessor() : to);
        }
    });

    /// <inheritdoc/>
    public void NoteOutside(ClusterConfiguration configuration, NodeId leader, ulong term) => _inbox.Post(() =>
    {
        if (_appliedIndex > 0)
        {
            return;
        }

        // The same reference for the same content: those who wait for changes are woken by a new one.
        _configuration = configuration.Equals(_configuration) ? _configuration : configuration;
        _outside = (leader, term);
    });

    /// <summary>
    /// Before a node stops: a leader hands over to the voter that has most of the log, so that the cluster need not
    /// wait for an election time-out. From then on it takes no proposals (NotLeader). Any thread.
    /// </summary>
    public void RequestHandover() => _inbox.Post(() => _isLeaving = true);

    /// <summary>As <see cref="RequestHandover"/>; ends when another node leads, or with the patience.</summary>
    public async Task HandOverAsync(TimeSpan patience)
    {
        ConsensusStatus status = _board.Current;
        if (!status.IsLeader || status.Configuration.Voters.All(voter => voter.Id == _options.Self))
        {
            return;
        }

        RequestHandover();
        using var timeout = new CancellationTokenSource(patience);
        try
        {
            while (status.Leader == NodeId.None || status.Leader == _options.Self)
            {
                status = await _board.WaitForChangeAsync(status, timeout.Token);
            }
        }
        catch (OperationCanceledException)
        {
            LogMessages.HandoverTimedOut(_logger, (long)patience.TotalMilliseconds);
        }
    }

    /// <summary>What the core knows; a node without a log knows what it was told from outside.</summary>
    private (NodeId Leader, ulong Term) KnownLeader()
    {
        // A core that nobody feeds (any more) never forgets the last leader that it heard of.
        bool isOutside = _appliedIndex == 0
            && _outside.Leader != NodeId.None
            && (_leader == NodeId.None || _outside.Term > _hardState.Term);
        return isOutside
            ? (_outside.Leader, Math.Max(_outside.Term, _hardState.Term))
            : (_leader, _hardState.Term);
    }

    private void ProposeNow(MemberChange change)
    {
        if (_role != RaftRole.Leader)
        {
            LogMessages.ChangeDropped(_logger, "this node does not lead");
            return;
        }

        if (_isChangeProposed || _lastChangeIndex > _appliedIndex || IsUnseated())
        {
            LogMessages.ChangeDropped(_logger, "another one is under way");
            return;
        }

        string? refusal = ConfigurationChange.TryApply(_configuration, change, out ClusterConfiguration changed);
        if (refusal is not null)
        {
            LogMessages.ChangeNotProposed(_logger, refusal);
            return;
        }

        if (_configuration.IsVoter(_options.Self) && !changed.IsVoter(_options.Self))
        {
            // A leader that is not a voter any more would go on leading; and with two voters left, the other one could
            // never learn alone that the change was committed.
            LogMessages.ChangeNotProposed(_logger, "it takes the vote from this leader, which hands over first");
            HandOver(FindSuccessor());
            return;
        }

        _isChangeProposed = _core.ProposeChange(
            RaftChange.Between(_configuration, changed, change), MemberChangeCodec.Encode(change));
        if (!_isChangeProposed)
        {
            LogMessages.ChangeDropped(_logger, "this node does not lead any more, or hands over");
        }
    }

    /// <summary>Looks for changes among the entries of a Ready, before they are persisted.</summary>
    private void NoteChanges()
    {
        if (_ready.Entries.Count == 0)
        {
            return;
        }

        if (_ready.Entries[0].Index <= _lastChangeIndex)
        {
            // The end of the log is replaced, that change with it.
            _lastChangeIndex = 0;
        }

        bool hasChange = false;
        foreach (RaftEntry entry in _ready.Entries)
        {
            if (entry.Kind == RaftEntryKind.ConfigurationChange)
            {
                hasChange = true;
                _lastChangeIndex = entry.Index;
            }
        }

        if (_isChangeProposed && !hasChange)
        {
            LogMessages.ChangeDropped(
                _logger, "the core made an empty entry of it, since another one may be under way");
        }

        _isChangeProposed = false;
    }

    /// <summary>
    /// True when this Ready commits a change: then the commit index becomes durable before anybody hears of it and
    /// before it is applied.
    /// </summary>
    /// <remarks>
    /// A node that forgot that a change was committed waits for the votes of a configuration whose nodes may be gone,
    /// or may refuse: with two voters, the one that was demoted has entries that the forgetful leader sent and lost.
    /// </remarks>
    private bool CommitsChange()
    {
        if (_lastChangeIndex > _hardState.Commit && _lastChangeIndex <= _ready.HardState.Commit)
        {
            return true;
        }

        foreach (RaftEntry entry in _ready.Committed)
        {
            if (entry.Kind == RaftEntryKind.ConfigurationChange)
            {
                return true;
            }
        }

        return false;
    }

    private void ApplyChange(RaftEntry entry) => _core.ApplyChange(ChangeConfiguration(entry));

    /// <summary>Makes a committed change ours; gives what it is to the core.</summary>
    private RaftChange ChangeConfiguration(RaftEntry entry)
    {
        MemberChange change;
        try
        {
            change = ChangeEntry.Decode(entry.Data.Span);
        }
        catch (InvalidDataException exception)
        {
            throw Undecodable(entry, exception);
        }

        ClusterConfiguration before = _configuration;
        string? refusal = ConfigurationChange.TryApply(before, change, out ClusterConfiguration after);
        if (refusal is not null)
        {
            LogMessages.ChangeRefused(_logger, entry.Index, refusal);
            _machine.Advance(entry.Index);
            return RaftChange.Nothing;
        }

        // What follows may be written in forms that this program cannot read: the node ends before that.
        FeatureLevels.RequireKnown(after.FeatureLevel);
        RaftChange raft = RaftChange.Between(before, after, change);
        LogMessages.ConfigurationChanged(_logger, entry.Index, MemberChangeText.Say(before, change));
        _configuration = after;
        if (raft.Kind == RaftChangeKind.Remove)
        {
            NoteRemoved(raft.Node);
        }

        _machine.Advance(entry.Index);
        return raft;
    }

    /// <summary>
    /// False for what the core would answer wrongly. A node that was removed and does not know it asks for votes for
    /// ever; with a log that is long enough (it may hold its own removal, and not know that it was committed) it would
    /// be elected. And see <see cref="IsUnseated"/>.
    /// </summary>
    private bool MayStep(byte[] message) => RaftMessage.KindOf(message) switch
    {
        RaftMessageKind.Vote or RaftMessageKind.PreVote =>
            !_configuration.Removed.Contains(RaftMessage.SenderOf(message)),
        RaftMessageKind.ReadIndex => !IsUnseated(),
        _ => true,
    };

    /// <summary>
    /// True for a leader (or one that may become it in this turn) without a vote. It must not name a read index: with
    /// one voter left the core takes itself for that voter and asks nobody, while the voter may have taken over.
    /// </summary>
    private bool IsUnseated() => _role != RaftRole.Follower && !_configuration.IsVoter(_options.Self);

    /// <summary>
    /// False for a leader that may add nothing to its log now: the change that it was elected with could take its own
    /// vote, or did.
    /// </summary>
    /// <remarks>
    /// Let voters 1 and 3 be left, 1 be elected with its own demotion in its log, commit it, and append more that 3
    /// lacks. When 3 then restarts without knowing of the commit, it needs 1's vote, does not get it since 1 has the
    /// longer log, and 1 may not stand: no leader ever again. Without the more, 3 has all that 1 has.
    /// </remarks>
    private bool MayAppend() => _inheritedChangeIndex <= _appliedIndex && !IsUnseated();

    private void NoteRemoved(NodeId node)
    {
        _heartbeats.Forget(node);
        if (node == _options.Self)
        {
            LogMessages.RemovedFromCluster(_logger);
        }
    }

    /// <summary>
    /// A leader that leaves hands over once, as soon as a voter was heard of: it takes an election time-out. One that
    /// lost its vote while it leads (it was elected before it applied the change) would go on leading, since the core
    /// does not stop it: it hands over again and again. Meanwhile it counts the voters' answers without its own
    /// (dissertation section 4.2.2), and without them it steps down as any leader.
    /// </summary>
    private void HandOverIfDue()
    {
        if (_role != RaftRole.Leader)
        {
            return;
        }

        bool isUnseated = IsUnseated();
        if (isUnseated && !_wasUnseated)
        {
            LogMessages.LeaderUnseated(_logger);
        }

        _wasUnseated = isUnseated;
        bool isDue = isUnseated ? _clock.MonotonicMs >= _handoverAgainMs : _isLeaving && _successor == NodeId.None;
        if (isDue)
        {
            _successor = FindSuccessor();
            HandOver(_successor);
        }
    }

    private void HandOver(NodeId successor)
    {
        if (successor == NodeId.None || successor == _options.Self)
        {
            return;
        }

        if (!_configuration.IsVoter(successor))
        {
            LogMessages.HandoverRefused(_logger, successor);
            return;
        }

        LogMessages.HandingOver(_logger, successor);
        _handoverAgainMs = _clock.MonotonicMs + (_options.TickMs * _options.ElectionTicks);
        _core.TransferLeadership(successor);
    }

    /// <summary>The voter with most of the log among those that were heard of; None when there is none.</summary>
    private NodeId FindSuccessor()
    {
        _progress.Clear();
        _core.ReadProgress(_progress);
        MemberProgress best = default;
        foreach (MemberProgress progress in _progress)
        {
            if (progress.Id != _options.Self
                && progress.IsActive
                && progress.MatchIndex > best.MatchIndex
                && _configuration.IsVoter(progress.Id))
            {
                best = progress;
            }
        }

        return best.Id;
    }
}
