using System.Text;

namespace JobNode.Commands;

/// <summary>One change of the configuration: one entry of the log, applied by every node alike.</summary>
internal abstract record MemberChange
{
    private MemberChange()
    {
    }

    /// <summary>
    /// Adds this member or replaces what is known of it: its role, address, zone or feature level.
    /// </summary>
    internal sealed record Put(Member Member) : MemberChange;

    /// <summary>Removes a member for good: its id never comes back.</summary>
    internal sealed record Remove(NodeId Id) : MemberChange;

    /// <summary>Allows commands of a higher feature level; never lower, never more than every member knows.</summary>
    internal sealed record RaiseFeatureLevel(int Level) : MemberChange;
}

/// <summary>
/// What a change makes of a configuration. Pure, and the same on every node: whether a change is valid is decided when
/// it is applied, not when it is proposed.
/// </summary>
internal static class ConfigurationChange
{
    /// <summary>Applies a change; gives a sentence and changes nothing when it is not valid (any more).</summary>
    public static string? TryApply(
        ClusterConfiguration configuration, MemberChange change, out ClusterConfiguration changed)
    {
        changed = configuration;
        (string? refusal, ClusterConfiguration next) = change switch
        {
            MemberChange.Put put => Put(configuration, put.Member),
            MemberChange.Remove remove => Remove(configuration, remove.Id),
            MemberChange.RaiseFeatureLevel raise => Raise(configuration, raise.Level),
            _ => throw new InvariantException("every change is known"),
        };
        if (refusal is null)
        {
            changed = next;
        }

        return refusal;
    }

    private static (string? Refusal, ClusterConfiguration Next) Put(ClusterConfiguration configuration, Member member)
    {
        Member? known = configuration.Find(member.Id);
        string? refusal = known is null
            ? RefuseNew(configuration, member)
            : RefuseReplaced(configuration, known, member);
        refusal ??= RefuseTexts(member);
        refusal ??= configuration.Members.Any(other => other.Id != member.Id && other.Address == member.Address)
            ? $"another member has the address {member.Address}"
            : null;
        IEnumerable<Member> members = configuration.Members.Where(other => other.Id != member.Id).Append(member);
        ClusterConfiguration next = configuration with { Members = [.. members.OrderBy(static other => other.Id)] };
        refusal ??= next.Voters.Count() > Limits.VotersMax ? $"a cluster has at most {Limits.VotersMax} voters" : null;
        return (refusal, next);
    }

    private static string? RefuseTexts(Member member)
    {
        int addressBytes = Encoding.UTF8.GetByteCount(member.Address);
        if (addressBytes is 0 or > Limits.AddressBytesMax)
        {
            return $"an address has 1 to {Limits.AddressBytesMax} bytes, not {addressBytes}";
        }

        int zoneBytes = Encoding.UTF8.GetByteCount(member.Zone);
        return zoneBytes > Limits.ZoneBytesMax
            ? $"a zone has at most {Limits.ZoneBytesMax} bytes, not {zoneBytes}"
            : null;
    }

    private static string? RefuseNew(ClusterConfiguration configuration, Member member)
    {
        if (configuration.Removed.Contains(member.Id))
        {
            return $"node {member.Id} was removed, and a removed node never comes back";
        }

        if (configuration.Members.Count >= Limits.MembersMax)
        {
            return $"a cluster has at most {Limits.MembersMax} members";
        }

        if (member.FeatureLevel < configuration.FeatureLevel)
        {
            return $"the cluster is at feature level {configuration.FeatureLevel}, node {member.Id} knows only "
                + $"{member.FeatureLevel}";
        }

        return member.Role == MemberRole.Voter ? "a new member begins as a spare or a stand-by" : null;
    }

    private static string? RefuseReplaced(ClusterConfiguration configuration, Member known, Member member)
    {
        if (member.Role == MemberRole.Spare && known.Role != MemberRole.Spare)
        {
            return "a member that has the log keeps it";
        }

        if (member.Role == MemberRole.Voter && known.Role == MemberRole.Spare)
        {
            return "a spare becomes a stand-by before it becomes a voter";
        }

        if (member.FeatureLevel < configuration.FeatureLevel)
        {
            return $"the cluster is at feature level {configuration.FeatureLevel} already";
        }

        return IsLastVoter(configuration, known) && member.Role != MemberRole.Voter
            ? "the last voter stays one"
            : null;
    }

    private static (string? Refusal, ClusterConfiguration Next) Remove(ClusterConfiguration configuration, NodeId id)
    {
        if (configuration.Find(id) is not { } known)
        {
            return ($"node {id} is not a member", configuration);
        }

        if (IsLastVoter(configuration, known))
        {
            return ("the last voter stays", configuration);
        }

        return (null, configuration with
        {
            Members = [.. configuration.Members.Where(member => member.Id != id)],
            Removed = [.. configuration.Removed.Append(id).TakeLast(Limits.RemovedMax)],
        });
    }

    private static (string? Refusal, ClusterConfiguration Next) Raise(ClusterConfiguration configuration, int level)
    {
        if (level <= configuration.FeatureLevel)
        {
            return ($"the cluster is at feature level {configuration.FeatureLevel} already", configuration);
        }

        Member? behind = configuration.Members.FirstOrDefault(member => member.FeatureLevel < level);
        return behind is null
            ? (null, configuration with { FeatureLevel = level })
            : ($"node {behind.Id} knows only feature level {behind.FeatureLevel}", configuration);
    }

    private static bool IsLastVoter(ClusterConfiguration configuration, Member member) =>
        member.Role == MemberRole.Voter && configuration.Voters.Count() == 1;
}
