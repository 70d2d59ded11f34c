using JobNode.Commands;
using JobNode.Queue;

namespace JobNode.Api;

/// <summary>
/// Those who wait for a job to finish. The raft thread tells of finished jobs and only ever takes a lock that is held
/// for a dictionary operation; waiters go on on the pool.
/// </summary>
internal sealed class JobWaiters
{
    /// <summary>Jobs that can be waited for at once; past it a read answers without waiting.</summary>
    public const int JobsWaitedForMax = 100_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<JobId, Waited> _waited = [];
    private volatile int _count;

    /// <summary>Jobs waited for now.</summary>
    public int Count => _count;

    /// <summary>Wakes those who wait for finished jobs; called on the raft thread after an apply.</summary>
    public void OnJobEvents(IReadOnlyList<JobEvent> events)
    {
        if (_count == 0)
        {
            return;
        }

        foreach (JobEvent jobEvent in events)
        {
            switch (jobEvent.Kind)
            {
                case JobEventKind.Finished:
                    Wake(jobEvent.Id);
                    break;
                case JobEventKind.Reset:
                    WakeAll();
                    break;
                default:
                    break;
            }
        }
    }

    /// <summary>
    /// Begins to wait: look at the job only after this call, so that a finish in between is not missed. Null when too
    /// many jobs are waited for. Dispose ends the wait.
    /// </summary>
    public JobWait? Begin(JobId id)
    {
        lock (_lock)
        {
            if (!_waited.TryGetValue(id, out Waited? waited))
            {
                if (_waited.Count >= JobsWaitedForMax)
                {
                    return null;
                }

                waited = new Waited();
                _waited.Add(id, waited);
                _count = _waited.Count;
            }

            waited.Waiters++;
            return new JobWait(this, id, waited);
        }
    }

    private void Wake(JobId id)
    {
        Waited? waited;
        lock (_lock)
        {
            _waited.Remove(id, out waited);
            _count = _waited.Count;
        }

        waited?.Signal.TrySetResult();
    }

    private void WakeAll()
    {
        Waited[] all;
        lock (_lock)
        {
            all = [.. _waited.Values];
            _waited.Clear();
            _count = 0;
        }

        foreach (Waited waited in all)
        {
            waited.Signal.TrySetResult();
        }
    }

    private void End(JobId id, Waited waited)
    {
        lock (_lock)
        {
            waited.Waiters--;
            Invariant.That(waited.Waiters >= 0, "a wait ends once");
            if (waited.Waiters == 0 && _waited.TryGetValue(id, out Waited? current) && ReferenceEquals(current, waited))
            {
                _waited.Remove(id);
                _count = _waited.Count;
            }
        }
    }

    /// <summary>One caller's wait for one job.</summary>
    internal sealed class JobWait(JobWaiters owner, JobId id, Waited waited) : IDisposable
    {
        private bool _ended;

        /// <summary>Completes when the job finished or the whole state was replaced: look again then.</summary>
        public Task Changed => waited.Signal.Task;

        /// <inheritdoc/>
        public void Dispose()
        {
            if (!_ended)
            {
                _ended = true;
                owner.End(id, waited);
            }
        }
    }

    /// <summary>One job with those who wait for it.</summary>
    internal sealed class Waited
    {
        /// <summary>Set once.</summary>
        public TaskCompletionSource Signal { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>How many wait; guarded by the owner's lock.</summary>
        public int Waiters { get; set; }
    }
}
