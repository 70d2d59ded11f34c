using System.Runtime.InteropServices;
using JobNode.Commands;

namespace JobNode.Scheduling;

/// <summary>
/// The jobs in a node's hand, between the stream to the leader and the hash threads. Everything is done in batches
/// under one lock that is held for microseconds: a thread comes by every few milliseconds, or when it runs dry.
/// </summary>
internal sealed partial class JobHand
{
    private readonly Lock _lock = new();
    private readonly Dictionary<JobId, RunningChain> _chains = [];
    private readonly Dictionary<JobId, Digest512> _unsettled = [];
    private readonly Queue<JobResult> _toSend = new();
    private readonly List<RunningChain> _news = [];
    private readonly List<ChainProgress> _putAside = [];
    private readonly WaitingChains _waiting = new();
    private readonly AsyncSignal _finished = new();
    private readonly SemaphoreSlim[] _threadWakes;
    private readonly ThreadState[] _threads;
    private int _waitingHint;
    private ulong _iterations;
    private long _kernelTicks;
    private double _expectedSeconds;
    private volatile bool _stopping;

    /// <summary>An empty hand for this many hash threads.</summary>
    public JobHand(int hashThreads)
    {
        Invariant.That(hashThreads >= 0, "a number of threads is not negative");
        _threads = new ThreadState[hashThreads];
        _threadWakes = new SemaphoreSlim[hashThreads];
        for (int thread = 0; thread < hashThreads; thread++)
        {
            _threadWakes[thread] = new SemaphoreSlim(0);
        }
    }

    /// <summary>Set when there are results to send, or dropped chains to tell of.</summary>
    public AsyncSignal FinishedSignal => _finished;

    /// <summary>
    /// Takes jobs in hand. A job that is in hand already stays as it is; a result not settled is sent again.
    /// </summary>
    /// <exception cref="InvalidDataException">More than <see cref="SchedulingLimits.HandJobsMax"/> jobs.</exception>
    public void Add(IReadOnlyList<JobInHand> jobs)
    {
        lock (_lock)
        {
            if (_chains.Count + _unsettled.Count + jobs.Count > SchedulingLimits.HandJobsMax)
            {
                throw new InvalidDataException($"{jobs.Count} more jobs do not fit a hand that holds {_chains.Count}");
            }

            foreach (JobInHand job in jobs)
            {
                if (_unsettled.TryGetValue(job.Id, out Digest512 result))
                {
                    _toSend.Enqueue(new JobResult(job.Id, result));
                    _finished.Set();
                }
                else if (!_chains.ContainsKey(job.Id))
                {
                    var chain = new RunningChain(job);
                    _chains.Add(job.Id, chain);
                    _waiting.Add(chain);
                }
            }

            Invariant.That(_waiting.Count <= _chains.Count, "what waits is in hand");
            _waitingHint = _waiting.Count;
            WakeIdleThreads();
        }
    }

    /// <summary>
    /// Puts jobs aside: unknown ones are skipped, running ones leave their lane at their thread's next turn.
    /// </summary>
    public void Drop(IReadOnlyList<JobId> jobs)
    {
        lock (_lock)
        {
            foreach (JobId id in jobs)
            {
                _unsettled.Remove(id);
                if (!_chains.Remove(id, out RunningChain? chain))
                {
                    continue;
                }

                if (chain.IsWaiting)
                {
                    _waiting.Drop(chain);
                    PutAside(chain);
                }
                else
                {
                    chain.IsDropped = true;
                }
            }

            Invariant.That(_waiting.Count <= _chains.Count, "what waits is in hand");
            _waitingHint = _waiting.Count;
        }
    }

    /// <summary>Forgets results that need not be sent again.</summary>
    public void Settle(IReadOnlyList<JobId> jobs)
    {
        lock (_lock)
        {
            foreach (JobId id in jobs)
            {
                _unsettled.Remove(id);
            }
        }
    }

    /// <summary>
    /// Moves up to <paramref name="max"/> results that were not sent yet into <paramref name="into"/>.
    /// </summary>
    public void TakeFinished(int max, List<JobResult> into)
    {
        lock (_lock)
        {
            while (into.Count < max && _toSend.TryDequeue(out JobResult result))
            {
                // Dropped or settled while it waited to be sent: nobody wants it any more.
                if (_unsettled.ContainsKey(result.Id))
                {
                    into.Add(result);
                }
            }
        }
    }

    /// <summary>
    /// Moves up to <paramref name="max"/> dropped chains, where they stand, into <paramref name="into"/>.
    /// </summary>
    public void TakePutAside(int max, List<ChainProgress> into)
    {
        lock (_lock)
        {
            int taken = Math.Min(max, _putAside.Count);
            into.AddRange(_putAside[..taken]);
            _putAside.RemoveRange(0, taken);
        }
    }

    /// <summary>Where the chains stand that moved since the last call.</summary>
    public void TakeNews(List<ChainProgress> into)
    {
        lock (_lock)
        {
            foreach (RunningChain chain in _news)
            {
                chain.HasNews = false;
                if (!chain.IsDropped && chain.IterationsLeft > 0)
                {
                    into.Add(chain.Reported);
                }
            }

            _news.Clear();
        }
    }

    /// <summary>All that is in hand, for a hello. Results are taken as sent by it.</summary>
    public void Show(List<JobInHand> inHand, List<JobResult> finished)
    {
        lock (_lock)
        {
            foreach (RunningChain chain in _chains.Values)
            {
                ChainProgress at = chain.Reported;
                inHand.Add(new JobInHand(at.Id, at.Chain, at.IterationsDone, chain.IterationsTotal, chain.Priority));
            }

            foreach ((JobId id, Digest512 result) in _unsettled)
            {
                finished.Add(new JobResult(id, result));
            }

            _toSend.Clear();
        }
    }

    /// <summary>What this node's threads have done since the process started, and lanes in use now.</summary>
    public HandMeasure Measure()
    {
        lock (_lock)
        {
            int busy = 0;
            foreach (ThreadState thread in _threads)
            {
                busy += thread.Active;
            }

            var kernelTime = TimeSpan.FromTicks(_kernelTicks);
            return new HandMeasure(_iterations, busy, kernelTime.TotalSeconds, _expectedSeconds);
        }
    }

    private void WakeIdleThreads()
    {
        if (_waiting.Count == 0 && !_stopping)
        {
            return;
        }

        for (int thread = 0; thread < _threads.Length; thread++)
        {
            ref ThreadState state = ref _threads[thread];
            if (state.IsIdle)
            {
                state.IsIdle = false;
                _threadWakes[thread].Release();
            }
        }
    }

    /// <summary>What a hash thread last said of itself.</summary>
    [StructLayout(LayoutKind.Auto)]
    private struct ThreadState
    {
        /// <summary>Chains in its lanes.</summary>
        public int Active;

        /// <summary>Chains it has.</summary>
        public int Held;

        /// <summary>True while it sleeps until it is woken.</summary>
        public bool IsIdle;
    }
}
