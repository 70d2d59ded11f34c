using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace JobNode.Chaos.Histories;

/// <summary>
/// What happened in a run, in the order in which it became known. Any thread adds; with a path everything goes to
/// a file
/// of JSON lines and memory holds nothing of it, so that an hour of load costs no more than a minute.
/// </summary>
internal sealed class History : IDisposable
{
    private const int BufferBytes = 1 << 16;

    private readonly Lock _gate = new();
    private readonly List<HistoryRecord> _held = [];
    private readonly StreamWriter? _file;
    private readonly string? _path;
    private readonly long _begin = Stopwatch.GetTimestamp();
    private long _lastUs;
    private int _faults;
    private bool _isClosed;

    /// <summary>A history in memory: for tests and short runs.</summary>
    public History()
    {
    }

    /// <summary>A history in a file, which is begun anew.</summary>
    public History(string path)
    {
        _path = path;
        FileStream stream = new(path, FileMode.Create, FileAccess.Write, FileShare.Read, BufferBytes);
        _file = new StreamWriter(stream);
    }

    private History(string path, bool isClosed)
    {
        _path = path;
        _isClosed = isClosed;
    }

    /// <summary>Microseconds since the history began.</summary>
    public long NowUs => (long)Stopwatch.GetElapsedTime(_begin).TotalMicroseconds;

    /// <summary>A history that a run left behind, to read.</summary>
    public static History Open(string path) => new(path, isClosed: true);

    /// <summary>A history that happened elsewhere, for example in a test.</summary>
    public static History Of(IEnumerable<HistoryRecord> records)
    {
        History history = new();
        history._held.AddRange(records);
        return history;
    }

    /// <summary>
    /// Adds a record; it becomes known now, unless it says otherwise. Records are kept in the order of their times.
    /// </summary>
    public void Add(HistoryRecord record)
    {
        lock (_gate)
        {
            _lastUs = Math.Max(_lastUs, NowUs);
            HistoryRecord known = record with { AtUs = _lastUs };
            if (_isClosed)
            {
                throw new InvalidOperationException("a history that is over takes no records");
            }

            if (_file is not null)
            {
                _file.WriteLine(JsonSerializer.Serialize(known, HistoryJsonContext.Default.HistoryRecord));
            }
            else
            {
                _held.Add(known);
            }
        }
    }

    /// <summary>Notes that a fault begins; gives its number for <see cref="FaultEnded"/>.</summary>
    /// <param name="kind">A few words, always the same for the same kind.</param>
    /// <param name="targets">Names of the nodes that it meets.</param>
    /// <param name="description">What is done, for people.</param>
    public int FaultBegan(string kind, IReadOnlyList<string> targets, string description)
    {
        int fault = Interlocked.Increment(ref _faults);
        Add(new FaultBegan { Fault = fault, Kind = kind, Targets = targets, Description = description });
        return fault;
    }

    /// <summary>Notes that a fault is over, or healed.</summary>
    public void FaultEnded(int fault) => Add(new FaultEnded { Fault = fault });

    /// <summary>Notes that a node said that it leads.</summary>
    public void LeaderSeen(string node, ulong term) => Add(new LeaderSeen { Node = node, Term = term });

    /// <summary>Everything so far, from the beginning; may be read while others add.</summary>
    /// <exception cref="InvalidDataException">A line of the file is not a record; the message names it.</exception>
    public IEnumerable<HistoryRecord> Read()
    {
        if (_path is null)
        {
            lock (_gate)
            {
                return [.. _held];
            }
        }

        Flush();
        return ReadFile(_path);
    }

    /// <summary>Puts what was added into the file.</summary>
    public void Flush()
    {
        lock (_gate)
        {
            if (!_isClosed)
            {
                _file?.Flush();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _isClosed = true;
            _file?.Dispose();
        }
    }

    private static IEnumerable<HistoryRecord> ReadFile(string path)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, BufferBytes);
        using StreamReader lines = new(stream);
        for (int number = 1; lines.ReadLine() is { } line; number++)
        {
            yield return Parse(line) ?? throw new InvalidDataException(string.Create(
                CultureInfo.InvariantCulture, $"{path}:{number} is not a record of a history"));
        }
    }

    private static HistoryRecord? Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, HistoryJsonContext.Default.HistoryRecord);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
