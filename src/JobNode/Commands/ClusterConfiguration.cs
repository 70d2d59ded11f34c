namespace JobNode.Commands;

/// <summary>Who is in the cluster.</summary>
/// <param name="ClusterId">128 random bits, made once at bootstrap; messages of another cluster are refused.</param>
/// <param name="Members">All members, sorted by id.</param>
internal sealed record ClusterConfiguration(UInt128 ClusterId, IReadOnlyList<Member> Members)
{
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
}

/// <summary>One member: its id and the cluster address (HOST:PORT) at which the others reach it.</summary>
internal sealed record Member(NodeId Id, string Address);
