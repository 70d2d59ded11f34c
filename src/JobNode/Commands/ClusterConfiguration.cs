namespace JobNode.Commands;

/// <summary>Who is in the cluster. Part of the replicated state: every change is an entry of the log.</summary>
/// <param name="ClusterId">128 random bits, made once at bootstrap; messages of another cluster are refused.</param>
/// <param name="Members">All members, sorted by id.</param>
internal sealed record ClusterConfiguration(UInt128 ClusterId, IReadOnlyList<Member> Members)
{
    /// <summary>Ids that were removed and never come back, oldest first.</summary>
    public IReadOnlyList<NodeId> Removed { get; init; } = [];

    /// <summary>The highest feature level that every member knows, and that commands may therefore use.</summary>
    public int FeatureLevel { get; init; } = FeatureLevels.First;

    /// <summary>True when this node is a member that votes.</summary>
    public bool IsVoter(NodeId id) => Find(id) is { Role: MemberRole.Voter };

    /// <summary>The members that vote.</summary>
    public IEnumerable<Member> Voters => Members.Where(static member => member.Role == MemberRole.Voter);

    /// <summary>The member with this id, or null.</summary>
    public Member? Find(NodeId id)
    {
        foreach (Member member in Members)
        {
            if (member.Id == id)
            {
                return member;
            }
        }

        return null;
    }

    /// <summary>By value, lists included.</summary>
    public bool Equals(ClusterConfiguration? other) =>
        other is not null
        && ClusterId == other.ClusterId
        && FeatureLevel == other.FeatureLevel
        && Members.SequenceEqual(other.Members)
        && Removed.SequenceEqual(other.Removed);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(ClusterId, FeatureLevel, Members.Count, Removed.Count);
}

/// <summary>One member: its id and the cluster address (HOST:PORT) at which the others reach it.</summary>
internal sealed record Member(NodeId Id, string Address)
{
    /// <summary>What it does in consensus.</summary>
    public MemberRole Role { get; init; } = MemberRole.Voter;

    /// <summary>Where it stands (<c>--zone</c>), or empty. Voters are spread over zones.</summary>
    public string Zone { get; init; } = "";

    /// <summary>The highest feature level that its program knows.</summary>
    public int FeatureLevel { get; init; } = FeatureLevels.First;
}

/// <summary>What a member does in consensus; every member works and answers. Wire values.</summary>
internal enum MemberRole : byte
{
    /// <summary>Holds no log: works, and passes calls on.</summary>
    Spare = 0,

    /// <summary>Follows the log without a vote (a learner, dissertation section 4.2.1), ready to take a voter's
    /// place.</summary>
    StandBy = 1,

    /// <summary>Votes, and counts towards the quorum.</summary>
    Voter = 2,
}

