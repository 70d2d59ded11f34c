namespace JobNode.Tests.Transport;

/// <summary>
/// Pauses below a second are over at once; longer time-outs fire when that many pauses were begun, and not before, so
/// that tests of giving up do not depend on the machine's speed.
/// </summary>
internal sealed class HurriedClock(int pausesBeforeTimeout) : TimeProvider
{
    private readonly List<ITimer> _timeouts = [];
    private int _pauses;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime == Timeout.InfiniteTimeSpan || dueTime >= TimeSpan.FromSeconds(1))
        {
            ITimer timeout = base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, period);
            lock (_timeouts)
            {
                _timeouts.Add(timeout);
            }

            return timeout;
        }

        if (Interlocked.Increment(ref _pauses) == pausesBeforeTimeout)
        {
            lock (_timeouts)
            {
                _timeouts.ForEach(timeout => timeout.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan));
            }
        }

        return base.CreateTimer(callback, state, TimeSpan.Zero, period);
    }
}
