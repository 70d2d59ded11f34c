using JobNode.Commands;

namespace JobNode.Simulation;

/// <summary>
/// Makes asynchronous code deterministic. The pool has one thread (see the project file), and that one waits here
/// except while <see cref="Drain"/> lets it run what was queued: so all that is posted to the pool runs in the order in
/// which it was posted, and never beside the schedule.
/// </summary>
internal static class GatedPool
{
    private static readonly SemaphoreSlim _parked = new(0);
    private static readonly SemaphoreSlim _released = new(0);

    /// <summary>Takes the pool's thread. Once in a process, before anything else is posted.</summary>
    /// <exception cref="InvalidOperationException">The pool may have more than one thread.</exception>
    public static void Close()
    {
        ThreadPool.GetMaxThreads(out int threads, out _);
        if (threads != 1)
        {
            throw new InvalidOperationException($"the pool may have {threads} threads; one was built in");
        }

        ThreadPool.UnsafeQueueUserWorkItem(Park, null);
        _parked.Wait();
    }

    /// <summary>Runs all that is queued, and what that queues, to the end.</summary>
    public static void Drain()
    {
        while (ThreadPool.PendingWorkItemCount > 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(Park, null);
            _released.Release();
            _parked.Wait();
        }
    }

    private static void Park(object? state)
    {
        Invariant.That(state is null, "parking needs nothing");
        _parked.Release();
        _released.Wait();
    }
}
