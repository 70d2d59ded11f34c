namespace JobNode.Commands;

/// <summary>What a change does, as a clause for the log.</summary>
internal static class MemberChangeText
{
    /// <summary>Says what <paramref name="change"/> makes of <paramref name="before"/>.</summary>
    public static string Say(ClusterConfiguration before, MemberChange change) => change switch
    {
        MemberChange.Put put => before.Find(put.Member.Id) is { } known
            ? SayReplaced(known, put.Member)
            : $"node {put.Member.Id} at {put.Member.Address} is a member now, as {NameOf(put.Member.Role)}",
        MemberChange.Remove remove => $"node {remove.Id} at {before.Find(remove.Id)?.Address} was removed",
        MemberChange.RaiseFeatureLevel raise => $"the cluster is at feature level {raise.Level} now",
        _ => throw new InvariantException("every change is known"),
    };

    private static string SayReplaced(Member known, Member member)
    {
        List<string> news = [];
        if (known.Role != member.Role)
        {
            news.Add($"is {NameOf(member.Role)} now, was {NameOf(known.Role)}");
        }

        if (known.Address != member.Address)
        {
            news.Add($"moved to {member.Address} from {known.Address}");
        }

        if (known.Zone != member.Zone)
        {
            news.Add($"is in zone '{member.Zone}' now");
        }

        if (known.FeatureLevel != member.FeatureLevel)
        {
            news.Add($"knows feature level {member.FeatureLevel} now");
        }

        return $"node {member.Id} at {known.Address} {(news.Count == 0 ? "is as it was" : string.Join(", ", news))}";
    }

    private static string NameOf(MemberRole role) => role switch
    {
        MemberRole.Spare => "a spare",
        MemberRole.StandBy => "a stand-by",
        _ => "a voter",
    };
}
