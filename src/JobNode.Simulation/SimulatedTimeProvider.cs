namespace JobNode.Simulation;

/// <summary>One life's clock and timers on virtual time. Timers fire only in <see cref="RunDue"/>.</summary>
internal sealed class SimulatedTimeProvider(SimulatedClock clock) : TimeProvider
{
    private readonly PriorityQueue<(VirtualTimer Timer, long DueMs), (long DueMs, long Order)> _due = new();
    private long _order;

    /// <inheritdoc/>
    public override long TimestampFrequency => 1_000;

    /// <inheritdoc/>
    public override long GetTimestamp() => clock.MonotonicMs;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds((long)clock.UnixMs);

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new VirtualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Fires what is due.</summary>
    public void RunDue()
    {
        while (_due.TryPeek(out (VirtualTimer Timer, long DueMs) next, out _) && next.DueMs <= clock.MonotonicMs)
        {
            _due.Dequeue();
            next.Timer.Fire(next.DueMs);
        }
    }

    private sealed class VirtualTimer(SimulatedTimeProvider owner, TimerCallback callback, object? state) : ITimer
    {
        private long _dueMs = long.MaxValue;
        private long _periodMs;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _periodMs = Math.Max(0, (long)period.TotalMilliseconds);
            _dueMs = dueTime < TimeSpan.Zero
                ? long.MaxValue
                : owner.GetTimestamp() + (long)Math.Ceiling(dueTime.TotalMilliseconds);
            Enqueue();
            return true;
        }

        /// <summary>Calls back, unless it was changed meanwhile: then another entry stands for it.</summary>
        public void Fire(long dueMs)
        {
            if (dueMs != _dueMs)
            {
                return;
            }

            _dueMs = _periodMs > 0 ? owner.GetTimestamp() + _periodMs : long.MaxValue;
            Enqueue();
            callback(state);
        }

        public void Dispose() => _dueMs = long.MaxValue;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Enqueue()
        {
            if (_dueMs != long.MaxValue)
            {
                owner._due.Enqueue((this, _dueMs), (_dueMs, owner._order++));
            }
        }
    }
}
