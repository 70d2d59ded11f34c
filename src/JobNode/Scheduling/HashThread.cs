using System.Diagnostics;
using JobNode.Commands;
using JobNode.Hashing;
using JobNode.Observability;

namespace JobNode.Scheduling;

/// <summary>
/// A dedicated thread that advances chains, at low OS priority. One kernel call takes about
/// <see cref="SchedulingLimits.QuantumMs"/>; between calls the thread refills lanes and now and then visits the hand.
/// </summary>
internal sealed class HashThread
{
    private const ulong QuantumStepsMin = 16;
    private const ulong QuantumStepsMax = 1 << 24;
    private const int EndedPerTurn = 64;

    private static readonly long QuantumTicks = SchedulingLimits.QuantumMs * TimeSpan.TicksPerMillisecond;
    private static readonly long SnapshotTicks = SchedulingLimits.SnapshotIntervalMs * TimeSpan.TicksPerMillisecond;

    private readonly int _number;
    private readonly ChainKernel _kernel;
    private readonly JobHand _hand;
    private readonly Func<int> _enter;
    private readonly ILogger _logger;
    private readonly Thread _thread;
    private readonly List<RunningChain> _scratch = [];
    private ulong _quantumSteps = 256;

    /// <summary>Makes the thread; <see cref="Start"/> starts it.</summary>
    /// <param name="number">0 to the number of threads minus one.</param>
    /// <param name="kernel">Makes its lanes.</param>
    /// <param name="hand">Where its chains come from.</param>
    /// <param name="enter">Lowers the calling thread's priority; gives 0 or an errno.</param>
    /// <param name="logger">Log.</param>
    public HashThread(int number, ChainKernel kernel, JobHand hand, Func<int> enter, ILogger logger)
    {
        _number = number;
        _kernel = kernel;
        _hand = hand;
        _enter = enter;
        _logger = logger;
        _thread = new Thread(Run) { Name = $"hash-{number}", IsBackground = true };
    }

    /// <summary>Starts it.</summary>
    public void Start() => _thread.Start();

    /// <summary>Waits for its end, after <see cref="JobHand.Stop"/>.</summary>
    public void Join() => _thread.Join();

    private void Run()
    {
        try
        {
            int errno = _enter();
            if (errno != 0 && _number == 0)
            {
                _logger.LowPriorityRefused(errno);
            }

            using ChainLanes lanes = _kernel.CreateLanes();
            Run(lanes, new LaneScheduler(lanes));
        }
        catch (Exception exception)
        {
            // A broken belief: the log says why, then the process ends.
            _logger.HashThreadFailed(exception);
            throw;
        }
    }

    private void Run(ChainLanes lanes, LaneScheduler scheduler)
    {
        long turnAt = Stopwatch.GetTimestamp();
        long snapshotAt = turnAt;
        while (true)
        {
            long before = Stopwatch.GetTimestamp();
            if (IsTurnDue(scheduler, Stopwatch.GetElapsedTime(turnAt, before).Ticks))
            {
                bool isSnapshot = Stopwatch.GetElapsedTime(snapshotAt, before).Ticks >= SnapshotTicks;
                if (isSnapshot)
                {
                    scheduler.Snapshot();
                    snapshotAt = before;
                }

                bool hasWork = _hand.Exchange(_number, scheduler, isSnapshot, _scratch);
                turnAt = before;
                if (_hand.IsStopping && !hasWork)
                {
                    return;
                }

                if (!hasWork)
                {
                    _hand.WaitForWork(_number);
                    continue;
                }
            }

            ulong steps = scheduler.NextSteps(_quantumSteps);
            before = Stopwatch.GetTimestamp();
            lanes.Advance(scheduler.Active, steps);
            long elapsedTicks = Stopwatch.GetElapsedTime(before).Ticks;
            scheduler.Advanced(steps, elapsedTicks);
            AdaptQuantum(steps, elapsedTicks);
        }
    }

    private bool IsTurnDue(LaneScheduler scheduler, long sinceTicks) =>
        scheduler.Active == 0
        || sinceTicks >= QuantumTicks
        || scheduler.Ended.Count >= EndedPerTurn
        || (scheduler.FreeLanes > 0 && _hand.HasWaiting)
        || _hand.IsStopping;

    /// <summary>
    /// Aims at calls of <see cref="SchedulingLimits.QuantumMs"/>, from the calls long enough to be measured.
    /// </summary>
    private void AdaptQuantum(ulong steps, long elapsedTicks)
    {
        if (steps == _quantumSteps || elapsedTicks > QuantumTicks / 4)
        {
            double aim = steps * (double)QuantumTicks / Math.Max(elapsedTicks, 1);
            ulong bounded = (ulong)Math.Min(aim, _quantumSteps * 2.0);
            _quantumSteps = Math.Clamp(bounded, QuantumStepsMin, QuantumStepsMax);
        }

        Invariant.That(_quantumSteps is >= QuantumStepsMin and <= QuantumStepsMax, "a quantum is within its bounds");
    }
}
