using JobNode.Commands;

namespace JobNode.Consensus;

/// <summary>
/// When the next snapshot is due. Pure. A snapshot costs what the state costs, so it is taken when the log since the
/// last one is as long as that one: each byte of log is then written about twice more at most, and the disk holds about
/// three times the state.
/// </summary>
internal sealed class SnapshotSchedule(RaftLoopOptions options, long lastBytes)
{
    private const int FirstRetryMs = 1_000;
    private const int LastRetryMs = 60_000;

    private long _lastBytes = lastBytes;
    private long _retryMs;
    private long _notBeforeMs = long.MinValue;

    /// <summary>True while one is being written.</summary>
    public bool IsSaving { get; private set; }

    /// <summary>True when one is to be taken now.</summary>
    /// <param name="entries">Entries applied since the last one.</param>
    /// <param name="bytes">Their bytes.</param>
    /// <param name="isWanted">Somebody needs one, however short the log is.</param>
    /// <param name="nowMs">Monotonic time.</param>
    public bool IsDue(ulong entries, long bytes, bool isWanted, long nowMs)
    {
        bool isDue = isWanted
            || entries >= options.SnapshotEntriesMax
            || bytes >= Math.Max(options.SnapshotBytesMin, _lastBytes);
        return isDue && !IsSaving && nowMs >= _notBeforeMs;
    }

    /// <summary>One is being written from here on.</summary>
    public void Begin()
    {
        Invariant.That(!IsSaving, "one snapshot at a time");
        IsSaving = true;
    }

    /// <summary>It was written, or a file of the leader's took its place.</summary>
    public void End(long fileBytes)
    {
        Invariant.That(IsSaving, "a snapshot that was saved was begun");
        IsSaving = false;
        _retryMs = 0;
        _notBeforeMs = long.MinValue;
        _lastBytes = fileBytes;
    }

    /// <summary>It could not be written; gives the milliseconds until the next attempt.</summary>
    public long Fail(long nowMs)
    {
        Invariant.That(IsSaving, "a snapshot that failed was begun");
        IsSaving = false;
        _retryMs = Math.Clamp(2 * _retryMs, FirstRetryMs, LastRetryMs);
        _notBeforeMs = nowMs + _retryMs;
        return _retryMs;
    }
}
