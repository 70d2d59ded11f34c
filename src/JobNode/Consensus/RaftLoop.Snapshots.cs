using System.Diagnostics;
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

    /// <summary>Having read more than this, a node gives the memory back that it took.</summary>
    private const long ReleaseAboveBytes = 64L << 20;

    private SnapshotMetadata _snapshot;
    private ClusterConfiguration _configuration;
    private long _bytesSinceSnapshot;
    private readonly SnapshotSchedule _schedule;
    private bool _isSnapshotWanted;
    private ulong _savingIndex;
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
        IReadOnlyList<RaftEntry> recovered = _log.TakeRecoveredEntries();
        foreach (RaftEntry entry in recovered)
        {
            if (entry.Kind == RaftEntryKind.ConfigurationChange)
            {
                _lastChangeIndex = entry.Index;
                RequireKnown(entry);
            }
        }

        IReadOnlyList<RaftEntry> entries = Replay(recovered);
        _tail.Restart(_appliedIndex);
        _tail.Append(entries);
        RaftConfiguration configuration = _appliedIndex == 0
            ? RaftConfiguration.Empty
            : RaftConfiguration.Of(_configuration);
        _core.Start(new RaftCoreStart(
            _options.Self,
            latest.Index,
            _appliedIndex,
            _appliedTerm,
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

        LogMessages.RaftStarted(_logger, latest.Index, recovered.Count, _hardState.Term, _hardState.Commit);
        ReleaseMemory(_snapshots.LatestBytes + _bytesSinceSnapshot);
    }

    /// <summary>
    /// Applies committed entries until no more are left than the tail may hold: the core would drop them as soon as it
    /// had them. Gives those that are left for it.
    /// </summary>
    private IReadOnlyList<RaftEntry> Replay(IReadOnlyList<RaftEntry> entries)
    {
        long bytesLeft = entries.Sum(MemoryTail.BytesOf);
        int next = 0;
        while (bytesLeft > _options.TailBytesMax && entries[next].Index <= _hardState.Commit)
        {
            RaftEntry entry = entries[next++];
            Invariant.That(entry.Index == _appliedIndex + 1, "entries are applied in order, without gaps");
            if (entry.Kind == RaftEntryKind.ConfigurationChange)
            {
                ChangeConfiguration(entry);
            }
            else
            {
                Apply(entry);
            }

            NoteApplied(entry);
            bytesLeft -= MemoryTail.BytesOf(entry);
        }

        return next == 0 ? entries : [.. entries.Skip(next)];
    }

    /// <summary>
    /// After a large read: what was read, and a state that was replaced, would stay until the collector sees a reason.
    /// The jobs themselves are not moved, so it takes a tenth of a second, and this node is idle anyway.
    /// </summary>
    private static void ReleaseMemory(long bytesRead)
    {
        if (bytesRead > ReleaseAboveBytes)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        }
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
        Invariant.That(_receivedFile is null, "one received snapshot at a time");
        if (DrainReadies())
        {
            _receivedFile = received.FileName;
            _core.Step(received.Message);
            DrainReadies();
        }

        bool isInstalling = IsBlocked && _receivedFile is not null && _ready.Snapshot is not null;
        if (_receivedFile == received.FileName && !isInstalling)
        {
            // The core had no use for it: older than what is committed here, or from a former leader.
            _receivedFile = null;
            DiscardReceived(received.FileName);
        }
    }

    private bool DrainReadies()
    {
        while (_core.TryTakeReady(_ready))
        {
            if (!HandleReady())
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Part of persisting: after a disk that took no writes it goes on where it stopped.</summary>
    private void InstallSnapshot(ReadySnapshot snapshot)
    {
        Invariant.That(snapshot.Index > _appliedIndex, "a snapshot leads forward");
        string file = _receivedFile
            ?? throw new InvalidOperationException($"no file came with the snapshot at {snapshot.Index}");
        if (_snapshots.Latest?.Index != snapshot.Index)
        {
            _snapshots.Install(file);
        }

        SnapshotMetadata installed = _snapshots.Latest
            ?? throw new InvalidOperationException("an installed snapshot is the latest");
        Invariant.That(
            installed.Index == snapshot.Index && installed.Term == snapshot.Term,
            "the file that came with a snapshot is the one that its message announced");
        _log.Reset(snapshot.Index);
        _hardState = _hardState with { Commit = snapshot.Index };
        _receivedFile = null;
        LoadState(installed);
        _tail.Restart(installed.Index);
        DeleteOldSnapshots();
        ReleaseMemory(_snapshots.LatestBytes);
        LogMessages.SnapshotInstalled(_logger, installed.Index, installed.Term);
    }

    private void TakeSnapshotIfDue()
    {
        // A disk without room for the log may have some once a snapshot lets segments go.
        bool isWanted = _isSnapshotWanted || IsHealing || (IsBlocked && _log.HasSealedSegments);
        if ((_appliedIndex == _snapshot.Index && !IsSnapshotDamaged)
            || !_schedule.IsDue(_appliedIndex - _snapshot.Index, _bytesSinceSnapshot, isWanted, _clock.MonotonicMs))
        {
            return;
        }

        _schedule.Begin();
        ulong index = _savingIndex = _appliedIndex;
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
        long begin = Stopwatch.GetTimestamp();
        try
        {
            using (frozen)
            {
                SnapshotMetadata saved = _snapshots.Save(index, term, configuration, frozen);
                _options.SnapshotTimings.NoteSaved(Stopwatch.GetElapsedTime(begin), _clock.UnixMs);
                _inbox.PostStorage(() => NoteSaved(saved, bytes));
            }
        }
        catch (IOException error)
        {
            _options.SnapshotTimings.NoteFailed();
            _inbox.PostStorage(() => NoteSaveFailed(index, error));
        }
        catch (Exception exception)
        {
            _inbox.PostStorage(() => throw new IOException($"the snapshot at {index} could not be written", exception));
        }
    }

    private void NoteSaved(SnapshotMetadata saved, long bytes)
    {
        _schedule.End(_snapshots.LatestBytes);
        _options.Conditions.Clear(NodeCondition.SnapshotFailed);
        _isSnapshotWanted = false; // who still needs a newer one asks again
        if (IsHealing)
        {
            NoteReplaced(saved.Index);
        }

        if (saved.Index <= _snapshot.Index)
        {
            // The leader's newer one was installed meanwhile.
            return;
        }

        _snapshot = saved;
        _bytesSinceSnapshot -= bytes;
        WhenUnblocked(CompactCore);
        _log.Compact(saved.Index);
        DeleteOldSnapshots();
        LogMessages.SnapshotSaved(_logger, saved.Index);
    }

    /// <summary>The state is in memory and in the log, so nothing is lost: it is tried again later.</summary>
    private void NoteSaveFailed(ulong index, IOException error)
    {
        long againMs = _schedule.Fail(_clock.MonotonicMs);
        LogMessages.SnapshotSaveFailed(_logger, index, error.Message, againMs);
        _options.Conditions.Raise(
            NodeCondition.SnapshotFailed,
            $"A snapshot could not be written, so the log grows: {error.Message} {_options.DescribeDisk()} It is tried "
            + "again every minute at least.");
    }

    private void CompactCore()
    {
        ulong kept = Math.Min(_options.KeptEntriesMax, _snapshot.Index);
        ulong keepAfter = Math.Min(_snapshot.Index - kept, FindPinnedIndex());
        _core.Compact(_snapshot.Index, RaftConfiguration.Of(_snapshot.Configuration), keepAfter);
        _tail.Drop(keepAfter);
    }

    /// <summary>Freeing the blocks of a large file can take long, so it does not happen here.</summary>
    private void DeleteOldSnapshots()
    {
        ulong latest = _snapshot.Index;
        _options.RunInBackground(() => _snapshots.DeleteOlderThan(latest));
    }

    private void DiscardReceived(string file)
    {
        LogMessages.SnapshotIgnored(_logger, file);
        _options.RunInBackground(() => _snapshots.Discard(file));
    }
}
