using JobNode.Commands;

namespace JobNode.Scheduling;

/// <summary>
/// What one node did since its last good check, oldest first: what has to be computed again should it be faulty.
/// Bounded by <see cref="SchedulingLimits.HistorySegmentsMax"/>.
/// </summary>
internal sealed class WorkHistory
{
    private readonly Queue<PastSegment> _segments = new();
    private readonly SortedSet<long> _openChecks = [];
    private long _lastGood = -1;

    /// <summary>Its next segment is checked, whatever chance says: it has just come, or long was not.</summary>
    public bool MustCheck { get; set; } = true;

    /// <summary>Segments remembered.</summary>
    public int Count => _segments.Count;

    /// <summary>Remembers a segment.</summary>
    public void Add(PastSegment segment)
    {
        if (_segments.Count == SchedulingLimits.HistorySegmentsMax)
        {
            _segments.Dequeue();
        }

        _segments.Enqueue(segment);
        MustCheck |= _segments.Count >= SchedulingLimits.UncheckedSegmentsMax && _openChecks.Count == 0;
        Invariant.That(_segments.Count <= SchedulingLimits.HistorySegmentsMax, "a history is bounded");
    }

    /// <summary>A check of one of its segments begins.</summary>
    public void BeginCheck(long sequence)
    {
        MustCheck = false;
        _openChecks.Add(sequence);
    }

    /// <summary>
    /// A check ended. A good one clears all that was done before it, but for what is behind a check still open.
    /// </summary>
    public void EndCheck(long sequence, bool isGood)
    {
        _openChecks.Remove(sequence);
        _lastGood = isGood ? Math.Max(_lastGood, sequence) : _lastGood;
        long cleared = _openChecks.Count == 0 ? _lastGood : Math.Min(_lastGood, _openChecks.Min - 1);
        while (_segments.TryPeek(out PastSegment oldest) && oldest.Sequence <= cleared)
        {
            _segments.Dequeue();
        }
    }

    /// <summary>Forgets everything; gives for each job the first place that this node started from.</summary>
    public void Take(Dictionary<JobId, ChainProgress> into)
    {
        while (_segments.TryDequeue(out PastSegment segment))
        {
            into.TryAdd(segment.Start.Id, segment.Start);
        }

        _openChecks.Clear();
    }

    /// <summary>Forgets what was built on places that are not believed any more.</summary>
    public void Forget(Dictionary<JobId, ChainProgress> restarted)
    {
        for (int left = _segments.Count; left > 0; left--)
        {
            PastSegment segment = _segments.Dequeue();
            if (!restarted.TryGetValue(segment.Start.Id, out ChainProgress start)
                || segment.Start.IterationsDone < start.IterationsDone)
            {
                _segments.Enqueue(segment);
            }
        }
    }
}
