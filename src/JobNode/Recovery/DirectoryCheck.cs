using JobNode.Commands;
using JobNode.Consensus;
using JobNode.Consensus.Log;
using JobNode.Queue;

namespace JobNode.Recovery;

/// <summary>
/// Verifies a data directory while no node runs on it, and changes nothing: identity, every snapshot, every segment of
/// the log, and that all of it can be replayed.
/// </summary>
internal sealed class DirectoryCheck
{
    private const string NodeIdName = DataFiles.NodeId;

    private readonly IStorageDirectory _storage;
    private readonly string _path;
    private readonly SortedDictionary<string, CheckedFile> _files = new(StringComparer.Ordinal);
    private readonly List<string> _damages = [];
    private NodeId? _node;
    private (SnapshotMetadata Metadata, JobStateMachine Machine)? _newest;
    private OfflineState? _state;
    private UInt128 _committedDigest;
    private ulong _committedIndex;

    private DirectoryCheck(IStorageDirectory storage, string path)
    {
        _storage = storage;
        _path = path;
    }

    /// <summary>Checks the directory at a path.</summary>
    /// <exception cref="IOException">A node runs on it, or it cannot be read.</exception>
    public static DirectoryReport Run(string path)
    {
        string full = Path.GetFullPath(path);
        if (!Directory.Exists(full))
        {
            throw new IOException($"{full} is no directory; name the one that a node was given as --data-dir.");
        }

        using IDisposable? kept = DataDirectory.LockUnchanged(full);
        return Run(new ReadOnlyDirectory(full), full);
    }

    /// <summary>Checks files that nobody changes meanwhile.</summary>
    internal static DirectoryReport Run(IStorageDirectory storage, string path)
    {
        var check = new DirectoryCheck(storage, path);
        check.ListFiles();
        check.CheckIdentity();
        check.CheckSnapshots();
        check.CheckLog();
        return check.Report();
    }

    private void ListFiles()
    {
        foreach (string name in _storage.List())
        {
            using IStorageFile file = _storage.Open(name);
            _files[name] = new CheckedFile(
                name, file.LengthBytes, DataFiles.KindOf(name), "", DataFiles.VerdictOf(name));
        }
    }

    private void CheckIdentity()
    {
        if (_storage.List().FirstOrDefault(name => name.StartsWith(
            DataDirectory.RecoveryMarkPrefix, StringComparison.Ordinal)) is { } mark)
        {
            Damage(mark, "a recovery was cut short", $"{mark}: 'jobnode recover' was cut short here: run "
                + $"'jobnode recover --data-dir {_path} --yes' again, it goes on where it stopped");
        }

        if (DamageMark.Find(_storage) is { } found)
        {
            Damage(DamageMark.Name, "damage was found before",
                new MarkedDamagedException(found.Reason).Message.TrimEnd('.'));
        }

        try
        {
            _node = DataDirectory.FindNodeId(_storage);
            if (_node is { } node)
            {
                Settle(NodeIdName, node.ToString(), "sound");
            }
            else if (_files.Values.Any(file => file.Kind is DataFiles.Log or DataFiles.Snapshot))
            {
                throw new IdentityDamagedException(NodeIdName, $"there is no {NodeIdName} file beside the log");
            }
        }
        catch (IdentityDamagedException error)
        {
            Damage(NodeIdName, "damaged at byte 0", error.Message.TrimEnd('.'));
        }
    }

