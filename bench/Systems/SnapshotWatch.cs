using System.Diagnostics;

namespace JobNode.Bench.Systems;

/// <summary>Sees snapshots come and how long each takes, by their temporary files.</summary>
internal sealed class SnapshotWatch : IDisposable
{
    private const int LookEveryMs = 20;
    private const int QuietMs = 2_000;

    private readonly Dictionary<string, long> _since = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _watching;
    private long _lastSeenAt = Stopwatch.GetTimestamp();

    /// <summary>Looks from now on.</summary>
    public SnapshotWatch(IReadOnlyList<string> directories) => _watching = Task.Run(() => WatchAsync(directories));

    /// <summary>Snapshots that were finished.</summary>
    public int Count { get; private set; }

    /// <summary>The longest time that one took.</summary>
    public TimeSpan Longest { get; private set; }

    /// <summary>Bytes of the largest.</summary>
    public long LargestBytes { get; private set; }

    /// <summary>Waits until none is being written.</summary>
    public async Task WaitUntilQuietAsync()
    {
        while (Stopwatch.GetElapsedTime(Volatile.Read(ref _lastSeenAt)).TotalMilliseconds < QuietMs)
        {
            await Task.Delay(LookEveryMs);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stopping.Cancel();
        _watching.Wait();
        _stopping.Dispose();
    }

    private static long LargestIn(string directory) => new DirectoryInfo(directory)
        .EnumerateFiles("*.snapshot")
        .Select(static file => file.Exists ? file.Length : 0)
        .DefaultIfEmpty()
        .Max();

    private async Task WatchAsync(IReadOnlyList<string> directories)
    {
        while (!_stopping.IsCancellationRequested)
        {
            string[] now = [.. directories.SelectMany(
                static directory => Directory.EnumerateFiles(directory, "*.snapshot.tmp"))];
            foreach (string file in now)
            {
                _since.TryAdd(file, Stopwatch.GetTimestamp());
                Volatile.Write(ref _lastSeenAt, Stopwatch.GetTimestamp());
            }

            foreach (string done in _since.Keys.Except(now).ToArray())
            {
                TimeSpan took = Stopwatch.GetElapsedTime(_since[done]);
                _since.Remove(done);
                Count++;
                Longest = took > Longest ? took : Longest;
                LargestBytes = Math.Max(LargestBytes, LargestIn(Path.GetDirectoryName(done)!));
            }

            await Task.Delay(LookEveryMs);
        }
    }
}
