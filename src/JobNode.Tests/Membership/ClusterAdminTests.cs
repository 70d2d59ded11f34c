using JobNode.Commands;
using JobNode.Membership;
using JobNode.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace JobNode.Tests.Membership;

public sealed class ClusterAdminTests
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly NodeId Self = new(1);

    [Fact]
    public async Task A_member_is_removed_and_a_second_time_that_is_no_mistake()
    {
        var stage = new Stage(MemberRole.Voter, MemberRole.Spare);
        AdminOutcome outcome = await stage.Admin.RemoveAsync(new NodeId(2), None);
        Assert.True(outcome.IsDone, outcome.Sentence);
        Assert.Contains("n2:5001", outcome.Sentence, StringComparison.Ordinal);
        Assert.Null(stage.Board.Current.Configuration.Find(new NodeId(2)));
        Assert.True((await stage.Admin.RemoveAsync(new NodeId(2), None)).IsDone);
    }

    [Fact]
    public async Task The_leader_and_a_needed_voter_are_not_removed()
    {
        var stage = new Stage(MemberRole.Voter, MemberRole.Voter, MemberRole.Voter);
        AdminOutcome leader = await stage.Admin.RemoveAsync(Self, None);
        Assert.False(leader.IsDone);
        Assert.Contains("jobnode transfer first", leader.Sentence, StringComparison.Ordinal);
        stage.Time.Advance(TimeSpan.FromSeconds(10));
        stage.Contacts.Heard(new NodeId(2));
        AdminOutcome needed = await stage.Admin.RemoveAsync(new NodeId(2), None);
        Assert.False(needed.IsDone);
        Assert.Contains("only 1 of the other 2 voters answer", needed.Sentence, StringComparison.Ordinal);
        AdminOutcome silent = await stage.Admin.RemoveAsync(new NodeId(3), None);
        Assert.True(silent.IsDone, silent.Sentence);
    }

    [Fact]
    public async Task A_new_leader_that_has_heard_of_nobody_yet_refuses_nothing_for_that()
    {
        var stage = new Stage(MemberRole.Voter, MemberRole.Voter, MemberRole.Voter, MemberRole.StandBy);
        stage.Contacts.Announced(new Announcement(new NodeId(4), "n4:5001"));
        stage.Log.SilentLooks = 3;
        AdminOutcome promoted = await stage.Admin.PromoteAsync(new NodeId(4), None);
        Assert.Contains("keeps 3", promoted.Sentence, StringComparison.Ordinal);
        stage.Log.SilentLooks = 3;
        AdminOutcome removed = await stage.Admin.RemoveAsync(new NodeId(2), None);
        Assert.True(removed.IsDone, removed.Sentence);
    }

    [Fact]
    public async Task A_spare_is_promoted_and_a_voter_too_many_is_refused_with_the_reason()
    {
        var stage = new Stage(MemberRole.Voter, MemberRole.Spare);
        Assert.True((await stage.Admin.PromoteAsync(new NodeId(2), None)).IsDone);
        Assert.Equal(MemberRole.StandBy, stage.Board.Current.Configuration.Find(new NodeId(2))!.Role);
        stage.Contacts.Announced(new Announcement(new NodeId(2), "n2:5001"));
        AdminOutcome refused = await stage.Admin.PromoteAsync(new NodeId(2), None);
        Assert.False(refused.IsDone);
        Assert.Contains("keeps 1", refused.Sentence, StringComparison.Ordinal);
        Assert.Contains("not a member", (await stage.Admin.PromoteAsync(new NodeId(9), None)).Sentence,
            StringComparison.Ordinal);
        stage.Contacts.Announced(new Announcement(new NodeId(2), "n2:5001") { IsComputeOnly = true });
        Assert.Contains("without --compute-only", (await stage.Admin.PromoteAsync(new NodeId(2), None)).Sentence,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Leadership_moves_to_a_voter_and_to_nobody_else()
    {
        var stage = new Stage(MemberRole.Voter, MemberRole.Voter, MemberRole.Voter, MemberRole.StandBy);
        Assert.Contains("does not vote", (await stage.Admin.TransferAsync(new NodeId(4), None)).Sentence,
            StringComparison.Ordinal);
        AdminOutcome outcome = await stage.Admin.TransferAsync(new NodeId(2), None);
        Assert.True(outcome.IsDone);
        Assert.Equal($"node {new NodeId(2)} leads now", outcome.Sentence);
        Assert.False((await stage.Admin.TransferAsync(NodeId.None, None)).IsDone);
    }

    [Fact]
    public async Task A_list_has_what_each_member_announced_and_how_far_behind_it_is()
    {
        var stage = new Stage(MemberRole.Voter, MemberRole.Spare);
        stage.Contacts.Announced(new Announcement(new NodeId(2), "n2:5001")
        {
            ApiAddress = "n2:5000",
            Version = "1.2",
            IsDraining = true,
            IsComputeOnly = true,
        });
        stage.Time.Advance(TimeSpan.FromSeconds(2));
        IReadOnlyList<MemberReport> list = await stage.Admin.ListAsync(None);
        Assert.True(list[0].IsLeader);
        Assert.Equal(TimeSpan.Zero, list[0].SinceContact);
        Assert.Equal(0ul, list[0].EntriesBehind);
        Assert.Equal(("n2:5000", "1.2"), (list[1].ApiAddress, list[1].Version));
        Assert.True(list[1].IsDraining);
        Assert.True(list[1].IsComputeOnly);
        Assert.False(list[0].IsComputeOnly);
        Assert.Equal(TimeSpan.FromSeconds(2), list[1].SinceContact);
        Assert.Null(list[1].EntriesBehind);
    }

    [Fact]
    public async Task The_keeper_acts_while_it_leads_and_rests_when_it_does_not()
    {
        var stage = new Stage(MemberRole.Voter, MemberRole.Spare);
        using var stop = new CancellationTokenSource();
        Task keeping = stage.Keeper.RunAsync(stop.Token);
        await Eventually.IsSoAsync(
            () =>
            {
                stage.Contacts.Announced(new Announcement(new NodeId(2), "n2:5001"));
                return stage.Board.Current.Configuration.Find(new NodeId(2))!.Role == MemberRole.StandBy;
            },
            () => $"{stage.Board.Current.Configuration}");
        ConsensusStatus now = stage.Board.Current;
        stage.Board.Publish(now with { Role = RaftRole.Follower, Leader = new NodeId(2), Term = now.Term + 1 });
        await stop.CancelAsync();
        await keeping;
        Assert.Single(stage.Log.Proposed);
    }

    [Fact]
    public void A_new_leader_counts_everybody_as_heard_of_when_it_began()
    {
        var time = new ManualClock();
        var contacts = new MemberContacts(time);
        contacts.Heard(new NodeId(2));
        time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(TimeSpan.FromHours(1), contacts.Since(new NodeId(2)));
        contacts.Restart();
        time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(TimeSpan.FromSeconds(3), contacts.Since(new NodeId(2)));
        Assert.Equal(TimeSpan.FromSeconds(3), contacts.Since(new NodeId(7)));
    }

    /// <summary>A leader with some members, all just heard of.</summary>
    private sealed class Stage
    {
        public Stage(params MemberRole[] roles)
        {
            Member[] members =
            [
                .. roles.Select((role, i) => new Member(new NodeId((ulong)i + 1), $"n{i + 1}:5001") { Role = role }),
            ];
            Board = new StatusBoard(new ConsensusStatus(
                Self, RaftRole.Leader, Self, 3, 9, 9, default, new ClusterConfiguration(42, members)));
            Log = new FakeMembershipLog(Board);
            Contacts = new MemberContacts(Time);
            Keeper = new MembershipKeeper(Board, Log, Contacts, new PlannerOptions(), NullLogger.Instance);
            Admin = new ClusterAdmin(Board, Log, Contacts, Keeper, _ => { });
        }

        public ManualClock Time { get; } = new();

        public StatusBoard Board { get; }

        public FakeMembershipLog Log { get; }

        public MemberContacts Contacts { get; }

        public MembershipKeeper Keeper { get; }

        public ClusterAdmin Admin { get; }
    }

    /// <summary>A clock that stands until it is told to go on.</summary>
    private sealed class ManualClock : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Advance(TimeSpan by) => _now += by.Ticks;

        public override long GetTimestamp() => _now;
    }
}
