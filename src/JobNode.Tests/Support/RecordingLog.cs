using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace JobNode.Tests.Support;

/// <summary>Keeps what was logged.</summary>
/// <param name="least">What is less serious is not kept.</param>
/// <param name="copy">Gets every line that is kept, too.</param>
internal sealed class RecordingLog(LogLevel least = LogLevel.Information, TextWriter? copy = null)
    : ILoggerFactory, ILogger
{
    private readonly ConcurrentQueue<string> _lines = new();

    /// <summary>All lines so far.</summary>
    public IReadOnlyCollection<string> Lines => _lines;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public ILogger CreateLogger(string categoryName) => this;

    public void Dispose()
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= least;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            string line = $"{formatter(state, exception)} {exception}".TrimEnd();
            _lines.Enqueue(line);
            copy?.WriteLine(line);
        }
    }

    /// <summary>Waits for a line with this text; what it stands for may happen after what the test saw.</summary>
    /// <exception cref="TimeoutException">None came within a minute.</exception>
    public Task WaitForAsync(string text) => Eventually.IsSoAsync(
        () => _lines.Any(line => line.Contains(text, StringComparison.Ordinal)),
        () => $"no line says \"{text}\":\n{string.Join('\n', _lines)}");
}
