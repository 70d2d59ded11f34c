using JobNode.Commands;

namespace JobNode.Membership;

/// <content>Who is a member, where, and what it knows.</content>
internal sealed partial class RolePlanner
{
    /// <summary>What members say of themselves gets into the configuration.</summary>
    private PlannerStep.Change? UpdateFacts()
    {
        foreach (Member member in _configuration.Members)
        {
            MemberView view = ViewOf(member);
            Member said = member with
            {
                Zone = view.Zone ?? member.Zone,
                FeatureLevel = view.FeatureLevel is { } level && level >= _configuration.FeatureLevel
                    ? level
                    : member.FeatureLevel,
            };
            if (view.Address is { } address && address != member.Address)
            {
                Member? holder = _configuration.Members.FirstOrDefault(m => m.Id != member.Id && m.Address == address);
                if (holder is not null && CanMove(holder))
                {
                    // Its own turn comes, and makes room for this one.
                    continue;
                }

                if (holder is not null)
                {
                    // This member answers there, so that one does not: it gets a place that nobody has until it says
                    // where it is.
                    return Put(
                        holder with { Address = $"node-{holder.Id}.invalid:{HostPort.DefaultClusterPort}" },
                        $"{Name(holder)} is not at its address any more: {member.Id} answers there");
                }

                said = said with { Address = address };
            }

            if (said != member)
            {
                return Put(said, SayDifference(member, said));
            }
        }

        return null;
    }

    /// <summary>It is known to be at another address, which nobody else has.</summary>
    private bool CanMove(Member member) => ViewOf(member).Address is { } address && address != member.Address
        && !_configuration.Members.Any(other => other.Address == address);

    private static string SayDifference(Member before, Member after) => after.Address != before.Address
        ? $"{before.Address} is {after.Address} now ({after.Id})"
        : after.Zone != before.Zone
            ? $"{Name(after)} stands in zone \"{after.Zone}\""
            : $"{Name(after)} knows feature level {after.FeatureLevel}";

    /// <summary>Lets in who waits; an old self at the same address is removed first.</summary>
    private PlannerStep.Change? LetIn()
    {
        foreach (Member joiner in _input.Joiners)
        {
            if (_configuration.Find(joiner.Id) is not null || _configuration.Removed.Contains(joiner.Id)
                || joiner.FeatureLevel < _configuration.FeatureLevel
                || _configuration.Members.Count >= Limits.MembersMax)
            {
                continue;
            }

            Member? twin = _configuration.Members.FirstOrDefault(m => m.Address == joiner.Address);
            if (twin is null)
            {
                return Put(
                    joiner with { Role = MemberRole.Spare },
                    IsComputeOnly(joiner) ? $"{Name(joiner)} joins, and only computes" : $"{Name(joiner)} joins");
            }

            bool isThere = IsLeader(twin) || ViewOf(twin).SinceContact < _options.SilentAfter;
            string? refusal = isThere ? $"node {twin.Id} has the address {joiner.Address}, and was heard of just now"
                : twin.Role == MemberRole.Voter ? RefuseLoss(twin.Id)
                : null;
            if (refusal is null)
            {
                return Change(
                    new MemberChange.Remove(twin.Id),
                    $"{Name(twin)} is gone for good: its machine came back empty, as node {joiner.Id}");
            }

            _stuck[joiner.Id] = $"node {twin.Id} was at {joiner.Address} before, and cannot be removed now: {refusal}";
        }

        return null;
    }

    private PlannerStep.Change? RemoveLeaving()
    {
        Member? leaving = _configuration.Members.FirstOrDefault(m => m.Role != MemberRole.Voter && IsLeaving(m));
        return leaving is null ? null : Change(new MemberChange.Remove(leaving.Id), $"{Name(leaving)} leaves");
    }

    /// <summary>Removes who has been silent for very long, but never voters down to less than a majority of those
    /// wanted.</summary>
    private PlannerStep.Change? Reap()
    {
        if (_options.ReapAfter <= TimeSpan.Zero)
        {
            return null;
        }

        Member? dead = _configuration.Members.FirstOrDefault(m =>
            !IsLeader(m)
            && ViewOf(m).SinceContact >= _options.ReapAfter
            && (m.Role != MemberRole.Voter
                || (_voters.Length - 1 >= (_options.Voters / 2) + 1 && RefuseLoss(m.Id) is null)));
        return dead is null
            ? null
            : Change(
                new MemberChange.Remove(dead.Id),
                $"{Name(dead)} has been silent for {(long)ViewOf(dead).SinceContact.TotalMinutes} minutes");
    }

    private PlannerStep.Change? RaiseFeatureLevel()
    {
        int lowest = int.MaxValue;
        foreach (Member member in _configuration.Members)
        {
            int announced = ViewOf(member).FeatureLevel ?? _configuration.FeatureLevel;
            lowest = Math.Min(lowest, Math.Min(announced, member.FeatureLevel));
        }

        return lowest > _configuration.FeatureLevel
            ? Change(
                new MemberChange.RaiseFeatureLevel(lowest), $"all members know feature level {lowest}")
            : null;
    }
}
