using JobNode.Commands;
using JobNode.Observability;
using JobNode.Queue;

namespace JobNode.Scheduling;

/// <summary>
/// Proposes an Expire when the replicated state holds jobs or keys whose retention ended. Runs on the leader, by the
/// leader's flags.
/// </summary>
internal sealed class ExpiryKeeper(
    ICommandProposer proposer,
    IApplyThread applyThread,
    QueueView view,
    TimeProvider time,
    RetentionPeriods retention,
    ILogger logger)
{
    /// <summary>Looks every <see cref="SchedulingLimits.ExpiryIntervalMs"/> until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(SchedulingLimits.ExpiryIntervalMs), time);
        while (await timer.WaitForNextTickAsync(cancellation))
        {
            try
            {
                // As long as full batches go, there is more.
                int removed;
                do
                {
                    removed = await ExpireOnceAsync(cancellation);
                    if (removed > 0)
                    {
                        logger.JobsExpired(removed);
                    }
                }
                while (removed == Limits.JobsPerCommandMax);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                // The next look may fare better, and work must not stop for it.
                logger.ExpiryFailed(exception);
            }
        }
    }

    /// <summary>One look.</summary>
    /// <returns>How many jobs and keys went; 0 also when the command failed.</returns>
    public async Task<int> ExpireOnceAsync(CancellationToken cancellation)
    {
        ulong nowMs = (ulong)time.GetUtcNow().ToUnixTimeMilliseconds();
        ulong beforeMs = Before(nowMs, retention.Finished);
        ulong unpulledBeforeMs = retention.Unpulled == TimeSpan.Zero ? 0 : Before(nowMs, retention.Unpulled);
        int due = await applyThread.ReadAsync(
            () => view.CountExpirable(beforeMs, unpulledBeforeMs, Limits.JobsPerCommandMax), cancellation);
        if (due == 0)
        {
            return 0;
        }

        var expire = new Expire(beforeMs, unpulledBeforeMs, Limits.JobsPerCommandMax);
        Proposed proposed = await proposer.ProposeAsync(expire, cancellation);
        return proposed.Result is ExpireResult expired ? expired.Removed : 0;
    }

    private static ulong Before(ulong nowMs, TimeSpan period) =>
        nowMs - Math.Min(nowMs, (ulong)period.TotalMilliseconds);
}
