using JobNode.Commands;
using JobNode.Consensus;
using JobNode.Consensus.Log;
using JobNode.Queue;

namespace JobNode.Recovery;

/// <summary>
/// What a data directory amounts to, read without a running node: the newest snapshot, and the log's entries applied to
/// it as a node would. Changes nothing on disk; the caller keeps nodes out.
/// </summary>
internal sealed class OfflineState
{
    private readonly IReadOnlyList<RaftEntry> _entries;
    private int _next;

    private OfflineState(SnapshotMetadata snapshot, JobStateMachine machine, LogRecovery log)
    {
        Snapshot = snapshot;
        Machine = machine;
        Log = log;
        Configuration = snapshot.Configuration;
        Term = snapshot.Term;
        _entries = IsReplaced(snapshot, log) ? [] : log.Replay.Entries;
    }

    /// <summary>The newest snapshot's head.</summary>
    public SnapshotMetadata Snapshot { get; }

    /// <summary>The log as it was found.</summary>
    public LogRecovery Log { get; }

    /// <summary>The state so far.</summary>
    public JobStateMachine Machine { get; }

    /// <summary>Index of the last entry applied.</summary>
    public ulong Index => Machine.AppliedIndex;

    /// <summary>Term of that entry.</summary>
    public ulong Term { get; private set; }

    /// <summary>Members as of that entry.</summary>
    public ClusterConfiguration Configuration { get; private set; }

    /// <summary>Entries up to here are known to be committed.</summary>
    public ulong CommittedIndex => Math.Max(Log.Replay.HardState.Commit, Snapshot.Index);

    /// <summary>The last entry on this disk, committed or not.</summary>
    public ulong LastIndex => _entries.Count > 0 ? _entries[^1].Index : Snapshot.Index;

    /// <summary>The highest term that this node took part in.</summary>
    public ulong HighestTerm => Math.Max(Log.Replay.HardState.Term, Math.Max(Snapshot.Term, Term));

    /// <summary>Restores the newest snapshot and reads the log; applies nothing yet.</summary>
    /// <exception cref="SnapshotDamagedException">The snapshot is damaged.</exception>
    /// <exception cref="LogDamagedException">The log is damaged.</exception>
    /// <exception cref="IOException">There is no snapshot, or a file cannot be read.</exception>
    public static OfflineState Load(IStorageDirectory storage)
    {
        ulong? newest = null;
        foreach (string name in storage.List())
        {
            newest = SnapshotStore.TryParseName(name, out ulong index) ? index : newest;
        }

        if (newest is not { } latest)
        {
            throw new IOException("there is no snapshot in it, and every node that is in a cluster has one");
        }

        var machine = new JobStateMachine(StateLimits.Default);
        return Load(storage, Restore(storage, SnapshotStore.NameOf(latest), machine), machine);
    }

    /// <summary>The same from the newest snapshot, restored already.</summary>
    /// <exception cref="LogDamagedException">The log is damaged.</exception>
    /// <exception cref="FeatureLevelException">This program is too old for what is in it.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static OfflineState Load(IStorageDirectory storage, SnapshotMetadata snapshot, JobStateMachine machine)
    {
        FeatureLevels.RequireKnown(snapshot.Configuration.FeatureLevel);
        LogRecovery log = LogRecovery.Run(storage, snapshot.Index);
        if (log.LastName is null && snapshot.Index > WriteAheadLog.BootstrapIndex)
        {
            throw new LogDamagedException(LogFileName.Live(1, 1), 0,
                $"there is no log at all, though there is a snapshot at entry {snapshot.Index}");
        }

        return new OfflineState(snapshot, machine, log);
    }

    /// <summary>Restores a snapshot file into an empty machine; every checksum and the digest are checked.</summary>
    /// <exception cref="SnapshotDamagedException">It is damaged.</exception>
    public static SnapshotMetadata Restore(IStorageDirectory storage, string name, JobStateMachine machine)
    {
        using var body = new SnapshotFileReader(storage, name);
        try
        {
            machine.Restore(body);
        }
        catch (Exception error) when (error is InvalidDataException or InvariantException)
        {
            throw new SnapshotDamagedException(name, body.Position, $"its body is no state: {error.Message}");
        }

        ulong index = body.Metadata.Index;
        if (machine.AppliedIndex == 0 && index <= WriteAheadLog.BootstrapIndex)
        {
            // The snapshot that a first member starts from, or one that holds no log yet, has no body.
            machine.Advance(index);
        }

        return machine.AppliedIndex == index
            ? body.Metadata
            : throw new SnapshotDamagedException(
                name, 0, $"its head says entry {index}, its body says {machine.AppliedIndex}");
    }

    /// <summary>Applies what is known to be committed.</summary>
    /// <exception cref="IOException">An entry cannot be read.</exception>
    public void ReplayCommitted() => ReplayThrough(CommittedIndex);

    /// <summary>Applies everything on this disk, also what is not known to be committed.</summary>
    /// <exception cref="IOException">An entry cannot be read.</exception>
    public void ReplayAll() => ReplayThrough(LastIndex);

    private void ReplayThrough(ulong index)
    {
        for (; _next < _entries.Count && _entries[_next].Index <= index; _next++)
        {
            RaftEntry entry = _entries[_next];
            try
            {
                Apply(entry);
            }
            catch (Exception error) when (error is InvalidDataException or InvariantException)
            {
                throw new LogDamagedException(SegmentOf(entry.Index), 0,
                    $"entry {entry.Index} cannot be applied: {error.Message} (a newer jobnode may have written it: "
                    + "then use that one)");
            }

            Term = entry.Term;
        }
    }

    private void Apply(RaftEntry entry)
    {
        if (entry.Kind == RaftEntryKind.ConfigurationChange)
        {
            // One that is not valid (any more) changes nothing, on a node as here.
            _ = ConfigurationChange.TryApply(
                Configuration, ChangeEntry.Decode(entry.Data.Span), out ClusterConfiguration changed);
            Configuration = changed;
            FeatureLevels.RequireKnown(changed.FeatureLevel);
        }
        else if (!entry.Data.IsEmpty)
        {
            DecodedEntry decoded = EntryCodec.Decode(entry.Data);
            foreach (Command command in decoded.Commands)
            {
                _ = Machine.Apply(entry.Index, decoded.TimeMs, command);
            }
        }

        Machine.Advance(entry.Index);
    }

    /// <summary>A history that the snapshot replaced just before a crash: its entries do not count any more.</summary>
    private static bool IsReplaced(SnapshotMetadata snapshot, LogRecovery log)
    {
        ulong termThere = log.Replay.TermAtSnapshot;
        return snapshot.Term != 0 && termThere != 0 && termThere != snapshot.Term;
    }

    private string SegmentOf(ulong index)
    {
        foreach (LogSegmentInfo segment in Log.Sealed)
        {
            if (index <= segment.MaxIndex)
            {
                return segment.Name;
            }
        }

        return Log.LastName ?? "the log";
    }
}
