using System.Diagnostics;
using JobNode.Observability;

namespace JobNode.Membership;

/// <content>What it says while it waits.</content>
internal sealed partial class ClusterBootstrap
{
    private const int SilentFirstMs = 1000;
    private const int LogEveryMs = 5000;

    private string _lastReason = "";
    private volatile string _waitsFor = "this node has only just started";
    private volatile bool _roundHasMistake;
    private long _nextLog = Stopwatch.GetTimestamp() + (SilentFirstMs * Stopwatch.Frequency / 1000);

    /// <summary>Why this node is not at work yet, for people; half a sentence. Any thread may ask.</summary>
    public string WaitsFor => _waitsFor;

    /// <summary>Says why it takes long: mistakes when they are first seen, everything else every few seconds.</summary>
    private void Report(BootstrapStep.Wait wait)
    {
        lock (_gate)
        {
            // A mistake that one peer told must not be hidden by the waiting that it causes.
            _roundHasMistake |= wait.NeedsPeople;
            if (wait.NeedsPeople || !_roundHasMistake)
            {
                _waitsFor = wait.Reason;
            }

            long now = Stopwatch.GetTimestamp();
            bool news = wait.NeedsPeople && wait.Reason != _lastReason;
            if (!news && now < _nextLog)
            {
                return;
            }

            _lastReason = wait.Reason;
            _nextLog = now + (LogEveryMs * Stopwatch.Frequency / 1000);
            if (wait.NeedsPeople)
            {
                _logger.BootstrapBlocked(wait.Reason);
            }
            else
            {
                _logger.BootstrapWaits(wait.Reason);
            }
        }
    }
}
