using JobNode.Consensus.Log;
using JobNode.Observability;

namespace JobNode.Consensus;

/// <content>Healing what a <see cref="Scrubber"/> found.</content>
internal sealed partial class RaftLoop
{
    // Names of damaged files that still count. The state in memory is right, so a snapshot of it makes them good.
    private readonly SortedSet<string> _damaged = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public Task<(ulong Snapshot, IReadOnlyList<LogExtent> Log)> ListAsync(CancellationToken cancellation)
    {
        var answer = new TaskCompletionSource<(ulong, IReadOnlyList<LogExtent>)>(
            TaskCreationOptions.RunContinuationsAsynchronously);
        _inbox.PostStorage(() => answer.SetResult((_snapshot.Index, _log.Extents())));
        return answer.Task.WaitAsync(cancellation);
    }

    /// <inheritdoc/>
    public void Heal(string name, string finding) => _inbox.PostStorage(() => NoteDamage(name, finding));

    private string NameOfSnapshot => SnapshotStore.NameOf(_snapshot.Index);

    /// <summary>Something on disk is bad, and a new snapshot makes it good.</summary>
    private bool IsHealing => _damaged.Count > 0;

    /// <summary>The latest snapshot itself is bad: one at the same index takes its place.</summary>
    private bool IsSnapshotDamaged => IsHealing && _damaged.Contains(NameOfSnapshot);

    private void NoteDamage(string name, string finding)
    {
        if (name != NameOfSnapshot && !_log.Holds(name))
        {
            // It was recycled while it was read: what was read is no part of the log any more.
            return;
        }

        if (_damaged.Add(name))
        {
            _options.Scrubs.NoteDamage();
            LogMessages.DamageAtRest(_logger, finding);
            _options.Conditions.Raise(
                NodeCondition.DamagedAtRest,
                $"Damage on this node's disk: {finding}. Its memory is right, and a new snapshot takes the file's "
                + "place; check the disk.");
        }

        WhenUnblocked(() => SealDamaged(name));
    }

    /// <summary>A segment that is still written to is ended, so that it can go.</summary>
    private void SealDamaged(string name)
    {
        try
        {
            _log.Seal(name);
            if (!IsSnapshotDamaged)
            {
                // The snapshot that is there may hold all of it already.
                NoteReplaced(_snapshot.Index);
            }
        }
        catch (StorageException error) when (error.CanRetry)
        {
            // The next pass of the scrubber finds it again.
            LogMessages.DiskBlocked(_logger, error.Message);
        }
    }

    /// <summary>A snapshot was written: what it replaces is good again.</summary>
    private void NoteReplaced(ulong savedIndex)
    {
        _log.Compact(Math.Min(savedIndex, _log.LastIndex));
        foreach (string name in _damaged.ToArray())
        {
            if (!_log.Holds(name))
            {
                _damaged.Remove(name);
                LogMessages.DamageHealed(_logger, name);
            }
        }

        if (_damaged.Count == 0)
        {
            _options.Conditions.Clear(NodeCondition.DamagedAtRest);
        }
    }
}
