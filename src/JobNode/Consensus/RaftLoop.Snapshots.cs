using JobNode.Commands;
using JobNode.Consensus.Log;
using JobNode.Observability;

namespace JobNode.Consensus;

/// <content>Starting from, taking and installing snapshots.</content>
internal sealed partial class RaftLoop
{
    /// <summary>
    /// Index and term of the synthetic snapshot that every first member starts from. It has no body: the state is the
    /// empty machine's.
    /// </summary>
    public const ulong BootstrapIndex = WriteAheadLog.BootstrapIndex;

    private SnapshotMetadata _snapshot;
    private ClusterConfiguration _configuration;
    private long _bytesSinceSnapshot;
    private bool _isSaving;
    private bool _isSnapshotWanted;
    private string? _receivedFile;

    private void StartFrom(SnapshotMetadata latest)
    {
        LoadState(latest);
        HardState remembered = _log.HardState;

        // A crash between installing a snapshot and writing the hard state leaves a commit index below the snapshot.
        _hardState = remembered with
        {
            Commit = Math.Max(remembered.Commit, latest.Index),
            Term = Math.Max(remembered.Term, latest.Term),
            Vote = remembered.Term >= latest.Term ? remembered.Vote : 0,
        };
        IReadOnlyList<RaftEntry> entries = _log.TakeRecoveredEntries();
        RaftConfiguration configuration = latest.Index == 0
            ? RaftConfiguration.Empty
            : RaftConfiguration.Of(latest.Configuration);
        foreach (RaftEntry entry in entries)
        {
            if (entry.Kind == RaftEntryKind.ConfigurationChange)
            {
                _lastChangeIndex = entry.Index;
                RequireKnown(entry);
            }
        }

        _core.Start(new RaftCoreStart(
            _options.Self,
            latest.Index,
            latest.Term,
            configuration,
            _hardState,
            entries,
            _options.ElectionTicks,
            _options.HeartbeatTicks));
        if (configuration.Voters is [NodeId onlyVoter] && onlyVoter == _options.Self)
        {
            // Nobody else could lead: waiting for a leader's sign of life would only cost an election time-out.
            _core.Campaign();
        }

        LogMessages.RaftStarted(_logger, latest.Index, entries.Count, _hardState.Term, _hardState.Commit);
    }

    /// <summary>A program that is too old for its log says so at once, and not while it applies.</summary>
    private void RequireKnown(RaftEntry entry)
    {
        if (entry.Index <= _hardState.Commit
            && ChangeEntry.Decode(entry.Data.Span) is MemberChange.RaiseFeatureLevel raise)
        {
            FeatureLevels.RequireKnown(raise.Level);
        }
    }

    private void LoadState(SnapshotMetadata metadata)
    {
        FeatureLevels.RequireKnown(metadata.Configuration.FeatureLevel);
        if (metadata.Index == BootstrapIndex)
        {
            _machine.Advance(BootstrapIndex);
        }
        else if (metadata.Index > 0)
        {
            using Stream body = _snapshots.OpenBody(metadata.Index);
            _machine.Restore(body);
        }

        Invariant.That(_machine.AppliedIndex == metadata.Index, "a snapshot holds the state at its index");
        _snapshot = metadata;
        _configuration = metadata.Configuration;
        _appliedIndex = metadata.Index;
        _appliedTerm = metadata.Term;
        _bytesSinceSnapshot = 0;
    }

    /// <summary>
    /// Steps a received snapshot with nothing else under way: what came before is handled first, and the Ready that
    /// installs it is handled before the next tick or message.
    /// </summary>
    private void StepSnapshot(ReceivedSnapshot received)
    {
        DrainReadies();
        Invariant.That(_receivedFile is null, "one received snapshot at a time");
        _receivedFile = received.FileName;
        _core.Step(received.Message);
        DrainReadies();
        if (_receivedFile is not null)
        {
            // The core had no use for it: older than what is committed here, or from a former leader.
            _receivedFile = null;
            _snapshots.Discard(received.FileName);
            LogMessages.SnapshotIgnored(_logger, received.FileName);
        }
    }

    private void DrainReadies()
    {
        while (_core.TryTakeReady(_ready))
        {
            HandleReady();
        }
    }

    private void InstallSnapshot(ReadySnapshot snapshot)
    {
        Invariant.That(snapshot.Index > _appliedIndex, "a snapshot leads forward");
        string file = _receivedFile
            ?? throw new InvalidOperationException($"no file came with the snapshot at {snapshot.Index}");
        _receivedFile = null;
        _snapshots.Install(file);
        SnapshotMetadata installed = _snapshots.Latest
            ?? throw new InvalidOperationException("an installed snapshot is the latest");
        Invariant.That(
            installed.Index == snapshot.Index && installed.Term == snapshot.Term,
            "the file that came with a snapshot is the one that its message announced");
        _log.Reset(snapshot.Index);
        LoadState(installed);
        _snapshots.DeleteOlderThan(installed.Index);
        LogMessages.SnapshotInstalled(_logger, installed.Index, installed.Term);
    }

    private void TakeSnapshotIfDue()
    {
        bool isDue = _isSnapshotWanted
            || _appliedIndex - _snapshot.Index >= _options.SnapshotEntriesMax
            || _bytesSinceSnapshot >= _options.SnapshotBytesMax;
        if (!isDue || _isSaving || _appliedIndex == _snapshot.Index)
        {
            return;
        }

        _isSaving = true;
        ulong index = _appliedIndex;
        ulong term = _appliedTerm;
        ClusterConfiguration configuration = _configuration;
        long bytes = _bytesSinceSnapshot;
        IFrozenState frozen = _machine.Freeze();
        Invariant.That(frozen.AppliedIndex == index, "the state is frozen where the loop is");
        _options.RunInBackground(() => Save(index, term, configuration, frozen, bytes));
    }

    /// <summary>Background thread: writes the file, then tells the raft thread.</summary>
    private void Save(ulong index, ulong term, ClusterConfiguration configuration, IFrozenState frozen, long bytes)
    {
        try
        {
            using (frozen)
            {
                SnapshotMetadata saved = _snapshots.Save(index, term, configuration, frozen);
                _inbox.Post(() => NoteSaved(saved, bytes));
            }
        }
        catch (Exception exception)
        {
            _inbox.Post(() => throw new IOException($"the snapshot at {index} could not be written", exception));
        }
    }

    private void NoteSaved(SnapshotMetadata saved, long bytes)
    {
        Invariant.That(_isSaving, "a snapshot that was saved was begun");
        _isSaving = false;
        _isSnapshotWanted = false; // who still needs a newer one asks again
        if (saved.Index <= _snapshot.Index)
        {
            // The leader's newer one was installed meanwhile.
            return;
        }

        _snapshot = saved;
        _bytesSinceSnapshot -= bytes;
        ulong kept = Math.Min(_options.KeptEntriesMax, saved.Index);
        _core.Compact(saved.Index, RaftConfiguration.Of(saved.Configuration), saved.Index - kept);
        _log.Compact(saved.Index);
        _snapshots.DeleteOlderThan(saved.Index);
        LogMessages.SnapshotSaved(_logger, saved.Index);
    }
}
