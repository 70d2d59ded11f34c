using System.Collections.Concurrent;
using JobNode.Commands;
using JobNode.Tests.Support;
using JobNode.Transport;
using Microsoft.Extensions.Logging.Abstractions;

namespace JobNode.Tests.Transport;

public sealed class CommandForwarderTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task Many_commands_share_a_stream_and_answers_come_out_of_order()
    {
        await using TestNode leader = await TestNode.StartAsync(1, TestNode.Cluster);
        await using TestNode follower = await TestNode.StartAsync(2, TestNode.Cluster);
        var held = new HeldProposer();
        await using CommandForwarder there = Serve(leader, held);
        await using CommandForwarder here = Forward(follower, leader);
        const int count = 200;
        Task<Proposed>[] answers = [.. Enumerable.Range(1, count).Select(i => here.ProposeAsync(Command(i), None))];
        await Eventually.IsSoAsync(() => held.Waiting.Count == count, () => $"{held.Waiting.Count} commands came");

        foreach (int i in Enumerable.Range(1, count).Reverse())
        {
            held.Waiting[new JobId((UInt128)i)].SetResult(ScriptedProposer.Code(ResultCode.Ok, (ulong)i));
        }

        Proposed[] got = await Task.WhenAll(answers);
        Assert.Equal(Enumerable.Range(1, count).Select(i => (ulong)i), got.Select(a => a.LogIndex));
        Assert.Equal(1, held.Streams);
    }

    [Fact]
    public async Task A_command_in_flight_when_the_leader_dies_is_tried_again_at_the_next_one()
    {
        TestNode first = await TestNode.StartAsync(1, TestNode.Cluster);
        await using TestNode follower = await TestNode.StartAsync(2, TestNode.Cluster);
        await using TestNode second = await TestNode.StartAsync(3, TestNode.Cluster);
        var held = new HeldProposer();
        var settled = new ScriptedProposer(
            new Proposed(new EnqueueResult([new JobOutcome(new JobId(7), ResultCode.Duplicate)]), 11));
        await using CommandForwarder firstSide = Serve(first, held);
        await using CommandForwarder secondSide = Serve(second, settled);
        Member[] members = [first.Member, follower.Member, second.Member];
        StatusBoard board = TestNode.Board(follower.Identity.Self, first.Identity.Self, members);
        await using CommandForwarder here = Forward(follower, board);
        var command = new Enqueue([new NewJob(new JobId(7), default, 5, 0, UInt128.Zero)]);
        Task<Proposed> answer = here.ProposeAsync(command, None);
        await Eventually.IsSoAsync(() => !held.Waiting.IsEmpty, () => "no command came");

        await first.DisposeAsync();
        board.Publish(TestNode.Status(follower.Identity.Self, second.Identity.Self, 2, members));
        Proposed got = await answer;
        Assert.Equal(11UL, got.LogIndex);
        Assert.Equal(ResultCode.Ok, Assert.Single(((EnqueueResult)got.Result).Jobs).Code);
    }

    [Fact]
    public async Task A_leader_that_hangs_is_left_when_another_is_elected()
    {
        await using TestNode hung = await TestNode.StartAsync(1, TestNode.Cluster);
        await using TestNode follower = await TestNode.StartAsync(2, TestNode.Cluster);
        await using TestNode second = await TestNode.StartAsync(3, TestNode.Cluster);
        var held = new HeldProposer();
        await using CommandForwarder hungSide = Serve(hung, held);
        await using CommandForwarder secondSide =
            Serve(second, new ScriptedProposer(ScriptedProposer.Code(ResultCode.Ok, 12)));
        Member[] members = [hung.Member, follower.Member, second.Member];
        StatusBoard board = TestNode.Board(follower.Identity.Self, hung.Identity.Self, members);
        await using CommandForwarder here = Forward(follower, board);
        Task<Proposed> answer = here.ProposeAsync(Command(1), None);
        await Eventually.IsSoAsync(() => !held.Waiting.IsEmpty, () => "no command came");

        board.Publish(TestNode.Status(follower.Identity.Self, second.Identity.Self, 2, members));
        Assert.Equal(12UL, (await answer).LogIndex);
    }

    [Fact]
    public async Task Garbage_instead_of_a_command_ends_the_stream()
    {
        await using TestNode leader = await TestNode.StartAsync(1, TestNode.Cluster);
        var proposer = new ScriptedProposer(ScriptedProposer.Code(ResultCode.Ok));
        await using CommandForwarder there = Serve(leader, proposer);
        await using DuplexStream stream =
            await leader.Connections.OpenAsync(leader.Address, PeerProtocol.ForwardPath, None);
        var frames = new FrameStream(stream.Input, stream.Output);
        await frames.WriteAsync(new byte[] { 1, 2, 3, 4, 5, 6, 7, 8, 250, 250 }, None);
        await frames.FlushAsync(None);
        Exception? error = await Record.ExceptionAsync(async () => await frames.ReadAsync(None));
        Assert.IsAssignableFrom<IOException>(error);
        Assert.Empty(proposer.Asked);
    }

    [Fact]
    public async Task Stopping_lets_waiting_callers_go()
    {
        await using TestNode leader = await TestNode.StartAsync(1, TestNode.Cluster);
        await using TestNode follower = await TestNode.StartAsync(2, TestNode.Cluster);
        var held = new HeldProposer();
        await using CommandForwarder there = Serve(leader, held);
        CommandForwarder here = Forward(follower, leader);
        Task<Proposed> answer = here.ProposeAsync(Command(1), None);
        await Eventually.IsSoAsync(() => !held.Waiting.IsEmpty, () => "no command came");

        await here.DisposeAsync();
        Assert.Equal(ResultCode.OutcomeUnknown, (await answer).Result.Code);
    }

    private static Cancel Command(int i) => new(new JobId((UInt128)i));

    private static CommandForwarder Serve(TestNode node, ICommandProposer proposer)
    {
        StatusBoard board = TestNode.Board(node.Identity.Self, node.Identity.Self, node.Member);
        var forwarder = new CommandForwarder(
            proposer, node.Connections, board, new PeerDirectory(board), NullLogger.Instance, TimeProvider.System);
        node.Endpoint.MapForMembers(PeerProtocol.ForwardPath, (from, stream, cancellation) =>
        {
            (proposer as HeldProposer)?.CountStream();
            return forwarder.AcceptAsync(from, stream, cancellation);
        });
        return forwarder;
    }

    private static CommandForwarder Forward(TestNode node, TestNode leader) => Forward(
        node, TestNode.Board(node.Identity.Self, leader.Identity.Self, leader.Member, node.Member));

    private static CommandForwarder Forward(TestNode node, StatusBoard board) => new(
        new ScriptedProposer(ScriptedProposer.NotLeader), node.Connections, board, new PeerDirectory(board),
        NullLogger.Instance,
        TimeProvider.System);

    /// <summary>Answers when the test says so.</summary>
    private sealed class HeldProposer : ICommandProposer
    {
        private int _streams;

        public ConcurrentDictionary<JobId, TaskCompletionSource<Proposed>> Waiting { get; } = new();

        public int Streams => _streams;

        public void CountStream() => Interlocked.Increment(ref _streams);

        public Task<Proposed> ProposeAsync(Command command, CancellationToken cancellation)
        {
            JobId id = command is Cancel cancel ? cancel.Id : ((Enqueue)command).Jobs[0].Id;
            return Waiting.GetOrAdd(id, _ => new TaskCompletionSource<Proposed>()).Task.WaitAsync(cancellation);
        }
    }
}
