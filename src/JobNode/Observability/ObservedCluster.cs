namespace JobNode.Observability;

/// <summary>The cluster as one node saw it at one time.</summary>
/// <param name="Leader">The leader's address, or null while none is known.</param>
/// <param name="Term">Raft term.</param>
/// <param name="Members">All members, by id.</param>
internal sealed record ObservedCluster(
    string? Leader, ulong Term, IReadOnlyDictionary<string, ObservedMember> Members);

/// <summary>One member.</summary>
/// <param name="Id">Never another node's.</param>
/// <param name="Address">What people call it.</param>
/// <param name="Role">leader, voter, stand-by or spare; candidate and none pass.</param>
/// <param name="IsAlive">It is at work.</param>
internal sealed record ObservedMember(string Id, string Address, string Role, bool IsAlive)
{
    /// <summary>It leaves.</summary>
    public bool IsDraining { get; init; }

    /// <summary>Why it gets no work, or null.</summary>
    public string? Quarantine { get; init; }
}
