using System.Collections.Concurrent;

namespace JobNode.Observability;

/// <summary>What keeps this node from full service now: shown by /readyz, status and the log. Thread-safe.</summary>
internal sealed class NodeConditions
{
    private readonly ConcurrentDictionary<NodeCondition, string> _raised = new();

    /// <summary>A sentence for each condition that holds.</summary>
    public IReadOnlyList<string> Sentences => [.. _raised.OrderBy(static pair => pair.Key).Select(static p => p.Value)];

    /// <summary>True while the condition holds.</summary>
    public bool Has(NodeCondition condition) => _raised.ContainsKey(condition);

    /// <summary>The sentence of a condition that holds, or null.</summary>
    public string? SentenceOf(NodeCondition condition) => _raised.GetValueOrDefault(condition);

    /// <summary>The condition holds from now on, for this reason (a sentence for people).</summary>
    public void Raise(NodeCondition condition, string sentence) => _raised[condition] = sentence;

    /// <summary>The condition is over. True when it held.</summary>
    public bool Clear(NodeCondition condition) => _raised.TryRemove(condition, out _);
}

/// <summary>What can be wrong with a node that runs.</summary>
internal enum NodeCondition
{
    /// <summary>It leaves: no new work, and soon no answers.</summary>
    Draining,

    /// <summary>It just started, and its state may lack what was acknowledged before.</summary>
    CatchingUp,

    /// <summary>The log cannot be written (disk full, read-only): nothing is acknowledged.</summary>
    DiskBlocked,

    /// <summary>Space is short: new jobs are refused, everything else goes on.</summary>
    DiskLow,

    /// <summary>The last snapshot could not be written; it is tried again.</summary>
    SnapshotFailed,

    /// <summary>A file was found damaged while the node runs, and is not replaced yet.</summary>
    DamagedAtRest,

    /// <summary>This node was removed from the cluster.</summary>
    Removed,
}
