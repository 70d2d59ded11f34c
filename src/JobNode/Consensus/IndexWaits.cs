using JobNode.Commands;

namespace JobNode.Consensus;

/// <summary>
/// Callers that wait for an index to be applied, and the read-index requests that give barriers theirs (dissertation
/// section 6.4). Raft thread only.
/// </summary>
/// <remarks>
/// All barriers that wait share one request; those that come while it is under way share the next. A request may be
/// lost without a word, so it is asked again, under a new name, after a while.
/// </remarks>
internal sealed class IndexWaits(IRaftCore core, RaftLoopOptions options)
{
    private readonly PriorityQueue<IndexWait, ulong> _known = new();
    private List<IndexWait> _unasked = [];
    private List<IndexWait> _asked = [];
    private ReadContext _question;
    private long _askedAtMs;
    private ulong _sequence;

    /// <summary>Waits that did not end yet.</summary>
    public int Count => _known.Count + _unasked.Count + _asked.Count;

    /// <summary>Takes a new wait.</summary>
    public void Add(IndexWait wait)
    {
        if (Count >= options.ReadsWaitingMax)
        {
            wait.End(reached: false);
        }
        else if (wait.Index is ulong index)
        {
            _known.Enqueue(wait, index);
        }
        else
        {
            _unasked.Add(wait);
        }
    }

    /// <summary>Asks the core for a read index when somebody needs one and no question is under way.</summary>
    public void Ask(long nowMs)
    {
        if (_asked.Count > 0 && nowMs - _askedAtMs >= options.ReadIndexRetryMs)
        {
            // The newer answer is good for the older question too.
            _unasked.InsertRange(0, _asked);
            _asked.Clear();
        }

        if (_asked.Count > 0 || _unasked.Count == 0)
        {
            return;
        }

        (_asked, _unasked) = (_unasked, _asked);
        _question = new ReadContext(options.Incarnation, ++_sequence);
        _askedAtMs = nowMs;
        core.RequestReadIndex(_question);
    }

    /// <summary>The quorum named an index.</summary>
    public void Answer(ReadState state)
    {
        if (state.Context != _question)
        {
            return;
        }

        foreach (IndexWait wait in _asked)
        {
            Invariant.That(wait.Index is null, "a barrier gets its index once");
            wait.Index = state.Index;
            _known.Enqueue(wait, state.Index);
        }

        _asked.Clear();
    }

    /// <summary>Ends the waits that were reached.</summary>
    public void Applied(ulong appliedIndex)
    {
        while (_known.TryPeek(out IndexWait? wait, out ulong index) && (index <= appliedIndex || wait.Task.IsCompleted))
        {
            _known.Dequeue();
            wait.End(reached: index <= appliedIndex);
        }
    }

    /// <summary>Ends the waits whose time is over.</summary>
    public void Expire(long nowMs)
    {
        ExpireIn(_unasked, nowMs);
        ExpireIn(_asked, nowMs);
        if (_known.Count > 0)
        {
            (IndexWait Wait, ulong Index)[] known = [.. _known.UnorderedItems];
            _known.Clear();
            foreach ((IndexWait wait, ulong index) in known)
            {
                if (!EndIfOver(wait, nowMs))
                {
                    _known.Enqueue(wait, index);
                }
            }
        }
    }

    /// <summary>The node stops.</summary>
    public void EndAll()
    {
        Expire(long.MaxValue);
        Invariant.That(Count == 0, "every wait ended");
    }

    private static void ExpireIn(List<IndexWait> waits, long nowMs) => waits.RemoveAll(wait => EndIfOver(wait, nowMs));

    private static bool EndIfOver(IndexWait wait, long nowMs)
    {
        if (wait.Task.IsCompleted)
        {
            return true;
        }

        if (nowMs < wait.DeadlineMs)
        {
            return false;
        }

        wait.End(reached: false);
        return true;
    }
}
