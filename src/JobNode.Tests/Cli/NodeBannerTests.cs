using JobNode.Commands;

namespace JobNode.Tests.Cli;

/// <summary>What <c>serve</c> says of itself once it is up.</summary>
public sealed class NodeBannerTests
{
    private static readonly NodeId Self = new(7);

    [Fact]
    public void The_role_is_told_in_words()
    {
        Assert.Equal("leader of a cluster of one", RoleIn(new Member(Self, "a:5001")));
        Assert.Equal(
            "voter, one of 2 members, which elect their leader",
            RoleIn(new Member(Self, "a:5001"), new Member(new NodeId(8), "b:5001")));
        Assert.Equal(
            "spare, one of 2 members",
            RoleIn(new Member(Self, "a:5001") { Role = MemberRole.Spare }, new Member(new NodeId(8), "b:5001")));
    }

    [Fact]
    public void The_lines_to_try_carry_what_the_node_asks_for()
    {
        Assert.Equal("", NodeBanner.CurlAccess(new SecurityOptions()));
        Assert.Equal(
            " --cacert ca.pem -H \"Authorization: Bearer $TOKEN\"",
            NodeBanner.CurlAccess(new SecurityOptions { Api = new TlsFiles(null, "a", "b"), ApiTokenFile = "t" }));
    }

    private static string RoleIn(params Member[] members) =>
        NodeBanner.Role(new ClusterConfiguration(1, members), Self);
}
