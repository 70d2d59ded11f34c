using JobNode.Commands;

namespace JobNode.Api;

/// <summary>What the API calls a member's role.</summary>
internal static class RoleNames
{
    /// <summary><c>leader</c>, <c>voter</c>, <c>stand-by</c> or <c>spare</c>.</summary>
    public static string Of(Member member, bool isLeader) => isLeader ? "leader" : member.Role switch
    {
        MemberRole.Voter => "voter",
        MemberRole.StandBy => "stand-by",
        MemberRole.Spare => "spare",
        _ => throw new InvariantException($"role {member.Role} is known"),
    };

    /// <summary>The same of this node, which may also be a <c>candidate</c>, or no member: <c>none</c>.</summary>
    public static string OfSelf(ConsensusStatus status)
    {
        Member? self = status.Configuration.Find(status.Self);
        return status.Role switch
        {
            RaftRole.Candidate or RaftRole.PreCandidate => "candidate",
            _ when self is null => "none",
            _ => Of(self, status.IsLeader),
        };
    }
}
