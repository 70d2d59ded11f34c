using System.Collections.Concurrent;

namespace JobNode.Chaos.Clients;

/// <summary>What the clients of one load share.</summary>
internal sealed class LoadContext(Caller caller, LoadOptions options, IReadOnlyList<LoadNode> nodes)
{
    private volatile IReadOnlyList<LoadNode> _nodes = nodes;

    /// <summary>Makes the calls and writes them down.</summary>
    public Caller Caller => caller;

    /// <summary>How clients behave.</summary>
    public LoadOptions Options => options;

    /// <summary>The nodes to ask now.</summary>
    public IReadOnlyList<LoadNode> Nodes
    {
        get => _nodes;
        set => _nodes = value.Count > 0 ? value :
            throw new ArgumentException("clients need a node to ask", nameof(value));
    }

    /// <summary>Nodes that hold the log, as their last answer said.</summary>
    public ConcurrentDictionary<string, bool> WithLog { get; } = new();

    /// <summary>Acknowledged jobs whose end nobody saw.</summary>
    public OpenJobs Open { get; } = new();

    /// <summary>Calls without a definite answer when the load ended.</summary>
    public ConcurrentQueue<UnfinishedCall> Unfinished { get; } = new();

    /// <summary>
    /// Pull keys with an attempt that nobody knows the outcome of and an empty answer after it: what that attempt takes
    /// late is told to nobody who does not ask again.
    /// </summary>
    public ConcurrentQueue<UnfinishedCall> DoubtfulPulls { get; } = new();
}

/// <summary>A call to repeat later, under the same key or id: exactly one of the three.</summary>
internal sealed record UnfinishedCall(NewJob? Enqueue, string? PullKey, string? CancelId);
