namespace JobNode.Observability;

/// <summary>What happened between two looks at a cluster. Pure.</summary>
internal static class ClusterChanges
{
    /// <summary>The events that lead from one to the other: of the cluster first, then of its members.</summary>
    public static IEnumerable<ClusterEvent> Between(ObservedCluster before, ObservedCluster after, long atMs)
    {
        foreach (ClusterEvent change in OfLeader(before, after, atMs))
        {
            yield return change;
        }

        foreach (ObservedMember member in after.Members.Values)
        {
            IEnumerable<(string Kind, string Text)> changes = before.Members.GetValueOrDefault(member.Id) is { } known
                ? OfMember(known, member)
                : [("join", $"{member.Address} joined the cluster as a {Rank(member.Role)}")];
            foreach ((string kind, string text) in changes)
            {
                yield return new ClusterEvent(atMs, kind, text);
            }
        }

        foreach (ObservedMember gone in before.Members.Values.Where(member => !after.Members.ContainsKey(member.Id)))
        {
            yield return new ClusterEvent(atMs, "left", $"{gone.Address} is no member any more");
        }
    }

    private static IEnumerable<ClusterEvent> OfLeader(ObservedCluster before, ObservedCluster after, long atMs)
    {
        if (after.Leader is null)
        {
            return before.Leader is null
                ? []
                : [new(atMs, "quorumLost", $"No leader is known here any more ({before.Leader} led): no quorum")];
        }

        if (before.Leader is null)
        {
            return [new(atMs, "quorumBack", $"There is a quorum again: {after.Leader} leads (term {after.Term})")];
        }

        return before.Leader == after.Leader && before.Term == after.Term
            ? []
            : [new(atMs, "election", $"{after.Leader} was elected leader (term {after.Term})")];
    }

    private static IEnumerable<(string Kind, string Text)> OfMember(ObservedMember before, ObservedMember after)
    {
        if (Rank(before.Role) != Rank(after.Role) && after.Role is not ("candidate" or "none"))
        {
            yield return ("role", $"{after.Address} is a {Rank(after.Role)} now, it was a {Rank(before.Role)}");
        }

        if (before.IsAlive != after.IsAlive)
        {
            yield return after.IsAlive
                ? ("back", $"{after.Address} is at work again")
                : ("lost", $"{after.Address} is not heard of any more");
        }

        if (after.IsDraining && !before.IsDraining)
        {
            yield return ("draining", $"{after.Address} hands its part over to the others");
        }

        if ((before.Quarantine is null) != (after.Quarantine is null))
        {
            yield return after.Quarantine is { } reason
                ? ("quarantine", $"{after.Address} gets no work any more: {reason}")
                : ("released", $"{after.Address} gets work again after its quarantine");
        }
    }

    /// <summary>Who leads, or stands for it, is a voter: elections are events of their own.</summary>
    private static string Rank(string role) => role is "leader" or "candidate" or "none" ? "voter" : role;
}
