using JobNode.Commands;
using JobNode.Consensus;
using JobNode.Consensus.Log;

namespace JobNode.Tests.Consensus;

public class MembershipLoopTests
{
    private static readonly NodeId _third = new(3);
    private static readonly Member _joiner = new(new NodeId(4), "d:1") { Role = MemberRole.Spare };
    private static readonly Member _standBy = _joiner with { Role = MemberRole.StandBy };
    private static readonly Member _self = LoopUnderTest.ThreeMembers[0];

    [Fact]
    public async Task A_member_that_was_put_in_is_told_to_raft_and_published()
    {
        using var node = new LoopUnderTest();
        node.Lead();
        ConsensusStatus before = node.Board.Current;
        Task<ConsensusStatus> news = node.Board.WaitForChangeAsync(before, CancellationToken.None);

        Commit(node, 3, new MemberChange.Put(_standBy));

        Assert.Equal(["sync", "change AddLearner 4", "advance", "applied hook"], node.Steps);
        Assert.Equal(_standBy, node.Board.Current.Configuration.Find(_standBy.Id));
        Assert.Equal(3ul, node.Board.Current.AppliedIndex);
        Assert.Same(node.Board.Current.Configuration, (await news).Configuration);
        Commit(node, 4, new MemberChange.Put(_standBy with { Role = MemberRole.Voter }));
        Commit(node, 5, new MemberChange.Put(_standBy));
        Commit(node, 6, new MemberChange.Remove(_standBy.Id));
        Assert.Equal(
            ["change AddLearner 4", "change AddVoter 4", "change AddLearner 4", "change Remove 4"],
            node.Steps.Where(static step => step.StartsWith("change", StringComparison.Ordinal)));
        Assert.Equal([_standBy.Id], node.Board.Current.Configuration.Removed);
    }

    [Fact]
    public void What_raft_need_not_know_changes_nothing_in_it()
    {
        using var node = new LoopUnderTest();
        node.Lead();
        Commit(node, 3, new MemberChange.Put(_joiner));
        Commit(node, 4, new MemberChange.Put(_self with { Address = "a:2", Zone = "north" }));
        Commit(node, 5, new MemberChange.Remove(_joiner.Id));

        Assert.Equal(
            ["change Update 4", "change Update 1", "change Update 4"],
            node.Steps.Where(static step => step.StartsWith("change", StringComparison.Ordinal)));
        Assert.Equal("a:2", node.Board.Current.LeaderAddress);
    }

    [Fact]
    public void A_change_that_does_not_apply_any_more_is_cancelled()
    {
        using var node = new LoopUnderTest();
        node.Lead();
        ClusterConfiguration before = node.Board.Current.Configuration;

        Commit(node, 3, new MemberChange.Remove(_joiner.Id));

        Assert.Contains("change Update 0", node.Steps);
        Assert.Same(before, node.Board.Current.Configuration);
        Assert.Equal(3ul, node.Board.Current.AppliedIndex);
    }

    [Fact]
    public void A_committed_change_is_durable_before_it_is_applied()
    {
        using var node = new LoopUnderTest();
        byte[] entry = Entry(new MemberChange.Put(_joiner));
        node.Core.Enqueue(ready =>
        {
            LoopUnderTest.Fill(ready, RaftRole.Follower, LoopUnderTest.Other, new HardState(2, 2, 1));
            ready.Entries.Add(new RaftEntry(2, 2, RaftEntryKind.ConfigurationChange, entry));
        });
        node.Loop.RunTurn();
        node.Steps.Clear();
        node.Core.Enqueue(ready =>
        {
            LoopUnderTest.Fill(ready, RaftRole.Follower, LoopUnderTest.Other, new HardState(2, 2, 2));
            ready.MustSync = false;
            ready.Committed.Add(new RaftEntry(2, 2, RaftEntryKind.ConfigurationChange, entry));
        });

        node.Loop.RunTurn();

        Assert.Equal(["sync", "change Update 4", "advance", "applied hook"], node.Steps);
    }

