using JobNode.Commands;

namespace JobNode.Scheduling;

/// <summary>
/// Chains that wait for a lane: highest priority first; among equals those that are new and those that had a slice
/// already share the lanes' time evenly while both wait (start-time fair queueing of two classes), each first in, first
/// out. So a short job never waits for long ones to end, and a stream of short ones does not stop the long ones.
/// </summary>
internal sealed class WaitingChains
{
    private readonly Queue<RunningChain>[] _fresh = CreateQueues();
    private readonly Queue<RunningChain>[] _sliced = CreateQueues();
    private long _freshTicks;
    private long _slicedTicks;
    private int _freshCount;
    private int _slicedCount;

    /// <summary>Chains that wait and are wanted.</summary>
    public int Count => _freshCount + _slicedCount;

    /// <summary>The highest priority that waits; 0 when nothing does.</summary>
    public byte TopPriority
    {
        get
        {
            for (int priority = Limits.PriorityMax; priority > 0; priority--)
            {
                if (Peek(_fresh[priority]) is not null || Peek(_sliced[priority]) is not null)
                {
                    return (byte)priority;
                }
            }

            return 0;
        }
    }

    /// <summary>Notes lane time given to the two classes.</summary>
    public void Charge(long freshTicks, long slicedTicks)
    {
        Invariant.That(freshTicks >= 0 && slicedTicks >= 0, "time given is not negative");
        _freshTicks += freshTicks;
        _slicedTicks += slicedTicks;
    }

    /// <summary>Puts a chain at the end of its class.</summary>
    public void Add(RunningChain chain)
    {
        Invariant.That(!chain.IsWaiting && !chain.IsDropped, "a chain that begins to wait is wanted and waits once");
        chain.IsWaiting = true;
        if (chain.WasSliced)
        {
            // A class that had nothing to do saves up no claim on the time to come.
            _slicedTicks = _slicedCount++ == 0 ? Math.Max(_slicedTicks, _freshTicks) : _slicedTicks;
            _sliced[chain.Priority].Enqueue(chain);
        }
        else
        {
            _freshTicks = _freshCount++ == 0 ? Math.Max(_freshTicks, _slicedTicks) : _freshTicks;
            _fresh[chain.Priority].Enqueue(chain);
        }
    }

    /// <summary>Drops a chain that waits; its place in the queue goes when its turn comes.</summary>
    public void Drop(RunningChain chain)
    {
        Invariant.That(chain.IsWaiting && !chain.IsDropped, "the chain waits");
        chain.IsDropped = true;
        Forget(chain);
    }

    /// <summary>
    /// Takes the next chain if it has at most <paramref name="iterationsMax"/> left; null when it has more or none
    /// waits.
    /// </summary>
    public RunningChain? Pick(ulong iterationsMax)
    {
        for (int priority = Limits.PriorityMax; priority >= 0 && Count > 0; priority--)
        {
            RunningChain? fresh = Peek(_fresh[priority]);
            RunningChain? sliced = Peek(_sliced[priority]);
            if (fresh is null && sliced is null)
            {
                continue;
            }

            bool takeFresh = sliced is null || (fresh is not null && _freshTicks <= _slicedTicks);
            RunningChain chosen = takeFresh ? fresh! : sliced!;
            if (chosen.IterationsLeft > iterationsMax)
            {
                return null;
            }

            (takeFresh ? _fresh : _sliced)[priority].Dequeue();
            Forget(chosen);
            return chosen;
        }

        return null;
    }

    private static Queue<RunningChain>[] CreateQueues()
    {
        var queues = new Queue<RunningChain>[Limits.PriorityMax + 1];
        for (int priority = 0; priority < queues.Length; priority++)
        {
            queues[priority] = new Queue<RunningChain>();
        }

        return queues;
    }

    /// <summary>The first that is wanted; removes those before it.</summary>
    private static RunningChain? Peek(Queue<RunningChain> queue)
    {
        while (queue.TryPeek(out RunningChain? chain))
        {
            if (!chain.IsDropped)
            {
                return chain;
            }

            queue.Dequeue();
        }

        return null;
    }

    private void Forget(RunningChain chain)
    {
        chain.IsWaiting = false;
        if (chain.WasSliced)
        {
            _slicedCount--;
        }
        else
        {
            _freshCount--;
        }

        Invariant.That(_freshCount >= 0 && _slicedCount >= 0, "no class has fewer than no chains");
    }
}
