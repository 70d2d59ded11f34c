using FsCheck;
using FsCheck.Fluent;
using JobNode.Commands;

namespace JobNode.Tests.Commands;

public class ConfigurationChangeTests
{
    private const int Ids = 12;

    [Fact]
    public void Whatever_is_asked_a_configuration_stays_sound() => Prop.ForAll<int>(seed =>
    {
        var random = new Random(seed);
        var configuration = new ClusterConfiguration(1, [new Member(new NodeId(1), "a:1")]);
        for (int i = 0; i < 200; i++)
        {
            MemberChange change = NextChange(random);
            string? refusal = ConfigurationChange.TryApply(configuration, change, out ClusterConfiguration next);
            Assert.True(refusal is null || ReferenceEquals(configuration, next), "a refused change changes nothing");
            CheckStep(configuration, next);
            CheckSound(next);
            Assert.NotEqual("", MemberChangeText.Say(configuration, change));
            configuration = next;
        }
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [Fact]
    public void A_member_goes_up_step_by_step()
    {
        Assert.Equal(
            "a spare becomes a stand-by before it becomes a voter", Refusal(MemberRole.Spare, MemberRole.Voter));
        Assert.Equal("a member that has the log keeps it", Refusal(MemberRole.StandBy, MemberRole.Spare));
        Assert.Null(Refusal(MemberRole.Spare, MemberRole.StandBy));
        Assert.Null(Refusal(MemberRole.StandBy, MemberRole.Voter));
        Assert.Null(Refusal(MemberRole.Voter, MemberRole.StandBy));
    }

    [Fact]
    public void What_the_codec_could_not_write_is_refused()
    {
        var configuration = new ClusterConfiguration(1, [new Member(new NodeId(1), "a:1")]);
        Member member = new(new NodeId(2), "b:1") { Role = MemberRole.Spare };
        foreach (Member bad in (Member[])
        [
            member with { Address = "" },
            member with { Address = new string('x', Limits.AddressBytesMax + 1) },
            member with { Zone = new string('x', Limits.ZoneBytesMax + 1) },
        ])
        {
            Assert.NotNull(ConfigurationChange.TryApply(configuration, new MemberChange.Put(bad), out _));
        }
    }

    private static string? Refusal(MemberRole from, MemberRole to)
    {
        var member = new Member(new NodeId(2), "b:1") { Role = from };
        var configuration = new ClusterConfiguration(1, [new Member(new NodeId(1), "a:1"), member]);
        return ConfigurationChange.TryApply(configuration, new MemberChange.Put(member with { Role = to }), out _);
    }

    private static MemberChange NextChange(Random random)
    {
        var id = new NodeId((ulong)random.Next(1, Ids));
        return random.Next(8) switch
        {
            0 => new MemberChange.Remove(id),
            1 => new MemberChange.RaiseFeatureLevel(random.Next(1, 5)),
            _ => new MemberChange.Put(new Member(id, $"{(char)('a' + random.Next(Ids))}:1")
            {
                Role = (MemberRole)random.Next(3),
                FeatureLevel = random.Next(1, 5),
                Zone = random.Next(2) == 0 ? "" : "north",
            }),
        };
    }

    private static void CheckSound(ClusterConfiguration configuration)
    {
        IReadOnlyList<Member> members = configuration.Members;
        Assert.NotEmpty(configuration.Voters);
        Assert.True(configuration.Voters.Count() <= Limits.VotersMax);
        Assert.Equal(members.OrderBy(static member => member.Id), members);
        Assert.Equal(members.Count, members.DistinctBy(static member => member.Id).Count());
        Assert.Equal(members.Count, members.DistinctBy(static member => member.Address).Count());
        Assert.True(members.All(member => member.FeatureLevel >= configuration.FeatureLevel));
        Assert.DoesNotContain(members, member => configuration.Removed.Contains(member.Id));
    }

    private static void CheckStep(ClusterConfiguration before, ClusterConfiguration after)
    {
        int changed = Enumerable.Range(1, Ids).Count(id => LogRole(before, id) != LogRole(after, id));
        Assert.True(changed <= 1, "raft changes one role at a time");
        Assert.True(after.FeatureLevel >= before.FeatureLevel);
        Assert.Equal(before.Removed, after.Removed.Take(before.Removed.Count));
    }

    /// <summary>What raft sees of a node: a spare is none.</summary>
    private static MemberRole LogRole(ClusterConfiguration configuration, int id) =>
        configuration.Find(new NodeId((ulong)id))?.Role ?? MemberRole.Spare;
}
