using JobNode.Commands;
using JobNode.Consensus.Log;

namespace JobNode.Consensus;

/// <summary>Surface only; the body follows.</summary>
internal sealed class DataDirectory : IDisposable
{
    /// <summary>This node's identity, made once.</summary>
    public NodeId NodeId { get; }

    /// <summary>The files.</summary>
    public IStorageDirectory Storage { get; } = null!;

    /// <summary>Creates or opens the directory and locks it for this process.</summary>
    public static DataDirectory Open(string path) => throw new NotSupportedException(path);

    /// <summary>Gives the lock back.</summary>
    public void Dispose() => throw new NotSupportedException(NodeId.ToString());
}
