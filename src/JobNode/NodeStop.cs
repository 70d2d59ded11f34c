namespace JobNode;

/// <summary>Why and how a running node ends; leaving wins over stopping. Thread-safe.</summary>
internal sealed class NodeStop
{
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isDraining;
    private volatile bool _isLeaving;
    private volatile string? _removedReason;

    /// <summary>Completes when the node is to end.</summary>
    public Task Asked => _asked.Task;

    /// <summary>The node hands its part over.</summary>
    public bool IsDraining => _isDraining;

    /// <summary>The node leaves the cluster for good.</summary>
    public bool IsLeaving => _isLeaving;

    /// <summary>What the cluster said when it had removed this node, or null.</summary>
    public string? RemovedReason => _removedReason;

    /// <summary>The node is to stop as by SIGTERM; with <paramref name="leave"/> it leaves the cluster first.</summary>
    public void RequestDrain(bool leave)
    {
        _isLeaving |= leave;
        _asked.TrySetResult();
    }

    /// <summary>From here on the node says that it drains.</summary>
    public void BeginDraining() => _isDraining = true;

    /// <summary>The cluster has removed this node.</summary>
    public void NoteRemoved(string reason)
    {
        _removedReason ??= reason;
        _asked.TrySetResult();
    }
}
