using Microsoft.Extensions.Logging.Console;

namespace JobNode;

/// <summary>
/// The node's log: one line per event on standard error, so that standard output stays for people and pipes.
/// </summary>
internal static class NodeLog
{
    /// <summary>Makes the factory; dispose it last, it flushes.</summary>
    public static ILoggerFactory Create() => LoggerFactory.Create(static builder =>
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
        builder.Services.Configure<ConsoleLoggerOptions>(
            static console => console.LogToStandardErrorThreshold = LogLevel.Trace);
    });
}
