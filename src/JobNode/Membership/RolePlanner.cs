using JobNode.Commands;

namespace JobNode.Membership;

/// <summary>
/// Who does what: from what the leader sees to the next change of the configuration, at most one. Pure.
/// </summary>
/// <remarks>
/// <para>Voters: the largest odd number that <c>--voters</c> and the members allow. An even number tolerates no more
/// failures than the odd one below it and needs one more node for each commit; so two members are one voter and one
/// stand-by, and growth goes on only when two candidates are ready.</para>
/// <para>Members leave the voters before others come in (three voters, one dead: two, then three), so that there are
/// never more voters than wanted; a change that would leave fewer live voters than its quorum is never made.</para>
/// <para>Silence alone changes nothing before <see cref="PlannerOptions.ReplaceAfter"/>: voters count as voters, and
/// stand-bys as stand-bys, while they restart. Rules that act on the way (promoting, swapping) need nodes that are
/// there now.</para>
/// <para>Who only computes never rises. Whoever has not announced itself to this leader yet may be such a member: it is
/// counted on, but does not rise either. A vote from before is kept until a stand-by can take it.</para>
/// </remarks>
internal sealed partial class RolePlanner
{
    private static readonly MemberView Unseen = new(TimeSpan.Zero);

    private readonly PlannerInput _input;
    private readonly PlannerOptions _options;
    private readonly ClusterConfiguration _configuration;
    private readonly Member[] _voters;
    private readonly Dictionary<NodeId, string> _stuck = [];

    private RolePlanner(PlannerInput input)
    {
        Invariant.That(input.Configuration.Find(input.Leader) is not null, "a leader is a member");
        _input = input;
        _options = input.Options;
        _configuration = input.Configuration;
        _voters = [.. _configuration.Voters];
    }

    /// <summary>The next step. A leader that lost its vote while it was elected hands over (the raft loop sees to
    /// that), and leaves all to the next one.</summary>
    public static Plan Next(PlannerInput input)
    {
        var planner = new RolePlanner(input);
        PlannerStep? step = input.Configuration.IsVoter(input.Leader)
            ? planner.StepDown() ?? planner.LeaveToRoomier() ?? (PlannerStep?)planner.FindChange()
            : null;
        step ??= new PlannerStep.Rest();
        Invariant.That(!planner.IsAgainstLeader(step), "a leader changes no role of its own");
        Invariant.That(!planner.IsUnfitRise(step), "only who said that it does more than compute rises");
        return new Plan(step, planner._stuck);
    }

    /// <summary>Voters that these members should have.</summary>
    public static int CountWantedVoters(PlannerInput input) => new RolePlanner(input).CountWantedVoters();

    /// <summary>Null when a voter can be taken away with a live quorum among the rest, else why not.</summary>
    public static string? RefuseLoss(PlannerInput input, NodeId voter) => new RolePlanner(input).RefuseLoss(voter);

    /// <summary>True for a stand-by that is there and has caught up.</summary>
    public static bool IsFitToVote(PlannerInput input, Member member) => new RolePlanner(input).IsReady(member);

    private static PlannerStep.Change Change(MemberChange change, string reason) => new(change, reason);

    private static PlannerStep.Change Put(Member member, string reason) => Change(new MemberChange.Put(member), reason);

    private static string Name(Member member) => $"{member.Address} ({member.Id})";

    private PlannerStep.Change? FindChange() =>
        UpdateFacts()
            ?? LetIn()
            ?? ReleaseVoters()
            ?? FillVoters()
            ?? RemoveLeaving()
            ?? FillStandBys()
            ?? SwapVoters()
            ?? Reap()
            ?? RaiseFeatureLevel();

    private bool IsAgainstLeader(PlannerStep step) => step switch
    {
        PlannerStep.Change { What: MemberChange.Remove remove } => remove.Id == _input.Leader,
        PlannerStep.Change { What: MemberChange.Put put } =>
            put.Member.Id == _input.Leader && put.Member.Role != MemberRole.Voter,
        PlannerStep.TransferTo transfer => transfer.Node == _input.Leader,
        _ => false,
    };

    private bool IsUnfitRise(PlannerStep step) =>
        step is PlannerStep.Change { What: MemberChange.Put put }
        && _configuration.Find(put.Member.Id) is { } now
        && put.Member.Role > now.Role
        && !MayRise(now);

    private MemberView ViewOf(Member member) => _input.Views.GetValueOrDefault(member.Id, Unseen);

    private bool IsLeader(Member member) => member.Id == _input.Leader;

    /// <summary>It is there now; with a log also as a follower.</summary>
    private bool IsLive(Member member)
    {
        MemberView view = ViewOf(member);
        return IsLeader(member)
            || (view.SinceContact < _options.SilentAfter && (view.IsActive || member.Role == MemberRole.Spare));
    }

    private bool IsLeaving(Member member) => ViewOf(member).IsLeaving;

    private bool IsComputeOnly(Member member) => ViewOf(member).IsComputeOnly == true;

    /// <summary>It told this leader that it does more than compute.</summary>
    private bool MayRise(Member member) => ViewOf(member).IsComputeOnly == false;

    /// <summary>It said that it stops or leaves. One that has stopped is only silent.</summary>
    private bool IsGoing(Member member)
    {
        MemberView view = ViewOf(member);
        return view.IsLeaving || (view.IsDraining && (IsLeader(member) || view.SinceContact < _options.SilentAfter));
    }

    /// <summary>It may be restarting, but is not gone.</summary>
    private bool IsPresent(Member member) =>
        (IsLeader(member) || ViewOf(member).SinceContact < _options.ReplaceAfter) && !IsGoing(member);

    /// <summary>Its log is there, and close to the leader's: one that still needs the snapshot has no index.</summary>
    private bool IsCaughtUp(Member member)
    {
        ulong match = ViewOf(member).MatchIndex;
        return IsLeader(member) || (match > 0 && match + _options.EntriesBehindMax >= _input.CommitIndex);
    }

    /// <summary>A stand-by that can vote at once.</summary>
    private bool IsReady(Member member) =>
        member.Role == MemberRole.StandBy && MayRise(member) && IsLive(member) && IsCaughtUp(member)
        && !IsGoing(member);

    /// <summary>The stand-bys that can vote at once, the one that spreads voters best first.</summary>
    private List<Member> ReadyStandBys() =>
    [
        .. _configuration.Members.Where(IsReady)
            .OrderBy(member => CountVotersIn(member.Zone)).ThenBy(static member => member.Id),
    ];

    private int CountVotersIn(string zone) =>
        zone.Length == 0 ? 0 : _voters.Count(voter => voter.Zone == zone && !IsGoing(voter));

    private int CountWantedVoters()
    {
        int others = _configuration.Members.Count(
                m => m.Role != MemberRole.Voter && IsPresent(m) && !IsComputeOnly(m))
            + _input.Joiners.Count(joiner => _configuration.Find(joiner.Id) is null && !IsComputeOnly(joiner));
        int most = Math.Min(_options.Voters, _voters.Length + others);
        return Math.Max(1, most - (1 - (most % 2)));
    }

    private string? RefuseLoss(NodeId voter)
    {
        Member[] rest = [.. _voters.Where(other => other.Id != voter)];
        int live = rest.Count(IsLive);
        int quorum = (rest.Length / 2) + 1;
        return rest.Length == 0
            ? "it is the last voter"
            : live >= quorum
                ? null
                : $"only {live} of the other {rest.Length} voters answer, and they need {quorum}";
    }
}
