namespace JobNode.Commands;

/// <summary>
/// Where the consensus thread posts its status and everyone else reads it: one writer, any number of readers, no lock
/// held by either while the other works.
/// </summary>
internal sealed class StatusBoard(ConsensusStatus initial)
{
    private volatile ConsensusStatus _current = initial;
    private TaskCompletionSource _leadershipChanged = NewSignal();

    /// <summary>The latest status.</summary>
    public ConsensusStatus Current => _current;

    /// <summary>
    /// Posts a status; wakes those who wait when leader, term, this node's role or the configuration changed.
    /// </summary>
    public void Publish(ConsensusStatus status)
    {
        ConsensusStatus previous = _current;
        _current = status;
        if (IsNews(previous, status))
        {
            Interlocked.Exchange(ref _leadershipChanged, NewSignal()).TrySetResult();
        }
    }

    /// <summary>
    /// Completes at the next change of leader, term, role or configuration after <paramref name="seen"/>; at once when
    /// it is past already.
    /// </summary>
    public async Task<ConsensusStatus> WaitForChangeAsync(ConsensusStatus seen, CancellationToken cancellation)
    {
        while (true)
        {
            Task changed = Volatile.Read(ref _leadershipChanged).Task;
            ConsensusStatus now = _current;
            if (IsNews(seen, now))
            {
                return now;
            }

            await changed.WaitAsync(cancellation);
        }
    }

    private static bool IsNews(ConsensusStatus before, ConsensusStatus after) =>
        before.Leader != after.Leader
        || before.Term != after.Term
        || before.Role != after.Role
        || !ReferenceEquals(before.Configuration, after.Configuration);

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
