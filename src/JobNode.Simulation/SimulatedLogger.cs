using JobNode.Commands;

namespace JobNode.Simulation;

/// <summary>
/// What a node says: shown with <c>--verbose</c>; and what says that a part of the product broke ends the schedule.
/// </summary>
internal sealed class SimulatedLogger(NodeId node, SimulatedWorld world) : ILogger
{
    private static readonly HashSet<string> _mustNotBe =
    [
        "WorkLeaderFailed", "WorkerFailed", "ExpiryFailed", "WorkProposalFailed", "ResultsDiffer", "WorkStreamInvalid",
    ];

    /// <inheritdoc/>
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    /// <inheritdoc/>
    public bool IsEnabled(LogLevel logLevel) => world.Settings.Verbose || logLevel >= LogLevel.Warning;

    /// <inheritdoc/>
    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        if (eventId.Name is { } name && _mustNotBe.Contains(name))
        {
            world.Failure ??= $"node {node} says: {formatter(state, exception)}"
                + (exception is null ? "" : $"\n{exception}");
        }

        if (world.Settings.Verbose)
        {
            world.Note($"    {node}: {formatter(state, exception)}");
        }
    }
}
