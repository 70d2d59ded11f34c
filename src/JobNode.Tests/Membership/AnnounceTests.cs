using JobNode.Commands;
using JobNode.Membership;
using Microsoft.Extensions.Logging.Abstractions;

namespace JobNode.Tests.Membership;

public sealed class AnnounceTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task An_empty_node_joins_by_any_member_and_saves_the_configuration_at_index_0()
    {
        MeetingNode[] members = await MeetingNode.StartAsync(2);
        await using MeetingNode leader = members[0];
        await using MeetingNode follower = members[1];
        await using BootstrapNode joiner = await BootstrapNode.StartAsync(NodeId.Create(), 0);
        ClusterConfiguration got = await joiner.RunAsync([follower.Address]);
        Assert.Equal(leader.Identity.ClusterId, got.ClusterId);
        Assert.Equal(joiner.Identity.Address, got.Find(joiner.Identity.Self)!.Address);
        Assert.Equal(0ul, Assert.Single(joiner.SavedAt));
        await joiner.WaitForLogAsync("joined cluster");
    }

    [Fact]
    public async Task A_joiner_that_the_leader_cannot_reach_is_refused_with_what_to_do()
    {
        MeetingNode[] members = await MeetingNode.StartAsync(1);
        await using MeetingNode leader = members[0];
        AnnounceAnswer answer = await leader.Desk.AnswerAsync(new Announcement(new NodeId(9), "127.0.0.1:1"), None);
        Assert.Equal(AnnounceVerdict.Refused, answer.Verdict);
        Assert.Contains("does not reach it at 127.0.0.1:1", answer.Reason, StringComparison.Ordinal);
        Assert.Contains("--advertise HOST:PORT", answer.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_joiner_that_advertises_the_address_of_another_node_is_refused()
    {
        MeetingNode[] members = await MeetingNode.StartAsync(2);
        await using MeetingNode leader = members[0];
        await using MeetingNode other = members[1];
        AnnounceAnswer answer = await leader.Desk.AnswerAsync(new Announcement(new NodeId(9), other.Address), None);
        Assert.Equal(AnnounceVerdict.Refused, answer.Verdict);
        Assert.Contains("finds node 0000000000000002 instead", answer.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_removed_node_is_told_so_by_any_member()
    {
        MeetingNode[] members = await MeetingNode.StartAsync(3);
        await using MeetingNode leader = members[0];
        await using MeetingNode follower = members[1];
        await using MeetingNode gone = members[2];
        leader.Log.ProposeChange(new MemberChange.Remove(gone.Identity.Self));
        follower.Board.Publish(follower.Board.Current with { Configuration = leader.Board.Current.Configuration });
        foreach (string address in new[] { leader.Address, follower.Address })
        {
            AnnounceAnswer answer = await gone.Announce.AskAsync(
                address, new Announcement(gone.Identity.Self, gone.Address), None);
            Assert.Equal(AnnounceVerdict.Removed, answer.Verdict);
        }
    }

    [Fact]
    public async Task A_node_of_another_cluster_and_one_that_is_too_old_are_refused()
    {
        MeetingNode[] members = await MeetingNode.StartAsync(1);
        await using MeetingNode leader = members[0];
        AnnounceAnswer stranger = await leader.Desk.AnswerAsync(
            new Announcement(new NodeId(9), "127.0.0.1:1") { ClusterId = 7 }, None);
        Assert.Contains("belongs to cluster", stranger.Reason, StringComparison.Ordinal);
        ConsensusStatus status = leader.Board.Current;
        leader.Board.Publish(status with { Configuration = status.Configuration with { FeatureLevel = 2 } });
        AnnounceAnswer old = await leader.Desk.AnswerAsync(new Announcement(new NodeId(9), "127.0.0.1:1"), None);
        Assert.Contains("run a newer jobnode", old.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_follower_names_the_leader_and_where_it_is()
    {
        MeetingNode[] members = await MeetingNode.StartAsync(2);
        await using MeetingNode leader = members[0];
        await using MeetingNode follower = members[1];
        follower.Directory.Note(leader.Identity.Self, "elsewhere:5001");
        AnnounceAnswer answer = await follower.Desk.AnswerAsync(new Announcement(new NodeId(9), "x:1"), None);
        Assert.Equal(AnnounceVerdict.Elsewhere, answer.Verdict);
        Assert.Equal("elsewhere:5001", answer.LeaderAddress);
    }

    [Fact]
    public async Task A_member_at_a_new_address_gets_it_into_the_configuration()
    {
        MeetingNode[] members = await MeetingNode.StartAsync(2);
        await using MeetingNode leader = members[0];
        MeetingNode moved = members[1];
        await moved.DisposeAsync();
        await using BootstrapNode again = await BootstrapNode.StartAsync(moved.Identity.Self, 0);
        again.Resume(leader.Board.Current.Configuration);
        using var announcer = new Announcer(
            () => new Announcement(again.Identity.Self, again.Identity.Address) { ClusterId = 42 },
            again.Announce.AskAsync,
            moved.Desk,
            moved.Board,
            moved.Directory,
            moved.Log,
            _ => { },
            NullLogger.Instance);
        ConsensusStatus seen = leader.Board.Current;
        AnnounceAnswer? answer = await announcer.AnnounceAsync(None);
        Assert.Equal(AnnounceVerdict.Member, answer!.Verdict);
        while (seen.Configuration.Find(again.Identity.Self)!.Address != again.Identity.Address)
        {
            seen = await leader.Board.WaitForChangeAsync(seen, None);
        }

        Assert.NotEqual(moved.Address, again.Identity.Address);
    }

    [Fact]
    public async Task The_configuration_is_sent_once_and_a_node_without_a_log_takes_it_over()
    {
        MeetingNode[] members = await MeetingNode.StartAsync(2);
        await using MeetingNode leader = members[0];
        await using MeetingNode spare = members[1];
        var answers = new List<AnnounceAnswer>();
        using var announcer = new Announcer(
            () => new Announcement(spare.Identity.Self, spare.Address),
            async (address, said, cancellation) =>
            {
                AnnounceAnswer answer = await spare.Announce.AskAsync(address, said, cancellation);
                answers.Add(answer);
                return answer;
            },
            spare.Desk,
            spare.Board,
            spare.Directory,
            spare.Log,
            _ => { },
            NullLogger.Instance);
        await announcer.AnnounceAsync(None);
        await announcer.AnnounceAsync(None);
        Assert.NotNull(answers[0].Configuration);
        Assert.Null(answers[1].Configuration);
        Assert.Equal(leader.Identity.Self, spare.Log.Outside!.Value.Leader);
        Assert.Equal(3ul, spare.Log.Outside.Value.Term);
        Assert.Equal(leader.Board.Current.Configuration, spare.Log.Outside.Value.Configuration);
    }

    [Fact]
    public void Announcements_and_answers_survive_the_wire()
    {
        var said = new Announcement(new NodeId(7), "a:5001")
        {
            Zone = "z",
            ApiAddress = "a:5000",
            Version = "1.2",
            FeatureLevel = 3,
            ClusterId = 42,
            HasLog = true,
            IsDraining = true,
            IsLeaving = true,
            KnownTag = "x",
        };
        Assert.Equal(said, Announcement.Decode(said.Encode()));
        var configuration = new ClusterConfiguration(
            42, [new Member(new NodeId(7), "a:5001") { Role = MemberRole.StandBy, Zone = "z", FeatureLevel = 2 }])
        {
            Removed = [new NodeId(5)],
            FeatureLevel = 2,
        };
        var answer = new AnnounceAnswer(AnnounceVerdict.Pending, "why")
        {
            Leader = new NodeId(7),
            LeaderAddress = "a:5001",
            Term = 4,
            MayGo = true,
            Tag = "t",
            Configuration = configuration,
        };
        Assert.Equal(answer, AnnounceAnswer.Decode(answer.Encode()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"node":"0000000000000007"}""")]
    [InlineData("""{"node":"0000000000000007","address":"*:5001"}""")]
    [InlineData("""{"node":"0000000000000000","address":"a:5001"}""")]
    [InlineData("""{"node":"0000000000000007","address":"a:5001","cluster":"12"}""")]
    public void What_is_no_announcement_is_invalid_data(string text) => Assert.Throws<InvalidDataException>(
        () => Announcement.Decode(System.Text.Encoding.UTF8.GetBytes(text)));
}
