using System.Diagnostics;

namespace JobNode.Observability;

/// <summary>
/// How smoothly consensus runs: what its disk and its leader's messages took at worst. Any thread may write and read.
/// </summary>
internal sealed class RaftTimings
{
    private const long NoneYet = -1;

    private long _syncs;
    private long _lastSyncMicroseconds;
    private long _longestSyncMicroseconds;
    private long _lastLeaderMessageMs = NoneYet;
    private long _longestLeaderGapMs;
    private long _leaderChanges;
    private long _leaderNotedAt = Stopwatch.GetTimestamp();
    private long _repeatedHeartbeats;

    /// <summary>How long writes and syncs of the log took.</summary>
    public Histogram SyncDurations { get; } = new(Histogram.DiskBoundsSeconds);

    /// <summary>How long entries that this node proposed took to be committed and applied.</summary>
    public Histogram CommitDurations { get; } = new(Histogram.DiskBoundsSeconds);

    /// <summary>Writes of the log that were synced.</summary>
    public long Syncs => Interlocked.Read(ref _syncs);

    /// <summary>How long the last write and sync of the log took.</summary>
    public TimeSpan LastSync => TimeSpan.FromMicroseconds(Interlocked.Read(ref _lastSyncMicroseconds));

    /// <summary>The longest since the start or the last <see cref="Reset"/>.</summary>
    public TimeSpan LongestSync => TimeSpan.FromMicroseconds(Interlocked.Read(ref _longestSyncMicroseconds));

    /// <summary>The longest time between two messages of one leader, as they arrived at this follower.</summary>
    public TimeSpan LongestLeaderGap => TimeSpan.FromMilliseconds(Interlocked.Read(ref _longestLeaderGapMs));

    /// <summary>How often another node than before was known as the leader, the first one included.</summary>
    public long LeaderChanges => Interlocked.Read(ref _leaderChanges);

    /// <summary>Time since the leader, or the term, was another one or there was none.</summary>
    public TimeSpan SinceLeaderNoted => Stopwatch.GetElapsedTime(Interlocked.Read(ref _leaderNotedAt));

    /// <summary>Heartbeats that were sent again while a write of this leader took its time.</summary>
    public long RepeatedHeartbeats => Interlocked.Read(ref _repeatedHeartbeats);

    /// <summary>A write and sync of the log that began at a <see cref="Stopwatch"/> timestamp has ended.</summary>
    public void NoteSync(long startedAt)
    {
        TimeSpan duration = Stopwatch.GetElapsedTime(startedAt);
        long microseconds = (long)duration.TotalMicroseconds;
        SyncDurations.Record(duration);
        Interlocked.Increment(ref _syncs);
        Interlocked.Exchange(ref _lastSyncMicroseconds, microseconds);
        Raise(ref _longestSyncMicroseconds, microseconds);
    }

    /// <summary>A message of the leader arrived.</summary>
    public void NoteLeaderMessage(long nowMs)
    {
        long before = Interlocked.Exchange(ref _lastLeaderMessageMs, nowMs);
        if (before != NoneYet)
        {
            Raise(ref _longestLeaderGapMs, nowMs - before);
        }
    }

    /// <summary>The leader or its term is another one now, or there is none: gaps are measured anew.</summary>
    public void NoteLeader(bool isAnother)
    {
        Interlocked.Exchange(ref _leaderNotedAt, Stopwatch.GetTimestamp());
        Interlocked.Exchange(ref _lastLeaderMessageMs, NoneYet);
        if (isAnother)
        {
            Interlocked.Increment(ref _leaderChanges);
        }
    }

    /// <summary>Heartbeats were sent again.</summary>
    public void NoteRepeated(int heartbeats) => Interlocked.Add(ref _repeatedHeartbeats, heartbeats);

    /// <summary>Forgets the longest times, so that a measurement can begin; counters go on.</summary>
    public void Reset()
    {
        Interlocked.Exchange(ref _longestSyncMicroseconds, 0);
        Interlocked.Exchange(ref _longestLeaderGapMs, 0);
    }

    private static void Raise(ref long most, long value)
    {
        long seen = Interlocked.Read(ref most);
        while (value > seen)
        {
            long before = Interlocked.CompareExchange(ref most, value, seen);
            if (before == seen)
            {
                return;
            }

            seen = before;
        }
    }
}
