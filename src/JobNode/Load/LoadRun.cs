using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;

namespace JobNode.Load;

/// <summary>
/// Keeps a number of calls in flight for a while and measures them. Each client waits for its answer before it calls
/// again, so the rate is what the servers give.
/// </summary>
internal sealed class LoadRun(LoadPlan plan, Func<int, ILoadClient> create)
{
    private const int LookEveryMs = 100;
    private const int PauseAfterFailureMs = 50;
    private const int PauseWhenEmptyMs = 1;

    private readonly LatencyHistogram _latencies = new();
    private readonly ConcurrentDictionary<string, long> _errors = new(StringComparer.Ordinal);
    private readonly Worker[] _workers = [.. Enumerable.Range(0, plan.InFlight).Select(_ => new Worker())];
    private long _jobs;
    private long _emptyCalls;
    private long _errorCount;
    private long _lastSuccessAt;
    private long _longestGap;
    private long _endsAt;
    private volatile bool _stopping;

    /// <summary>Runs once, to the plan's end or until cancelled; tells progress about ten times a second.</summary>
    public async Task<LoadReport> RunAsync(Action<LoadProgress>? progress, CancellationToken cancellation)
    {
        for (int i = 0; i < _workers.Length; i++)
        {
            _workers[i].Client = create(i);
        }

        await Task.WhenAll(_workers.Select(worker => OpenAsync(worker, cancellation)));
        TimeSpan cpuBefore = Environment.CpuUsage.TotalTime;
        long begin = Stopwatch.GetTimestamp();
        _endsAt = begin + (long)(plan.Duration.TotalSeconds * Stopwatch.Frequency);
        _lastSuccessAt = begin;
        Task[] working = [.. _workers.Select(worker => Task.Run(() => WorkAsync(worker), CancellationToken.None))];
        await WatchAsync(begin, progress, cancellation);
        long end = Math.Min(_endsAt, Stopwatch.GetTimestamp());
        _stopping = true;
        TimeSpan cpu = Environment.CpuUsage.TotalTime - cpuBefore;
        NoteGap(end);
        await StopAsync(Task.WhenAll(working));
        return Report(Stopwatch.GetElapsedTime(begin, end).TotalSeconds, cpu);
    }

    /// <summary>Tells progress and cuts calls that take too long, until the time is over.</summary>
    private async Task WatchAsync(long begin, Action<LoadProgress>? progress, CancellationToken cancellation)
    {
        long jobsBefore = 0;
        long toldAt = begin;
        while (!cancellation.IsCancellationRequested && Stopwatch.GetTimestamp() < _endsAt)
        {
            TimeSpan left = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), _endsAt);
            TimeSpan pause = TimeSpan.FromMilliseconds(Math.Clamp(left.TotalMilliseconds, 1, LookEveryMs));
            await Task.Delay(pause, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            CutOverdue();
            long now = Stopwatch.GetTimestamp();
            long jobs = Interlocked.Read(ref _jobs);
            double rate = (jobs - jobsBefore) / Stopwatch.GetElapsedTime(toldAt, now).TotalSeconds;
            progress?.Invoke(new LoadProgress(
                Stopwatch.GetElapsedTime(begin, now), jobs, rate, Interlocked.Read(ref _errorCount)));
            (jobsBefore, toldAt) = (jobs, now);
        }
    }

    /// <summary>Lets the last calls end; one that hangs is cut at its time-out.</summary>
    private async Task StopAsync(Task working)
    {
        while (await Task.WhenAny(working, Task.Delay(LookEveryMs)) != working)
        {
            CutOverdue();
        }

        foreach (Worker worker in _workers)
        {
            worker.Client.Dispose();
        }

        // The last answer may have come on the thread that serves all sockets; what follows must not keep it.
        await working.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
    }

    private void CutOverdue()
    {
        foreach (Worker worker in _workers)
        {
            long since = Interlocked.Read(ref worker.CalledAt);
            if (since != 0
                && Stopwatch.GetElapsedTime(since) > plan.CallTimeout
                && Interlocked.CompareExchange(ref worker.CalledAt, -since, since) == since)
            {
                worker.Client.Cut();
            }
        }
    }

    private async Task WorkAsync(Worker worker)
    {
        while (!_stopping && Stopwatch.GetTimestamp() < _endsAt)
        {
            if (!worker.IsOpen)
            {
                await Task.Delay(PauseAfterFailureMs);
                await OpenAsync(worker, CancellationToken.None);
                continue;
            }

            long begin = Stopwatch.GetTimestamp();
            Interlocked.Exchange(ref worker.CalledAt, begin);
            try
            {
                LoadOutcome outcome = await worker.Client.CallAsync();
                Interlocked.Exchange(ref worker.CalledAt, 0);
                if (Note(outcome, begin))
                {
                    continue;
                }
            }
            catch (Exception error) when (error is IOException or SocketException or ObjectDisposedException)
            {
                bool wasCut = Interlocked.Exchange(ref worker.CalledAt, 0) < 0;
                worker.IsOpen = false;
                NoteError(wasCut ? "no answer in time" : $"connection broke: {Reason(error)}");
                continue;
            }

            await Task.Delay(PauseWhenEmptyMs);
        }
    }

    private async Task OpenAsync(Worker worker, CancellationToken cancellation)
    {
        try
        {
            await worker.Client.OpenAsync(cancellation);
            worker.IsOpen = true;
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            NoteError($"cannot connect: {Reason(error)}");
        }
    }

    /// <summary>Counts; false when the call brought nothing and a pause is right.</summary>
    private bool Note(LoadOutcome outcome, long begin)
    {
        long now = Stopwatch.GetTimestamp();
        if (outcome.Error is not null)
        {
            NoteError(outcome.Error);
        }

        if (outcome.Jobs == 0)
        {
            Interlocked.Add(ref _emptyCalls, outcome.Error is null ? 1 : 0);
            return false;
        }

        _latencies.Record(now - begin);
        if (now <= _endsAt && !_stopping)
        {
            Interlocked.Add(ref _jobs, outcome.Jobs);
            NoteGap(now);
        }

        return true;
    }

    private void NoteGap(long now)
    {
        long before = Interlocked.Exchange(ref _lastSuccessAt, now);
        LatencyHistogram.Raise(ref _longestGap, now - before);
    }

    private void NoteError(string kind)
    {
        Interlocked.Increment(ref _errorCount);
        _errors.AddOrUpdate(kind, 1, static (_, count) => count + 1);
    }

    private LoadReport Report(double seconds, TimeSpan cpu) => new(
        plan.InFlight,
        seconds,
        _jobs,
        _jobs / seconds,
        _latencies.Count,
        _emptyCalls,
        _latencies.Summarize(),
        _longestGap * 1000.0 / Stopwatch.Frequency,
        new SortedDictionary<string, long>(_errors, StringComparer.Ordinal),
        cpu.TotalSeconds);

    private static string Reason(Exception error) => (error.InnerException ?? error).Message.TrimEnd('.');

    /// <summary>One client and its call under way.</summary>
    private sealed class Worker
    {
        /// <summary>When the call began; 0 between calls, negative once it was cut.</summary>
        public long CalledAt;

        public ILoadClient Client { get; set; } = null!;

        public bool IsOpen { get; set; }
    }
}
