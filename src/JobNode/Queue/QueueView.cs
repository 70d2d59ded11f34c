using JobNode.Commands;

namespace JobNode.Queue;

/// <summary>Read-only questions to the state; only on the thread that applies.</summary>
internal sealed class QueueView
{
    /// <summary>How many jobs are in which state.</summary>
    public QueueCounts Counts => throw new NotSupportedException("not written yet");

    /// <summary>The newest time stamp applied, Unix ms: the state's own clock.</summary>
    public ulong LastTimeMs => throw new NotSupportedException("not written yet");

    /// <summary>One job, or null when it is unknown (never was, or expired).</summary>
    public JobDetails? Find(JobId id) => throw new NotSupportedException("not written yet");

    /// <summary>
    /// Appends up to <paramref name="max"/> unfinished jobs after the cursor, highest priority first, then first in first
    /// out, and moves the cursor behind them. Jobs that arrive later show up in later calls.
    /// </summary>
    public void ReadPending(PendingCursor cursor, int max, List<PendingJob> into) => throw new NotSupportedException("not written yet");

    /// <summary>A page of jobs in one state, or in all.</summary>
    public JobPage Page(JobState? state, int limit, string? cursor) => throw new NotSupportedException("not written yet");

    /// <summary>How many jobs and keys an Expire with these arguments would remove.</summary>
    public int CountExpirable(ulong finishedBeforeMs, ulong unpulledBeforeMs, int max) => throw new NotSupportedException("not written yet");
}
