using JobNode.Hashing;
using JobNode.Scheduling;

namespace JobNode.Bench.Scheduling;

/// <summary>
/// A node with one hash thread in virtual time: the product's hand and lane scheduler, visited as the product's thread
/// does, with kernel calls as long as nothing happens.
/// </summary>
internal sealed class ModelWorker : IDisposable
{
    private const double QuantumSeconds = SchedulingLimits.QuantumMs / 1e3;
    private const double SliceSeconds = SchedulingLimits.SliceMs / 1e3;
    private const double StepSeconds = 1 / ModelKernel.ChainRate;

    private readonly ChainLanes _lanes = ModelKernel.CreateLanes();
    private readonly LaneScheduler _scheduler;
    private readonly List<RunningChain> _scratch = [];
    private double _at;

    /// <summary>An idle worker.</summary>
    public ModelWorker() => _scheduler = new LaneScheduler(_lanes);

    /// <summary>The jobs in hand.</summary>
    public JobHand Hand { get; } = new(1);

    /// <summary>Lanes with a chain.</summary>
    public int LanesBusy => _scheduler.Active;

    /// <summary>When it has to be visited next, in seconds; infinite while it is idle.</summary>
    public double NextAt { get; private set; } = double.PositiveInfinity;

    /// <summary>Computes until now, then hands over and takes, as the product's thread does in its turn.</summary>
    public void Turn(double now, bool isSnapshot)
    {
        Advance(now);
        if (isSnapshot)
        {
            _scheduler.Snapshot();
        }

        bool hasWork = Hand.Exchange(0, _scheduler, isSnapshot, _scratch);
        NextAt = hasWork ? FindNext(now) : double.PositiveInfinity;
    }

    /// <inheritdoc/>
    public void Dispose() => _lanes.Dispose();

    private void Advance(double now)
    {
        while (_scheduler.Active > 0)
        {
            ulong steps = _scheduler.NextSteps((ulong)Math.Max(1, ((now - _at) / StepSeconds) + 1e-6));
            double seconds = steps * StepSeconds;
            if (_at + seconds > now + 1e-9)
            {
                return;
            }

            _at += seconds;
            _scheduler.Advanced(steps, (long)(seconds * TimeSpan.TicksPerSecond));
        }

        _at = now;
    }

    private double FindNext(double now)
    {
        double next = _at + (_scheduler.NextSteps(ulong.MaxValue) * StepSeconds);
        if (_scheduler.Active > 1 && !Hand.HasWaiting)
        {
            // Nothing waits for the lane: the result goes with the next turn.
            next = Math.Max(next, now + QuantumSeconds);
        }

        if (Hand.HasWaiting || _scheduler.NextCount > 0)
        {
            double sliceEnd = double.PositiveInfinity;
            for (int lane = 0; lane < _scheduler.Active; lane++)
            {
                double left = SliceSeconds - (_scheduler[lane].SliceTicks / (double)TimeSpan.TicksPerSecond);
                sliceEnd = Math.Min(sliceEnd, now + left);
            }

            next = Math.Min(next, Math.Max(sliceEnd, now + QuantumSeconds));
        }

        return next;
    }
}
