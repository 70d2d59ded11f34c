using System.Text.Json;
using JobNode.Observability;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace JobNode.Tests.Observability;

/// <summary>Lines of the log for programs.</summary>
public sealed class JsonLogFormatterTests
{
    [Fact]
    public void An_event_is_one_line_with_its_stable_id_and_name_and_what_stands_in_its_message()
    {
        JsonElement line = Write(logger => logger.ApiListening("http://a:5000"), node: "00ff");
        Assert.Equal("info", line.GetProperty("level").GetString());
        Assert.Equal("JobNode.Api", line.GetProperty("category").GetString());
        Assert.Equal(4000, line.GetProperty("eventId").GetInt32());
        Assert.Equal("ApiListening", line.GetProperty("event").GetString());
        Assert.Equal("API listens on http://a:5000", line.GetProperty("message").GetString());
        Assert.Equal("http://a:5000", line.GetProperty("properties").GetProperty("Address").GetString());
        Assert.Equal("00ff", line.GetProperty("node").GetString());
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", line.GetProperty("time").GetString());
        Assert.False(line.TryGetProperty("exception", out _));
    }

    [Fact]
    public void Numbers_stay_numbers_and_an_exception_stays_on_its_line()
    {
        JsonElement snapshot = Write(logger => LogMessages.SnapshotInstalled(logger, ulong.MaxValue, 7));
        Assert.Equal(ulong.MaxValue, snapshot.GetProperty("properties").GetProperty("Index").GetUInt64());
        JsonElement failed = Write(logger =>
            logger.ApiRequestFailed(new InvalidOperationException("first line\nsecond \"line\""), "GET", "/status"));
        Assert.Equal("error", failed.GetProperty("level").GetString());
        Assert.Contains("first line\nsecond \"line\"", failed.GetProperty("exception").GetString(),
            StringComparison.Ordinal);
        Assert.False(failed.TryGetProperty("node", out _));
    }

    private static JsonElement Write(Action<ILogger> log, string? node = null)
    {
        var written = new StringWriter();
        log(new FormattingLogger(new JsonLogFormatter(TimeProvider.System) { Node = node }, written));
        string text = written.ToString();
        Assert.Equal(text.Length - 1, text.IndexOf('\n', StringComparison.Ordinal));
        return JsonDocument.Parse(text).RootElement;
    }

    private sealed class FormattingLogger(JsonLogFormatter lines, TextWriter into) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter) =>
            lines.Write(
                new LogEntry<TState>(logLevel, "JobNode.Api", eventId, state, exception, formatter), null, into);
    }
}
