using JobNode.Commands;

namespace JobNode.Simulation;

/// <summary>What a node says, when a schedule is shown (<c>--verbose</c>).</summary>
internal sealed class SimulatedLogger(NodeId node, SimulatedTime time) : ILogger
{
    /// <inheritdoc/>
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    /// <inheritdoc/>
    public bool IsEnabled(LogLevel logLevel) => true;

    /// <inheritdoc/>
    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter) =>
        Console.WriteLine($"{time.NowMs}     {node}: {formatter(state, exception)}");
}
