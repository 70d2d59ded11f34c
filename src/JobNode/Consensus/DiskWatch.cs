using System.Globalization;
using JobNode.Observability;

namespace JobNode.Consensus;

/// <summary>
/// Looks now and then at the space left for the data directory and at the length of the log, and raises
/// <see cref="NodeCondition.DiskLow"/> while there is too little of the one or too much of the other.
/// </summary>
internal sealed class DiskWatch : IAsyncDisposable
{
    private const int IntervalMs = 2_000;
    private const long MiB = 1L << 20;

    private readonly DiskWatchOptions _options;
    private readonly NodeConditions _conditions;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;

    /// <summary>Looks from <see cref="Start"/> on.</summary>
    public DiskWatch(DiskWatchOptions options, NodeConditions conditions, ILogger logger)
    {
        _options = options;
        _conditions = conditions;
        _logger = logger;
    }

    /// <summary>A sentence about the space left, for people.</summary>
    public string Describe() => _options.FreeBytes() is long free
        ? string.Create(CultureInfo.InvariantCulture, $"{_options.Directory} has {free / MiB} MiB free.")
        : "";

    /// <summary>What is on the disk now; null when the file system does not say.</summary>
    public DiskReading? Read() => _options.FreeBytes() is { } free
        ? new DiskReading(
            free, _options.SizeBytes(), _options.FreeBytesMin, _options.LogBytes(), _options.SnapshotBytes())
        : null;

    /// <summary>Looks at once, and then every two seconds.</summary>
    public void Start(TimeProvider time)
    {
        Look();
        _running = RunAsync(time);
    }

    /// <summary>One look.</summary>
    public void Look()
    {
        bool wasLow = _conditions.Has(NodeCondition.DiskLow);
        if (FindTrouble(wasLow) is { } sentence)
        {
            _conditions.Raise(NodeCondition.DiskLow, sentence);
            if (!wasLow)
            {
                LogMessages.DiskLow(_logger, sentence);
            }
        }
        else if (_conditions.Clear(NodeCondition.DiskLow))
        {
            LogMessages.DiskEnough(_logger);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();
    }

    private string? FindTrouble(bool wasLow)
    {
        // Once low, an eighth more is enough again: the files of a node come and go.
        long wanted = _options.FreeBytesMin + (wasLow ? _options.FreeBytesMin / 8 : 0);
        if (_options.FreeBytes() is long free && free < wanted)
        {
            return string.Create(
                CultureInfo.InvariantCulture,
                $"{_options.Directory} has {free / MiB} MiB free, less than the {_options.FreeBytesMin / MiB} MiB of "
                + $"--min-free-disk: no new jobs are taken; pulls, reads and running jobs go on.");
        }

        long log = _options.LogBytes();
        long most = _options.LogBytesMax();
        return log <= most
            ? null
            : string.Create(
                CultureInfo.InvariantCulture,
                $"The log in {_options.Directory} has {log / MiB} MiB, more than {most / MiB} MiB, because no snapshot "
                + $"could take its place: no new jobs are taken; pulls, reads and running jobs go on.");
    }

    private async Task RunAsync(TimeProvider time)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(IntervalMs), time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token))
            {
                Look();
            }
        }
        catch (OperationCanceledException)
        {
            // The node stops.
        }
    }
}

/// <summary>What a <see cref="DiskWatch"/> looks at.</summary>
internal sealed record DiskWatchOptions
{
    /// <summary>A log this long, in bytes, is nothing to worry about.</summary>
    private const long LogBytesAlwaysAllowed = 1L << 30;

    /// <summary>The log may be this many times as long as the last snapshot.</summary>
    private const int LogFactor = 4;

    /// <summary>The data directory.</summary>
    public required string Directory { get; init; }

    /// <summary>With less free, space is low.</summary>
    public required long FreeBytesMin { get; init; }

    /// <summary>Bytes free on the file system; null when it does not say.</summary>
    public required Func<long?> FreeBytes { get; init; }

    /// <summary>Bytes of the file system; 0 when it does not say.</summary>
    public Func<long> SizeBytes { get; init; } = static () => 0;

    /// <summary>Bytes of the newest snapshot.</summary>
    public Func<long> SnapshotBytes { get; init; } = static () => 0;

    /// <summary>Bytes of the log on disk.</summary>
    public required Func<long> LogBytes { get; init; }

    /// <summary>With a longer log, space is low.</summary>
    public required Func<long> LogBytesMax { get; init; }

    /// <summary>Of a real directory.</summary>
    public static DiskWatchOptions Of(
        string directory, long freeBytesMin, Func<long> logBytes, SnapshotStore snapshots) =>
        new()
        {
            Directory = directory,
            FreeBytesMin = freeBytesMin,
            FreeBytes = () => Ask(directory, static drive => drive.AvailableFreeSpace),
            SizeBytes = () => Ask(directory, static drive => drive.TotalSize) ?? 0,
            SnapshotBytes = () => snapshots.LatestBytes,
            LogBytes = logBytes,
            LogBytesMax = () => Math.Max(LogBytesAlwaysAllowed, LogFactor * snapshots.LatestBytes),
        };

    private static long? Ask(string directory, Func<DriveInfo, long> question)
    {
        try
        {
            return question(new DriveInfo(directory));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }
}
