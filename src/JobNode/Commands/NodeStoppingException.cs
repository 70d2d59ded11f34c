namespace JobNode.Commands;

/// <summary>The node stops, and what was asked of its state gets no answer here.</summary>
internal sealed class NodeStoppingException() : OperationCanceledException("the node is stopping");