    /// <summary>Each is restored, also the older one, whose digest is then known to be right.</summary>
    private void CheckSnapshots()
    {
        CheckedFile[] snapshots = [.. _files.Values.Where(file => file.Kind == DataFiles.Snapshot)];
        foreach (CheckedFile file in snapshots)
        {
            _newest = null; // memory never holds two states
            try
            {
                var machine = new JobStateMachine(StateLimits.Default);
                SnapshotMetadata metadata = OfflineState.Restore(_storage, file.Name, machine);
                if (SnapshotStore.NameOf(metadata.Index) != file.Name)
                {
                    throw new SnapshotDamagedException(file.Name, 0, $"it holds the snapshot at {metadata.Index}");
                }

                _newest = (metadata, machine);
                Settle(file.Name, $"to {metadata.Index}", $"sound, {machine.View.Counts.Held} jobs, "
                    + $"digest {machine.Digest:x32}");
            }
            catch (SnapshotDamagedException error)
            {
                bool isOld = file != snapshots[^1];
                Damage(file.Name, $"damaged at byte {error.Offset}", isOld
                    ? $"{file.Name} at byte {error.Offset}: {error.Reason}. A newer snapshot is there, which is the "
                        + "one that counts: delete this one, and check the disk"
                    : error.Message.TrimEnd('.'));
            }
        }
    }

    private void CheckLog()
    {
        if (_newest is not { } newest)
        {
            if (_files.Values.Any(file => file.Kind == DataFiles.Log) && _damages.Count == 0)
            {
                Damage("", "", "there is a log but no snapshot, and every node that is in a cluster has one. If the "
                    + "rest of the cluster is healthy, move this directory away and start the node with an empty one");
            }

            return;
        }

        try
        {
            _state = OfflineState.Load(_storage, newest.Metadata, newest.Machine);
            SettleLog(_state.Log);
            _state.ReplayCommitted();
            _committedIndex = _state.Index;
            _committedDigest = _state.Machine.Digest;
            _state.ReplayAll();
        }
        catch (LogDamagedException error)
        {
            _state = null;
            Damage(error.FileName, $"damaged at byte {error.Offset}", error.Message.TrimEnd('.'));
            foreach (LogDamagedException more in LogScrub.FindAll(_storage).Where(found =>
                found.FileName != error.FileName || found.Offset != error.Offset))
            {
                Damage(more.FileName, $"damaged at byte {more.Offset}",
                    $"{more.FileName} at byte {more.Offset}: {more.Reason}");
            }
        }
        catch (FeatureLevelException error)
        {
            _state = null;
            Damage("", "", $"it cannot be read by this jobnode: {error.Message.TrimEnd('.')}");
        }
    }

    private void SettleLog(LogRecovery log)
    {
        foreach (LogSegmentInfo segment in log.Sealed)
        {
            _ = LogFileName.TryParseLive(segment.Name, out _, out ulong first);
            Settle(segment.Name, Range(first, segment.MaxIndex), "sound");
        }

        foreach (string name in log.Obsolete)
        {
            Settle(name, "", "replaced by a snapshot");
        }

        if (log.LastName is { } last)
        {
            _ = LogFileName.TryParseLive(last, out _, out ulong first);
            string verdict = log.RepairNote is null ? "sound" : $"sound, torn after byte {log.EndOffset}";
            Settle(last, Range(first, log.LastMaxIndex), verdict);
        }
    }

    private static string Range(ulong first, ulong last) => last < first ? "none" : $"{first} to {last}";

    private void Settle(string name, string holds, string verdict)
    {
        if (_files.TryGetValue(name, out CheckedFile? file))
        {
            _files[name] = file with { Holds = holds, Verdict = verdict };
        }
    }

    private void Damage(string name, string verdict, string sentence)
    {
        _damages.Add(sentence);
        Settle(name, "", verdict);
    }

    private DirectoryReport Report() => new(
        _path,
        _node?.ToString(),
        [.. _files.Values],
        _damages,
        _state?.Log.RepairNote,
        _state is null ? null : Summarise(_state));

    private StateSummary Summarise(OfflineState state) => new(
        state.Configuration.ClusterId.ToString("x32"),
        _committedIndex,
        _committedDigest.ToString("x32"),
        state.Index,
        state.Machine.Digest.ToString("x32"),
        state.Term,
        state.Machine.View.Counts.Held,
        state.Configuration.FeatureLevel,
        [.. state.Configuration.Members.Select(member => new MemberSummary(
            member.Id.ToString(), member.Address, member.Role.ToString(), member.Zone, member.Id == _node))]);
}
