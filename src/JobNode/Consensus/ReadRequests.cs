using JobNode.Commands;

namespace JobNode.Consensus;

/// <summary>A read of the local state, to be run on the raft thread.</summary>
internal interface IReadRequest
{
    /// <summary>Runs it and hands the result (or its exception) to the caller.</summary>
    void Run();

    /// <summary>The node stops; the caller gets a <see cref="NodeStoppingException"/>.</summary>
    void Abandon();
}

/// <inheritdoc cref="IReadRequest"/>
internal sealed class ReadRequest<T>(Func<T> query, CancellationToken cancellation)
    : TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously), IReadRequest
{
    /// <inheritdoc/>
    public void Run()
    {
        if (cancellation.IsCancellationRequested)
        {
            TrySetCanceled(cancellation);
            return;
        }

        try
        {
            TrySetResult(query());
        }
        catch (Exception exception)
        {
            // The query is the caller's code: its failure is the caller's, not the raft thread's.
            TrySetException(exception);
        }
    }

    /// <inheritdoc/>
    public void Abandon() => TrySetException(new NodeStoppingException());
}

/// <summary>Waits until an index is applied; true then, false when the time is over or the node stops.</summary>
internal sealed class IndexWait : TaskCompletionSource<bool>
{
    private CancellationTokenRegistration _registration;

    /// <summary>Waits for a known index.</summary>
    public IndexWait(ulong? index, long deadlineMs)
        : base(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        Index = index;
        DeadlineMs = deadlineMs;
    }

    /// <summary>The index; null until the quorum named one (a read barrier).</summary>
    public ulong? Index { get; set; }

    /// <summary>When to give up, by <see cref="IRaftClock.MonotonicMs"/>.</summary>
    public long DeadlineMs { get; }

    /// <summary>Lets the caller go when it cancels.</summary>
    public void WatchFor(CancellationToken cancellation) =>
        _registration = cancellation.UnsafeRegister(
            static (state, token) => ((IndexWait)state!).TrySetCanceled(token), this);

    /// <summary>Ends the wait.</summary>
    public void End(bool reached)
    {
        TrySetResult(reached);
        _registration.Unregister();
    }
}
