using JobNode.Commands;

namespace JobNode.Membership;

/// <content>Voters and stand-bys.</content>
internal sealed partial class RolePlanner
{
    /// <summary>A leader that stops, or only computes, makes way: to another voter, or as the only one to a stand-by
    /// that becomes one.</summary>
    private PlannerStep? StepDown()
    {
        Member leader = _configuration.Find(_input.Leader)!;
        bool isGoing = IsGoing(leader);
        if (!isGoing && !IsComputeOnly(leader))
        {
            return null;
        }

        string why = isGoing ? "stops" : "only computes";
        if (FindHeir(voter => isGoing || MayRise(voter)) is { } heir)
        {
            return new PlannerStep.TransferTo(heir.Id, $"{Name(leader)} {why}, and {Name(heir)} leads from here on");
        }

        if (_voters.Length == 1 && ReadyStandBys() is [{ } standBy, ..])
        {
            return Put(
                standBy with { Role = MemberRole.Voter },
                $"{Name(standBy)} votes, since {Name(leader)}, the only voter, {why}");
        }

        // A voter that is there may catch up; the only voter waits for a member that may become one.
        bool mayCome = _configuration.Members.Any(m => !IsLeader(m) && !IsGoing(m) && (m.Role == MemberRole.Voter
            ? ViewOf(m).SinceContact < _options.SilentAfter
            : _voters.Length == 1 && !IsComputeOnly(m) && IsLive(m)));
        if (isGoing && !mayCome)
        {
            _stuck[leader.Id] = "no other node can lead now";
        }

        return null;
    }

    /// <summary>A leader whose disk is low refuses new jobs for the whole cluster: one that has room leads instead.
    /// </summary>
    private PlannerStep.TransferTo? LeaveToRoomier()
    {
        Member leader = _configuration.Find(_input.Leader)!;
        return ViewOf(leader).IsDiskLow == true
            && FindHeir(voter => MayRise(voter) && ViewOf(voter).IsDiskLow == false) is { } heir
            ? new(heir.Id, $"the disk of {Name(leader)} is low, and {Name(heir)} has room and leads from here on")
            : null;
    }

    /// <summary>Who leads next: of those that can and may, one that does more than compute, then the most caught up.
    /// </summary>
    private Member? FindHeir(Func<Member, bool> mayLead) => _voters
        .Where(voter => !IsLeader(voter) && IsLive(voter) && IsCaughtUp(voter) && !IsGoing(voter) && mayLead(voter))
        .OrderBy(IsComputeOnly).ThenByDescending(voter => ViewOf(voter).MatchIndex)
        .ThenBy(static voter => voter.Id).FirstOrDefault();

    /// <summary>Voters that stop or leave, or are silent for too long, make way.</summary>
    private PlannerStep.Change? ReleaseVoters()
    {
        bool canReplace = ReadyStandBys().Count > 0;
        bool mayComeSoon = _configuration.Members.Any(
            m => m.Role != MemberRole.Voter && !IsGoing(m) && !IsComputeOnly(m)
                && ViewOf(m).SinceContact < _options.SilentAfter);
        foreach (Member voter in _voters.Where(voter => !IsLeader(voter) && IsGoing(voter)))
        {
            string? refusal = RefuseLoss(voter.Id);
            bool isGone = IsLeaving(voter) && !IsLive(voter);
            if (refusal is null && (canReplace || _voters.Length % 2 == 0))
            {
                return Demote(voter, IsLeaving(voter) ? "it leaves" : "it stops");
            }

            if (refusal is null && IsLeaving(voter) && (isGone || !mayComeSoon))
            {
                return Change(new MemberChange.Remove(voter.Id), $"{Name(voter)} leaves");
            }

            if (refusal is not null || !mayComeSoon)
            {
                _stuck[voter.Id] = refusal ?? "no stand-by is there to take its place";
            }
        }

        Member? silent = _voters.Where(voter => !IsLeader(voter) && !IsGoing(voter) && !IsPresent(voter))
            .OrderByDescending(voter => ViewOf(voter).SinceContact).ThenBy(static voter => voter.Id)
            .FirstOrDefault(voter => RefuseLoss(voter.Id) is null);
        return silent is not null && canReplace
            ? Demote(silent, $"it has been silent for {(int)ViewOf(silent).SinceContact.TotalSeconds} s")
            : null;
    }

