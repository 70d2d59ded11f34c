namespace JobNode.Cli;

/// <summary>How far the sending of files is, over all of them; for many threads.</summary>
/// <param name="context">Shows it.</param>
/// <param name="files">How many.</param>
/// <param name="bytes">To be read in all.</param>
internal sealed class SendProgress(CliContext context, int files, long bytes) : IDisposable
{
    /// <summary>Less is over before anybody could read it, in bytes.</summary>
    private const long BarFromBytes = 16 << 20;

    private const int RedrawMs = 100;

    private readonly Lock _lock = new();
    private readonly ProgressBar _bar = new(context);
    private readonly bool _isShown = files > 1 || bytes >= BarFromBytes;
    private readonly long _startedAt = context.Time.GetTimestamp();
    private long _drawnAt;
    private long _readBytes;
    private int _handledFiles;

    /// <summary>So many bytes more are read.</summary>
    public void Add(long count)
    {
        lock (_lock)
        {
            _readBytes += count;
            if (_isShown && context.Time.GetElapsedTime(_drawnAt).TotalMilliseconds >= RedrawMs)
            {
                _drawnAt = context.Time.GetTimestamp();
                Draw();
            }
        }
    }

    /// <summary>A file is in the cluster.</summary>
    public void AddFile()
    {
        lock (_lock)
        {
            _handledFiles++;
        }
    }

    /// <summary>Prints a file where the bar was; the bar comes back below it.</summary>
    public void Print(SentFile file, Action<TextWriter, SentFile> print)
    {
        lock (_lock)
        {
            _bar.Clear();
            print(context.Out, file);
            context.Out.Flush();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _bar.Dispose();

    private void Draw()
    {
        double share = bytes == 0 ? 1 : Math.Min(1, _readBytes / (double)bytes);
        double elapsed = context.Time.GetElapsedTime(_startedAt).TotalSeconds;
        double? left = share > 0 ? elapsed / share * (1 - share) : null;
        _bar.Show(share, $"{_handledFiles} of {files} files, {CliText.Duration(left)} left");
    }
}
