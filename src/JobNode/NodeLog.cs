using JobNode.Observability;
using Microsoft.Extensions.Logging.Console;

namespace JobNode;

/// <summary>
/// The node's log: one line per event on standard error, so that standard output stays for people and pipes.
/// </summary>
internal sealed class NodeLog : IDisposable
{
    private readonly JsonLogFormatter _json = new(TimeProvider.System);

    /// <summary>Makes it; dispose it last, it flushes.</summary>
    public NodeLog(LogFormat format) => Loggers = LoggerFactory.Create(builder =>
    {
        builder.SetMinimumLevel(LogLevel.Information);
        // Kestrel reports every client that hangs up; what matters of it is logged by the endpoints.
        builder.AddFilter("Microsoft", LogLevel.Error);
        builder.AddSimpleConsole(static console =>
        {
            console.SingleLine = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
            console.ColorBehavior = LoggerColorBehavior.Disabled;
        });
        builder.Services.AddSingleton<ConsoleFormatter>(_json);
        builder.Services.Configure<ConsoleLoggerOptions>(console =>
        {
            console.LogToStandardErrorThreshold = LogLevel.Trace;
            console.FormatterName = format == LogFormat.Json
                ? JsonLogFormatter.FormatterName
                : ConsoleFormatterNames.Simple;
        });
    });

    /// <summary>Makes the loggers of the parts.</summary>
    public ILoggerFactory Loggers { get; }

    /// <summary>From now on lines for programs name the node.</summary>
    public void NameNode(string node) => _json.Node = node;

    /// <inheritdoc/>
    public void Dispose() => Loggers.Dispose();
}