    /// <summary>Up or down to the wanted number, one at a time.</summary>
    private PlannerStep.Change? FillVoters()
    {
        int wanted = CountWantedVoters();
        if (_voters.Length > wanted)
        {
            Member? surplus = _voters.Where(voter => !IsLeader(voter) && RefuseLoss(voter.Id) is null)
                .OrderByDescending(IsGoing)
                .ThenByDescending(voter => !IsPresent(voter))
                .ThenByDescending(IsComputeOnly)
                .ThenByDescending(voter => !IsLive(voter))
                .ThenByDescending(voter => CountVotersIn(voter.Zone))
                .ThenByDescending(static voter => voter.Id)
                .FirstOrDefault();
            return surplus is null ? null : Demote(surplus, $"{wanted} voters are enough for this cluster");
        }

        List<Member> ready = ReadyStandBys();
        int needed = _voters.Length % 2 == 0 ? 1 : 2;
        int live = _voters.Count(IsLive);
        bool isSafe = live + 1 >= ((_voters.Length + 1) / 2) + 1;
        return _voters.Length < wanted && ready.Count >= needed && isSafe
            ? Put(
                ready[0] with { Role = MemberRole.Voter },
                $"{Name(ready[0])} votes: {_voters.Length} of {wanted} voters are there")
            : null;
    }

    /// <summary>Spares become stand-bys while there are too few to take a voter's place.</summary>
    private PlannerStep.Change? FillStandBys()
    {
        int wanted = _options.StandBys + Math.Max(0, CountWantedVoters() - _voters.Length);
        int have = _configuration.Members.Count(
            m => m.Role == MemberRole.StandBy && IsPresent(m) && !IsComputeOnly(m));
        Member? next = _configuration.Members
            .Where(m => m.Role == MemberRole.Spare && MayRise(m) && IsLive(m) && !IsGoing(m))
            .OrderBy(member => CountVotersIn(member.Zone)).ThenBy(static member => member.Id).FirstOrDefault();
        return have < wanted && next is not null
            ? Put(
                next with { Role = MemberRole.StandBy },
                $"{Name(next)} follows the log: {have} of {wanted} stand-bys are there")
            : null;
    }

    /// <summary>Swaps a voter that only computes for a stand-by, then one of a crowded zone for a stand-by elsewhere,
    /// when nothing else is to be done.</summary>
    private PlannerStep.Change? SwapVoters()
    {
        if (_voters.Length % 2 == 0 || _voters.Length != CountWantedVoters()
            || !_voters.All(voter => IsLive(voter) && !IsGoing(voter)))
        {
            return null;
        }

        List<Member> ready = ReadyStandBys();
        Member? worker = _voters.FirstOrDefault(
            voter => !IsLeader(voter) && IsComputeOnly(voter) && RefuseLoss(voter.Id) is null);
        if (worker is not null && ready is [{ } heir, ..])
        {
            return Demote(worker, $"it only computes, and {Name(heir)} can vote");
        }

        return ready.Find(static standBy => standBy.Zone.Length > 0) is { } better ? SpreadOverZones(better) : null;
    }

    private PlannerStep.Change? SpreadOverZones(Member better)
    {
        Member? crowded = _voters.Where(voter => !IsLeader(voter) && voter.Zone.Length > 0)
            .OrderByDescending(voter => CountVotersIn(voter.Zone)).ThenByDescending(static voter => voter.Id)
            .FirstOrDefault();
        return crowded is not null && CountVotersIn(crowded.Zone) >= CountVotersIn(better.Zone) + 2
            && RefuseLoss(crowded.Id) is null
            ? Demote(crowded, $"zone {crowded.Zone} has {CountVotersIn(crowded.Zone)} voters, and {Name(better)} in "
                + $"zone {better.Zone} can vote")
            : null;
    }

    private static PlannerStep.Change Demote(Member voter, string reason) =>
        Put(voter with { Role = MemberRole.StandBy }, $"{Name(voter)} votes no more: {reason}");
}
