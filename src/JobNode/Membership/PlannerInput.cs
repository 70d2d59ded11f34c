using JobNode.Commands;

namespace JobNode.Membership;

/// <summary>All that <see cref="RolePlanner"/> looks at.</summary>
/// <param name="Configuration">The members as committed.</param>
/// <param name="Leader">The node that plans.</param>
/// <param name="CommitIndex">How far the log is committed.</param>
/// <param name="Views">What the leader sees of each member and joiner.</param>
/// <param name="Joiners">Nodes that were checked and wait to be let in, sorted by id.</param>
/// <param name="Options">What the operator wants.</param>
internal sealed record PlannerInput(
    ClusterConfiguration Configuration,
    NodeId Leader,
    ulong CommitIndex,
    IReadOnlyDictionary<NodeId, MemberView> Views,
    IReadOnlyList<Member> Joiners,
    PlannerOptions Options);

/// <summary>A member as the leader sees it.</summary>
/// <param name="SinceContact">Time since it was heard of.</param>
internal sealed record MemberView(TimeSpan SinceContact)
{
    /// <summary>Its log is known to equal the leader's up to here; 0 without a log.</summary>
    public ulong MatchIndex { get; init; }

    /// <summary>It answered as a follower within the last election time-out.</summary>
    public bool IsActive { get; init; }

    /// <summary>It said that it stops.</summary>
    public bool IsDraining { get; init; }

    /// <summary>It said that it leaves for good.</summary>
    public bool IsLeaving { get; init; }

    /// <summary>Where it was found, or null.</summary>
    public string? Address { get; init; }

    /// <summary>The zone that it announced, or null.</summary>
    public string? Zone { get; init; }

    /// <summary>The feature level that it announced, or null.</summary>
    public int? FeatureLevel { get; init; }

    /// <summary>It announced that it only computes, or that it does more; null while this leader has heard
    /// neither.</summary>
    public bool? IsComputeOnly { get; init; }

    /// <summary>It announced that its disk is low, or that it has room; null while this leader has heard neither.
    /// </summary>
    public bool? IsDiskLow { get; init; }
}

/// <summary>How the operator wants the roles to be filled.</summary>
internal sealed record PlannerOptions
{
    /// <summary>Voters to keep: odd.</summary>
    public int Voters { get; init; } = 3;

    /// <summary>Stand-bys to keep beside them.</summary>
    public int StandBys { get; init; } = 2;

    /// <summary>A voter silent for this long is replaced.</summary>
    public TimeSpan ReplaceAfter { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>A member silent for this long is removed; zero: never.</summary>
    public TimeSpan ReapAfter { get; init; } = TimeSpan.FromHours(24);

    /// <summary>A member silent for this long is not counted on when something is to be changed.</summary>
    public TimeSpan SilentAfter { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>A stand-by this many entries behind is still fit to vote.</summary>
    public ulong EntriesBehindMax { get; init; } = 1000;
}

/// <summary>What the leader does next about the members.</summary>
internal abstract record PlannerStep
{
    private PlannerStep()
    {
    }

    /// <summary>Nothing.</summary>
    internal sealed record Rest : PlannerStep;

    /// <summary>Proposes a change, for this reason.</summary>
    internal sealed record Change(MemberChange What, string Reason) : PlannerStep;

    /// <summary>Hands leadership to another voter: the planner never changes the role of the leader itself.</summary>
    internal sealed record TransferTo(NodeId Node, string Reason) : PlannerStep;
}

/// <summary>The next step, and who waits in vain.</summary>
/// <param name="Step">At most one change.</param>
/// <param name="Stuck">Nodes that leave or join and for which nothing can be done now, with the reason.</param>
internal sealed record Plan(PlannerStep Step, IReadOnlyDictionary<NodeId, string> Stuck);
