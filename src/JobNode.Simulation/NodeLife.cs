namespace JobNode.Simulation;

/// <summary>One life of a node: from a start of its process to the end, however that comes.</summary>
internal sealed class NodeLife(SimulatedNode node, int index)
{
    /// <summary>The node, counted from zero.</summary>
    public int Index => index;

    /// <summary>True until the process ends.</summary>
    public bool IsAlive => ReferenceEquals(node.Life, this);

    /// <summary>True while the process stands still.</summary>
    public bool IsStalled => node.IsStalled;
}