    [Fact]
    public void A_leader_tells_nobody_of_a_committed_change_before_it_is_durable()
    {
        using var node = new LoopUnderTest();
        node.Lead();
        var change = new RaftEntry(3, 2, RaftEntryKind.ConfigurationChange, Entry(new MemberChange.Put(_joiner)));
        node.Core.Enqueue(ready =>
        {
            LoopUnderTest.Fill(ready, RaftRole.Leader, LoopUnderTest.Self, new HardState(2, 1, 2));
            ready.Entries.Add(change);
        });
        node.Loop.RunTurn();
        node.Steps.Clear();
        node.Core.Enqueue(ready =>
        {
            LoopUnderTest.Fill(ready, RaftRole.Leader, LoopUnderTest.Self, new HardState(2, 1, 3));
            ready.Entries.Add(new RaftEntry(4, 2, RaftEntryKind.Normal, default));
            ready.Committed.Add(change);
            ready.Messages.Add(new OutgoingMessage(
                LoopUnderTest.Other, RaftMessageKind.Append, 0, [0x08, (byte)RaftMessageKind.Append]));
        });

        node.Loop.RunTurn();

        Assert.Equal(["sync", "send Append", "change Update 4", "advance", "applied hook"], node.Steps);
    }

    [Fact]
    public void A_change_that_cannot_be_read_stops_the_node()
    {
        using var node = new LoopUnderTest();
        node.Core.Enqueue(ready =>
        {
            LoopUnderTest.Fill(ready, RaftRole.Follower, LoopUnderTest.Other, new HardState(2, 2, 2));
            ready.Entries.Add(new RaftEntry(2, 2, RaftEntryKind.ConfigurationChange, new byte[] { 8, 0 }));
            ready.Committed.Add(ready.Entries[0]);
        });

        InvalidDataException error = Assert.Throws<InvalidDataException>(() => node.Loop.RunTurn());

        Assert.Contains("log entry 2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_snapshot_holds_the_configuration_at_its_index()
    {
        using var node = new LoopUnderTest(snapshotEntriesMax: 2);
        node.Lead();
        Commit(node, 3, new MemberChange.Put(_standBy));
        node.Loop.RunTurn();

        Assert.Equal(3ul, node.Snapshots.Latest!.Index);
        Assert.Equal(_standBy, node.Snapshots.Latest.Configuration.Find(_standBy.Id));
    }

    [Fact]
    public void A_snapshot_that_a_new_member_needs_is_taken_at_once()
    {
        using var node = new LoopUnderTest();
        node.Lead();
        Commit(node, 3, new MemberChange.Put(_standBy));
        node.Core.Enqueue(ready =>
        {
            LoopUnderTest.Fill(ready, RaftRole.Leader, LoopUnderTest.Self, new HardState(2, 1, 3));
            ready.SnapshotWanted = true;
        });

        node.Loop.RunTurn();
        node.Loop.RunTurn();

        Assert.Equal(3ul, node.Snapshots.Latest!.Index);
        Assert.Single(node.Steps, "compact 3 0");
    }

    [Fact]
    public void One_change_is_proposed_at_a_time()
    {
        using var node = new LoopUnderTest();
        node.Lead();
        node.Loop.ProposeChange(new MemberChange.Put(_joiner));
        node.Loop.ProposeChange(new MemberChange.Remove(_third));
        node.Loop.RunTurn();
        Assert.Equal("propose Update 4", Assert.Single(node.Steps));
        Assert.Equal(new MemberChange.Put(_joiner), MemberChangeCodec.Decode(Assert.Single(node.Core.Proposed)));

        Commit(node, 3, new MemberChange.Put(_joiner));
        node.Steps.Clear();
        node.Loop.ProposeChange(new MemberChange.Remove(_third));
        node.Loop.RunTurn();
        Assert.Equal("propose Remove 3", Assert.Single(node.Steps));
    }

    [Fact]
    public void A_change_that_became_an_empty_entry_may_be_proposed_again()
    {
        using var node = new LoopUnderTest();
        node.Lead();
        node.Loop.ProposeChange(new MemberChange.Put(_joiner));
        node.Loop.RunTurn();
        node.Core.Enqueue(ready =>
        {
            LoopUnderTest.Fill(ready, RaftRole.Leader, LoopUnderTest.Self, new HardState(2, 1, 2));
            ready.Entries.Add(new RaftEntry(3, 2, RaftEntryKind.Normal, default));
        });
        node.Loop.RunTurn();

        node.Loop.ProposeChange(new MemberChange.Put(_joiner));
        node.Loop.RunTurn();

        Assert.Equal(2, node.Core.Proposed.Count);
    }

    [Fact]
    public void What_is_not_valid_and_what_a_follower_is_asked_is_not_proposed()
    {
        using var node = new LoopUnderTest();
        node.Loop.ProposeChange(new MemberChange.Put(_joiner));
        node.Loop.RunTurn();
        node.Lead();
        node.Loop.ProposeChange(new MemberChange.Put(_joiner with { Role = MemberRole.Voter }));
        node.Loop.RunTurn();

        Assert.Empty(node.Core.Proposed);
    }

    [Fact]
    public void A_leader_hands_over_before_it_loses_its_vote()
    {
        using var node = new LoopUnderTest();
        node.Lead();
        node.Core.Matches[LoopUnderTest.Other] = 2;

        node.Loop.ProposeChange(new MemberChange.Remove(LoopUnderTest.Self));
        node.Loop.RunTurn();

        Assert.Equal("transfer to 2", Assert.Single(node.Steps));
        Assert.Empty(node.Core.Proposed);
    }

    [Fact]
    public void A_leader_that_was_removed_hands_over_until_another_one_leads()
    {
        using var node = new LoopUnderTest();
        node.Lead();
        node.Core.Matches[LoopUnderTest.Other] = 3;
        Commit(node, 3, new MemberChange.Remove(LoopUnderTest.Self));
        node.Steps.Clear();

        node.Loop.RunTurn();
        node.Loop.RunTurn();
        Assert.Single(node.Steps, "transfer to 2");
        node.MonotonicMs += 750;
        node.Loop.RunTurn();
        Assert.Equal(2, node.Steps.Count(static step => step == "transfer to 2"));

        node.Core.Enqueue(ready =>
            LoopUnderTest.Fill(ready, RaftRole.Follower, LoopUnderTest.Other, new HardState(3, 0, 3)));
        node.Loop.RunTurn();
        node.MonotonicMs += 750;
        node.Loop.RunTurn();
        Assert.Equal(2, node.Steps.Count(static step => step == "transfer to 2"));
        Assert.Null(node.Board.Current.Configuration.Find(LoopUnderTest.Self));
    }

    [Fact]
    public void Leadership_is_handed_to_voters_only()
    {
        using var node = new LoopUnderTest(members: [_self, LoopUnderTest.ThreeMembers[1], _standBy]);
        node.Lead();
        node.Core.Matches[LoopUnderTest.Other] = 1;
        node.Core.Matches[_standBy.Id] = 2;

        node.Loop.TransferLeadership(_standBy.Id);
        node.Loop.RunTurn();
        Assert.Empty(node.Steps);
        node.Loop.TransferLeadership(NodeId.None);
        node.Loop.RunTurn();
        Assert.Equal("transfer to 2", Assert.Single(node.Steps));
    }

    [Fact]
    public void A_sole_voter_leads_at_once_and_has_nobody_to_hand_over_to_whatever_else_is_there()
    {
        using var voter = new LoopUnderTest(members: [_self, _standBy]);
        using var standBy = new LoopUnderTest(members: [_self with { Role = MemberRole.StandBy }, _standBy with
        {
            Role = MemberRole.Voter,
        }]);

        Assert.Equal(1, voter.Core.Campaigns);
        Assert.Equal(0, standBy.Core.Campaigns);
        Assert.Equal([_standBy.Id], voter.Core.Started!.Configuration.Learners);
        voter.Lead();
        Assert.True(voter.Loop.HandOverAsync(Timeout.InfiniteTimeSpan).IsCompleted);
    }

    [Fact]
    public async Task A_leader_tells_how_far_each_member_is()
    {
        using var node = new LoopUnderTest();
        node.Lead();
        node.Core.Matches[LoopUnderTest.Other] = 2;
        Task<IReadOnlyList<MemberProgress>> progress = node.Loop.ReadProgressAsync(CancellationToken.None);
        node.Loop.RunTurn();

        Assert.Equal([new MemberProgress(LoopUnderTest.Other, 2, true)], await progress);
    }

    [Fact]
    public void A_node_without_a_log_waits_to_be_added()
    {
        using LoopUnderTest node = LoopUnderTest.Outside(_self);

        node.Loop.RunTurn();

        Assert.Equal(0ul, node.Core.Started!.AppliedIndex);
        Assert.Empty(node.Core.Started.Configuration.Voters);
        Assert.Equal(0, node.Core.Campaigns);
        Assert.Equal((0ul, RaftRole.Follower), (node.Board.Current.AppliedIndex, node.Board.Current.Role));
    }

    [Fact]
    public void A_node_without_a_log_knows_what_it_is_told_until_it_has_one()
    {
        using LoopUnderTest node = LoopUnderTest.Outside(_joiner);
        var told = new ClusterConfiguration(1, LoopUnderTest.ThreeMembers);
        node.Loop.NoteOutside(told, LoopUnderTest.Other, 7);
        node.Loop.RunTurn();
        ConsensusStatus first = node.Board.Current;
        Assert.Equal((LoopUnderTest.Other, 7ul, "b:1"), (first.Leader, first.Term, first.LeaderAddress));

        node.Loop.NoteOutside(told with { Members = [.. told.Members] }, LoopUnderTest.Other, 7);
        node.Loop.RunTurn();
        Assert.Same(first, node.Board.Current);

        using var member = new LoopUnderTest();
        member.Loop.NoteOutside(told with { Members = [] }, LoopUnderTest.Other, 7);
        member.Loop.RunTurn();
        Assert.Equal(NodeId.None, member.Board.Current.Leader);
        Assert.Equal(3, member.Board.Current.Configuration.Members.Count);
    }

    [Fact]
    public void A_node_without_a_log_goes_on_as_a_member_from_the_leaders_snapshot()
    {
        using var leader = new LoopUnderTest(snapshotEntriesMax: 2);
        leader.Lead();
        Commit(leader, 3, new MemberChange.Put(_standBy));
        leader.Loop.RunTurn();
        using LoopUnderTest node = LoopUnderTest.Outside(LoopUnderTest.ThreeMembers);
        node.Loop.NoteOutside(new ClusterConfiguration(1, LoopUnderTest.ThreeMembers), LoopUnderTest.Other, 2);
        node.Core.OnStep = core => core.Enqueue(ready =>
        {
            LoopUnderTest.Fill(ready, RaftRole.Follower, LoopUnderTest.Self, new HardState(2, 0, 3));
            ready.Snapshot = new ReadySnapshot(3, 2);
        });

        node.Loop.ReceiveSnapshot(
            [0x08, (byte)RaftMessageKind.Snapshot], RaftLoopTests.Copy(leader, node, 3));
        node.Loop.RunTurn();

        Assert.Equal(3ul, node.Board.Current.AppliedIndex);
        Assert.Equal(leader.Board.Current.Configuration, node.Board.Current.Configuration);
        Assert.Equal(LoopUnderTest.Self, node.Board.Current.Leader);
    }

    /// <summary>The bytes that etcd's core makes of a change.</summary>
    private static byte[] Entry(MemberChange change)
    {
        byte[] context = MemberChangeCodec.Encode(change);
        return [0x08, 0, 0x10, 2, 0x18, 0x84, 0x01, 0x22, (byte)context.Length, .. context];
    }

    private static void Commit(LoopUnderTest node, ulong index, MemberChange change)
    {
        var entry = new RaftEntry(index, 2, RaftEntryKind.ConfigurationChange, Entry(change));
        node.Core.Enqueue(ready =>
        {
            LoopUnderTest.Fill(ready, RaftRole.Leader, LoopUnderTest.Self, new HardState(2, 1, index));
            ready.Entries.Add(entry);
            ready.Committed.Add(entry);
        });
        node.Loop.RunTurn();
    }
}
