using JobNode.Commands;

namespace JobNode.Scheduling;

/// <summary>The hash threads' side of the hand.</summary>
internal sealed partial class JobHand
{
    /// <summary>Chains that wait for a lane, as of some microseconds ago; no lock is taken.</summary>
    public int WaitingCount => Volatile.Read(ref _waitingHint);

    /// <summary>True when any does.</summary>
    public bool HasWaiting => WaitingCount > 0;

    /// <summary>True once the threads are to end.</summary>
    public bool IsStopping => _stopping;

    /// <summary>
    /// A thread's turn: hands over what ended, gives up what exceeds its share or its slice, takes what it has room
    /// for.
    /// </summary>
    /// <param name="thread">Number of the thread.</param>
    /// <param name="lanes">What it has.</param>
    /// <param name="isSnapshot">True when it just took a snapshot of its chains.</param>
    /// <param name="scratch">An empty list of the thread's own.</param>
    /// <returns>False when it has nothing to do and should <see cref="WaitForWork"/>.</returns>
    public bool Exchange(int thread, LaneScheduler lanes, bool isSnapshot, List<RunningChain> scratch)
    {
        Invariant.That(scratch.Count == 0, "the scratch list is empty");
        lock (_lock)
        {
            _iterations += lanes.Iterations;
            lanes.Iterations = 0;
            _kernelTicks += lanes.KernelTicks;
            lanes.KernelTicks = 0;
            _expectedSeconds += lanes.ExpectedSeconds;
            lanes.ExpectedSeconds = 0;
            _waiting.Charge(lanes.FreshTicks, lanes.SlicedTicks);
            lanes.FreshTicks = 0;
            lanes.SlicedTicks = 0;
            AcceptEnded(lanes.Ended);
            for (int lane = 0; isSnapshot && lane < lanes.Active; lane++)
            {
                Report(lanes[lane]);
            }

            Release(thread, lanes, scratch);
            if (!_stopping)
            {
                Take(lanes);
            }

            ref ThreadState state = ref _threads[thread];
            state.Active = lanes.Active;
            state.Held = lanes.Held;
            state.IsIdle = lanes.Held == 0 && !_stopping;
            _waitingHint = _waiting.Count;
            return lanes.Held > 0;
        }
    }

    /// <summary>Sleeps until there may be work, or the end.</summary>
    public void WaitForWork(int thread) => _threadWakes[thread].Wait();

    /// <summary>Lets every thread give its chains back at its next turn and end.</summary>
    public void Stop()
    {
        lock (_lock)
        {
            _stopping = true;
            WakeIdleThreads();
        }
    }

    private void AcceptEnded(List<RunningChain> ended)
    {
        foreach (RunningChain chain in ended)
        {
            if (chain.IsDropped)
            {
                PutAside(chain);
                continue;
            }

            bool known = _chains.Remove(chain.Id);
            Invariant.That(known, "a chain that ends and was not dropped is in hand");
            _unsettled.Add(chain.Id, chain.Chain);
            _toSend.Enqueue(new JobResult(chain.Id, chain.Chain));
            _finished.Set();
        }

        ended.Clear();
    }

    /// <summary>The leader hears how far a dropped chain came: it may have been dropped to go on later.</summary>
    private void PutAside(RunningChain chain)
    {
        if (chain.IterationsLeft > 0 && _putAside.Count < SchedulingLimits.HandJobsMax)
        {
            _putAside.Add(new ChainProgress(chain.Id, chain.Chain, chain.IterationsDone));
            _finished.Set();
        }
    }

    private void Report(RunningChain chain)
    {
        chain.Reported = new ChainProgress(chain.Id, chain.Chain, chain.IterationsDone);
        if (!chain.HasNews)
        {
            chain.HasNews = true;
            _news.Add(chain);
        }
    }

    /// <summary>
    /// Takes back what the thread should not keep: all at the end, else above its share or past its slice.
    /// </summary>
    private void Release(int thread, LaneScheduler lanes, List<RunningChain> scratch)
    {
        int share = Share();
        if (_stopping)
        {
            lanes.Release(int.MaxValue, scratch);
        }
        else if (lanes.Held > share && AnotherHasLess(thread, share))
        {
            lanes.Release(lanes.Held - share, scratch);
        }
        else if (_waiting.Count + lanes.NextCount > lanes.FreeLanes)
        {
            // Tiny chains that wait behind this thread's lanes hope for one to end; when all are long, a slice's end
            // makes room for them.
            long sliceTicks = SchedulingLimits.SliceMs * TimeSpan.TicksPerMillisecond;
            byte priorityMax = Math.Max(_waiting.TopPriority, lanes.NextTopPriority);
            if (lanes.IsSliceOver(sliceTicks, priorityMax))
            {
                int wanting = _waiting.Count + lanes.NextCount - lanes.FreeLanes;
                lanes.ReleaseSliced(wanting, sliceTicks, priorityMax, scratch);
            }
        }

        foreach (RunningChain chain in scratch)
        {
            if (chain.IsDropped)
            {
                PutAside(chain);
                continue;
            }

            Report(chain);
            _waiting.Add(chain);
        }

        if (scratch.Count > 0)
        {
            scratch.Clear();
            _waitingHint = _waiting.Count;
            WakeIdleThreads();
        }
    }

    /// <summary>
    /// Fills lanes up to the thread's share, so that jobs spread over the threads before they stack in lanes; then,
    /// when plenty wait, takes a batch of tiny ones, so that they do not cost a turn each.
    /// </summary>
    private void Take(LaneScheduler lanes)
    {
        int share = Share();
        while (lanes.FreeLanes > 0 && lanes.Held < share && _waiting.Pick(ulong.MaxValue) is { } chain)
        {
            lanes.Take(chain);
        }

        int extra = lanes.FreeLanes > 0
            ? 0
            : Math.Min(SchedulingLimits.TinyJobsPerTakeMax, _waiting.Count / (2 * _threads.Length)) - lanes.NextCount;
        for (; extra > 0 && _waiting.Pick(SchedulingLimits.TinyJobIterationsMax) is { } chain; extra--)
        {
            lanes.Take(chain);
        }
    }

    /// <summary>Chains per thread when they are spread evenly, rounded up.</summary>
    private int Share() => (_chains.Count + _threads.Length - 1) / _threads.Length;

    private bool AnotherHasLess(int thread, int share)
    {
        for (int other = 0; other < _threads.Length; other++)
        {
            if (other != thread && _threads[other].Held < share)
            {
                return true;
            }
        }

        return false;
    }
}
