using JobNode.Consensus;
using JobNode.Observability;
using Microsoft.Extensions.Logging.Abstractions;

namespace JobNode.Tests.Consensus;

public sealed class DiskWatchTests
{
    private long? _free = 1_000;
    private long _log;

    [Fact]
    public void Little_space_is_low_until_there_is_a_little_more_than_enough()
    {
        (DiskWatch watch, NodeConditions conditions) = Create();
        Look(watch, conditions, free: 800, expected: false);
        Look(watch, conditions, free: 799, expected: true);
        Look(watch, conditions, free: 850, expected: true);
        Look(watch, conditions, free: 900, expected: false);
        Look(watch, conditions, free: null, expected: false);
    }

    [Fact]
    public void A_log_that_no_snapshot_shortens_is_low_space_too()
    {
        (DiskWatch watch, NodeConditions conditions) = Create();
        _log = 5_001;
        Look(watch, conditions, free: 1_000, expected: true);
        Assert.Contains("The log in /data", Assert.Single(conditions.Sentences), StringComparison.Ordinal);
        _log = 5_000;
        Look(watch, conditions, free: 1_000, expected: false);
    }

    private (DiskWatch Watch, NodeConditions Conditions) Create()
    {
        var conditions = new NodeConditions();
        var options = new DiskWatchOptions
        {
            Directory = "/data",
            FreeBytesMin = 800,
            FreeBytes = () => _free,
            LogBytes = () => _log,
            LogBytesMax = () => 5_000,
        };
        return (new DiskWatch(options, conditions, NullLogger.Instance), conditions);
    }

    private void Look(DiskWatch watch, NodeConditions conditions, long? free, bool expected)
    {
        _free = free;
        watch.Look();
        Assert.Equal(expected, conditions.Has(NodeCondition.DiskLow));
    }
}
