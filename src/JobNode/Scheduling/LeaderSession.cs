using JobNode.Commands;

namespace JobNode.Scheduling;

/// <summary>A worker's stream as the leader holds it.</summary>
internal sealed class LeaderSession(NodeId node, WorkStream stream, CancellationTokenSource ended)
{
    /// <summary>The worker.</summary>
    public NodeId Node { get; } = node;

    /// <summary>The stream.</summary>
    public WorkStream Stream { get; } = stream;

    /// <summary>Cancelled when the leader is done with this stream.</summary>
    public CancellationToken Ended => ended.Token;

    /// <summary>Lets the task that serves the stream close it. Any number of times.</summary>
    public void End() => ended.Cancel();
}
