using JobNode.Commands;
using JobNode.Hashing;

namespace JobNode.Scheduling;

/// <summary>
/// What one hash thread has: the chains in its lanes and a few tiny ones behind them. A lane is refilled the moment its
/// chain ends. Pure: time is passed in. Owned by one thread.
/// </summary>
internal sealed class LaneScheduler(ChainLanes lanes)
{
    private readonly RunningChain[] _running = new RunningChain[lanes.Lanes];
    private readonly Queue<RunningChain> _next = new();

    /// <summary>Chains in lanes: those are 0 to this minus one.</summary>
    public int Active { get; private set; }

    /// <summary>Lanes without a chain.</summary>
    public int FreeLanes => lanes.Lanes - Active;

    /// <summary>Chains here, in lanes or next.</summary>
    public int Held => Active + _next.Count;

    /// <summary>Chains that wait here for a lane of this thread.</summary>
    public int NextCount => _next.Count;

    /// <summary>The highest priority of those; 0 when there are none.</summary>
    public byte NextTopPriority
    {
        get
        {
            byte top = 0;
            foreach (RunningChain chain in _next)
            {
                top = Math.Max(top, chain.Priority);
            }

            return top;
        }
    }

    /// <summary>
    /// Chains that ended or were dropped since the owner last cleared this, in the order in which they left their lane.
    /// </summary>
    public List<RunningChain> Ended { get; } = [];

    /// <summary>Iterations done since the owner last set this to zero.</summary>
    public ulong Iterations { get; set; }

    /// <summary>Time spent in the kernel, in ticks, since the owner last set this to zero.</summary>
    public long KernelTicks { get; set; }

    /// <summary>
    /// What <see cref="KernelTicks"/> would be by the kernel's times measured at start, in seconds, since the owner
    /// last set this to zero.
    /// </summary>
    public double ExpectedSeconds { get; set; }

    /// <summary>Lane time given to chains in their first slice, since the owner last set this to zero.</summary>
    public long FreshTicks { get; set; }

    /// <summary>Lane time given to chains that were sliced before, since the owner last set this to zero.</summary>
    public long SlicedTicks { get; set; }

    /// <summary>The chain in a lane.</summary>
    public RunningChain this[int lane]
    {
        get
        {
            Invariant.That(lane < Active, "only active lanes have a chain");
            return _running[lane];
        }
    }

    /// <summary>
    /// True when a chain of no higher priority than <paramref name="priorityMax"/> had its lane for
    /// <paramref name="sliceTicks"/>.
    /// </summary>
    public bool IsSliceOver(long sliceTicks, byte priorityMax)
    {
        for (int lane = 0; lane < Active; lane++)
        {
            if (_running[lane].SliceTicks >= sliceTicks && _running[lane].Priority <= priorityMax)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Takes a chain into a free lane, or behind the others when there is none.</summary>
    public void Take(RunningChain chain)
    {
        Invariant.That(chain.IterationsLeft > 0, "a chain that is taken has work left");
        Invariant.That(!chain.IsWaiting, "a chain that is taken waits nowhere else");
        if (FreeLanes == 0)
        {
            _next.Enqueue(chain);
            return;
        }

        lanes.Load(Active, chain.Chain.Bytes);
        chain.SliceTicks = 0;
        _running[Active++] = chain;
    }

    /// <summary>Steps of the next kernel call: to the first end of a chain, at most a quantum.</summary>
    public ulong NextSteps(ulong quantumSteps)
    {
        Invariant.That(Active > 0 && quantumSteps > 0, "there is something to advance");
        ulong steps = quantumSteps;
        for (int lane = 0; lane < Active; lane++)
        {
            steps = Math.Min(steps, _running[lane].IterationsLeft);
        }

        return steps;
    }

    /// <summary>
    /// Notes that all active lanes were advanced; takes out what ended or was dropped, refills.
    /// </summary>
    public void Advanced(ulong steps, long elapsedTicks)
    {
        Invariant.That(steps > 0 && elapsedTicks >= 0, "the lanes were advanced");
        Iterations += steps * (ulong)Active;
        KernelTicks += elapsedTicks;
        ExpectedSeconds += lanes.ExpectedSeconds(Active, steps);

        // Downwards: the chain that closes a gap comes from a lane that is dealt with already.
        for (int lane = Active - 1; lane >= 0; lane--)
        {
            RunningChain chain = _running[lane];
            Charge(chain, steps, elapsedTicks);
            if (chain.IterationsLeft == 0 || chain.IsDropped)
            {
                lanes.Store(lane, chain.Chain.Bytes);
                Ended.Add(chain);
                Vacate(lane);
            }
        }

        Refill();
        Invariant.That(FreeLanes == 0 || _next.Count == 0, "no lane is free while a chain waits for it");
    }

    /// <summary>Writes the chains in lanes back to their objects, without stopping them.</summary>
    public void Snapshot()
    {
        for (int lane = 0; lane < Active; lane++)
        {
            lanes.Store(lane, _running[lane].Chain.Bytes);
        }
    }

    /// <summary>Gives up to <paramref name="max"/> chains back: first those without a lane.</summary>
    public void Release(int max, List<RunningChain> into)
    {
        Invariant.That(max >= 0, "a number of chains is not negative");
        int released = 0;
        for (; released < max && _next.TryDequeue(out RunningChain? chain); released++)
        {
            into.Add(chain);
        }

        for (int lane = Active - 1; lane >= 0 && released < max; lane--, released++)
        {
            GiveBack(lane, into);
        }
    }

    /// <summary>
    /// Gives up to <paramref name="max"/> chains back that had a lane for at least <paramref name="sliceTicks"/> and
    /// are of no higher priority than <paramref name="priorityMax"/>. Chains that waited here for a lane get one first:
    /// given back, they would stand behind all others and come here again, for as long as no chain ends.
    /// </summary>
    public void ReleaseSliced(int max, long sliceTicks, byte priorityMax, List<RunningChain> into)
    {
        Invariant.That(max >= 0, "a number of chains is not negative");
        int released = 0;
        for (int lane = Active - 1; lane >= 0 && released < max; lane--)
        {
            if (_running[lane].SliceTicks >= sliceTicks && _running[lane].Priority <= priorityMax)
            {
                GiveBack(lane, into);
                released++;
            }
        }

        Refill();
    }

    private void GiveBack(int lane, List<RunningChain> into)
    {
        RunningChain chain = _running[lane];
        lanes.Store(lane, chain.Chain.Bytes);
        chain.WasSliced = true;
        Vacate(lane);
        into.Add(chain);
    }

    private void Refill()
    {
        while (FreeLanes > 0 && _next.TryDequeue(out RunningChain? chain))
        {
            if (!chain.IsDropped)
            {
                Take(chain);
            }
        }
    }

    private void Charge(RunningChain chain, ulong steps, long elapsedTicks)
    {
        chain.IterationsDone += steps;
        chain.SliceTicks += elapsedTicks;
        chain.AttainedTicks += elapsedTicks;
        if (chain.WasSliced)
        {
            SlicedTicks += elapsedTicks;
        }
        else
        {
            FreshTicks += elapsedTicks;
        }
    }

    private void Vacate(int lane)
    {
        int last = --Active;
        if (lane != last)
        {
            lanes.Move(last, lane);
            _running[lane] = _running[last];
        }

        _running[last] = null!;
    }
}
