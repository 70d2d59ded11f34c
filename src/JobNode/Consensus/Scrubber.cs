using System.Diagnostics;
using JobNode.Consensus.Log;
using JobNode.Observability;

namespace JobNode.Consensus;

/// <summary>
/// Reads the latest snapshot and the log again now and then, slowly, from the disk, and compares every checksum: bits
/// that rot in a file that nobody reads would else be found by the restart that needs it. What is damaged is healed
/// from memory, which is right: a new snapshot takes its place.
/// </summary>
internal sealed class Scrubber : IAsyncDisposable
{
    /// <summary>Bytes per second that it reads at most.</summary>
    public const long BytesPerSecond = 8 << 20;

    private readonly IScrubbed _loop;
    private readonly Func<CancellationToken, IStorageDirectory> _open;
    private readonly ScrubCounts _counts;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;

    /// <summary>Composes; nothing runs before <see cref="Start"/>.</summary>
    /// <param name="loop">Says what is there, and heals.</param>
    /// <param name="open">The files.</param>
    /// <param name="counts">Where it is counted.</param>
    /// <param name="logger">Log.</param>
    public Scrubber(
        IScrubbed loop, Func<CancellationToken, IStorageDirectory> open, ScrubCounts counts, ILogger logger)
    {
        _loop = loop;
        _open = open;
        _counts = counts;
        _logger = logger;
    }

    /// <summary>Reads everything once per interval; never when that is zero.</summary>
    public void Start(TimeSpan every, TimeProvider time)
    {
        if (every > TimeSpan.Zero)
        {
            _running = Task.Factory.StartNew(
                () => Run(every, time), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
    }

    /// <summary>Reads everything once.</summary>
    /// <exception cref="OperationCanceledException">The node stops.</exception>
    public void Look(CancellationToken cancellation)
    {
        long begin = Stopwatch.GetTimestamp();
        IStorageDirectory directory = _open(cancellation);
        (ulong snapshot, IReadOnlyList<LogExtent> log) = _loop.ListAsync(cancellation).GetAwaiter().GetResult();
        string name = SnapshotStore.NameOf(snapshot);
        Check(name, () => SnapshotFileReader.Verify(directory, name));
        foreach (LogExtent extent in log)
        {
            Check(extent.Name, () =>
            {
                if (LogScrub.FindDamage(directory, extent) is { } damage)
                {
                    throw damage;
                }
            });
        }

        _counts.NotePass(Stopwatch.GetElapsedTime(begin));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();
    }

    private void Check(string name, Action read)
    {
        try
        {
            read();
        }
        catch (FileNotFoundException)
        {
            // A newer snapshot took its place while the files before it were read.
        }
        catch (DataDamagedException damage)
        {
            _loop.Heal(name, $"{name} is damaged at byte {damage.Offset}: {damage.Reason}");
        }
        catch (IOException error)
        {
            _loop.Heal(name, $"{name} cannot be read: {error.Message.TrimEnd('.')}");
        }
    }

    private void Run(TimeSpan every, TimeProvider time)
    {
        try
        {
            while (true)
            {
                Task.Delay(every, time, _stopping.Token).GetAwaiter().GetResult();
                LookOrLog();
            }
        }
        catch (OperationCanceledException)
        {
            // The node stops.
        }
    }

    /// <summary>What was not expected of one pass is no reason to leave out the next.</summary>
    private void LookOrLog()
    {
        try
        {
            Look(_stopping.Token);
        }
        catch (Exception error) when (!_stopping.IsCancellationRequested)
        {
            _logger.ScrubFailed(error);
        }
    }
}

/// <summary>What a <see cref="Scrubber"/> asks of the consensus thread. Thread-safe.</summary>
internal interface IScrubbed
{
    /// <summary>Index of the latest snapshot, and what of the log is durable.</summary>
    /// <exception cref="OperationCanceledException">Cancelled by the caller.</exception>
    Task<(ulong Snapshot, IReadOnlyList<LogExtent> Log)> ListAsync(CancellationToken cancellation);

    /// <summary>A file that is part of the snapshots or the log was found damaged.</summary>
    /// <param name="name">Which.</param>
    /// <param name="finding">What is wrong, as a clause.</param>
    void Heal(string name, string finding);
}
