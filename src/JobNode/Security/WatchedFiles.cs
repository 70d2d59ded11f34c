using JobNode.Observability;

namespace JobNode.Security;

/// <summary>
/// Something read from files, read again when they change: whoever asks for it gets the newest that could be used. The
/// files are looked at when asked for, at most once a second; a change that cannot be used keeps what was before.
/// </summary>
/// <typeparam name="T">What they are read as; never changed after it was read.</typeparam>
internal sealed class WatchedFiles<T>
    where T : class
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly string _subject;
    private readonly IReadOnlyList<string> _paths;
    private readonly Func<T> _read;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private volatile T _value;
    private string _stamp;
    private string? _unusableStamp;
    private long _lookedAt;

    /// <summary>Reads the files.</summary>
    /// <param name="subject">What they are, for the log.</param>
    /// <param name="paths">The files.</param>
    /// <param name="read">Reads them; throws <see cref="IOException"/> with a sentence.</param>
    /// <param name="logger">For changes.</param>
    /// <param name="time">For the interval.</param>
    /// <exception cref="IOException">They cannot be used; the message is a sentence for people.</exception>
    public WatchedFiles(
        string subject, IReadOnlyList<string> paths, Func<T> read, ILogger logger, TimeProvider time)
    {
        _subject = subject;
        _paths = paths;
        _read = read;
        _logger = logger;
        _time = time;
        _lookedAt = time.GetTimestamp();
        // The stamp is older than what is read: a change in between is seen the next time.
        _stamp = StampNow();
        _value = read();
    }

    /// <summary>The newest that could be used.</summary>
    public T Current
    {
        get
        {
            if (_time.GetElapsedTime(Volatile.Read(ref _lookedAt)) >= LookInterval && _gate.TryEnter())
            {
                try
                {
                    Look();
                }
                finally
                {
                    _gate.Exit();
                }
            }

            return _value;
        }
    }

    private void Look()
    {
        Volatile.Write(ref _lookedAt, _time.GetTimestamp());
        string stamp = StampNow();
        if (stamp == _stamp)
        {
            _unusableStamp = null;
            return;
        }

        try
        {
            _value = _read();
            _stamp = stamp;
            _unusableStamp = null;
            _logger.FilesReadAgain(_subject);
        }
        catch (IOException error)
        {
            // A certificate and its key change one after the other: tried again each time, told once.
            if (_unusableStamp != stamp)
            {
                _unusableStamp = stamp;
                _logger.FilesUnusable(_subject, error.Message);
            }
        }
    }

    private string StampNow() => string.Join('|', _paths.Select(StampOf));

    private static string StampOf(string path)
    {
        try
        {
            // Kubernetes mounts secrets as links to a folder that is replaced as a whole.
            FileSystemInfo file = new FileInfo(path);
            file = file.ResolveLinkTarget(returnFinalTarget: true) ?? file;
            return file is FileInfo { Exists: true } found
                ? $"{found.LastWriteTimeUtc.Ticks}:{found.Length}:{found.FullName}"
                : "absent";
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return "unreadable";
        }
    }
}
