using JobNode.Commands;
using JobNode.Transport;
using Microsoft.Extensions.Logging.Abstractions;

namespace JobNode.Tests.Transport;

/// <summary>Calls of the API on their way to the leader.</summary>
public sealed class CallForwarderTests
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly PassedCall Read = new("GET", "/jobs?limit=1", TimeSpan.Zero);
    private static readonly PassedCall Change = new("POST", "/transfer", TimeSpan.Zero);

    [Fact]
    public async Task The_leader_gets_the_call_and_its_answer_comes_back()
    {
        await using TestNode leader = await TestNode.StartAsync(1, TestNode.Cluster);
        await using TestNode spare = await TestNode.StartAsync(2, TestNode.Cluster);
        PassedCall? got = null;
        Serve(leader, call =>
        {
            got = call;
            return Task.FromResult(Answer("[]") with { Status = 503, RetryAfterSeconds = 2 });
        });
        PassedOutcome outcome = await Forwarder(spare, Board(spare, leader)).PassAsync(Change, Patience, None);
        Assert.Equal(PassedFate.Answered, outcome.Fate);
        Assert.Equal((503, "application/json", 2, 2), (
            outcome.Answer!.Status,
            outcome.Answer.ContentType,
            outcome.Answer.RetryAfterSeconds,
            outcome.Answer.Body.Length));
        Assert.Equal(("POST", "/transfer"), (got!.Method, got.Target));
    }

    [Fact]
    public async Task A_node_that_does_not_lead_any_more_is_left_for_the_next_leader()
    {
        await using TestNode first = await TestNode.StartAsync(1, TestNode.Cluster);
        await using TestNode spare = await TestNode.StartAsync(2, TestNode.Cluster);
        await using TestNode second = await TestNode.StartAsync(3, TestNode.Cluster);
        StatusBoard board = Board(spare, first, second);
        Serve(first, _ =>
        {
            board.Publish(TestNode.Status(
                spare.Identity.Self, second.Identity.Self, 2, first.Member, spare.Member, second.Member));
            return Task.FromResult(PassedAnswer.Misdirected);
        });
        Serve(second, _ => Task.FromResult(Answer("second")));
        PassedOutcome outcome = await Forwarder(spare, board).PassAsync(Change, Patience, None);
        Assert.Equal("second", System.Text.Encoding.UTF8.GetString(outcome.Answer!.Body.Span));
    }

    [Fact]
    public async Task A_read_that_a_dying_leader_had_is_asked_again_and_says_how_long_it_took()
    {
        TestNode first = await TestNode.StartAsync(1, TestNode.Cluster);
        await using TestNode spare = await TestNode.StartAsync(2, TestNode.Cluster);
        await using TestNode second = await TestNode.StartAsync(3, TestNode.Cluster);
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Serve(first, async _ =>
        {
            reached.SetResult();
            await Task.Delay(Timeout.Infinite, None);
            return Answer("never");
        });
        PassedCall? got = null;
        Serve(second, call =>
        {
            got = call;
            return Task.FromResult(Answer("second"));
        });
        StatusBoard board = Board(spare, first, second);
        Task<PassedOutcome> passing = Forwarder(spare, board).PassAsync(Read, Patience, None);
        await reached.Task;
        board.Publish(TestNode.Status(
            spare.Identity.Self, second.Identity.Self, 2, first.Member, spare.Member, second.Member));
        Assert.Equal(PassedFate.Answered, (await passing).Fate);
        Assert.True(got!.Elapsed > TimeSpan.Zero, "time spent at the first leader counts");
        await first.DisposeAsync();
    }

    [Fact]
    public async Task A_change_that_a_dying_leader_had_is_not_sent_again()
    {
        TestNode leader = await TestNode.StartAsync(1, TestNode.Cluster);
        await using TestNode spare = await TestNode.StartAsync(2, TestNode.Cluster);
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Serve(leader, async _ =>
        {
            reached.SetResult();
            await Task.Delay(Timeout.Infinite, None);
            return Answer("never");
        });
        Task<PassedOutcome> passing = Forwarder(spare, Board(spare, leader)).PassAsync(Change, Patience, None);
        await reached.Task;
        await leader.DisposeAsync();
        Assert.Equal(PassedFate.Lost, (await passing).Fate);
    }

    [Fact]
    public async Task Without_a_leader_the_call_is_given_up_in_time()
    {
        await using TestNode spare = await TestNode.StartAsync(2, TestNode.Cluster);
        StatusBoard board = TestNode.Board(spare.Identity.Self, NodeId.None, spare.Member);
        PassedOutcome outcome =
            await Forwarder(spare, board).PassAsync(Read, TimeSpan.FromMilliseconds(30), None);
        Assert.Equal(PassedFate.NoLeader, outcome.Fate);
    }

    [Fact]
    public async Task A_node_that_leads_by_now_serves_the_call_itself()
    {
        await using TestNode node = await TestNode.StartAsync(2, TestNode.Cluster);
        StatusBoard board = TestNode.Board(node.Identity.Self, node.Identity.Self, node.Member);
        Assert.Equal(PassedFate.LeadsHere, (await Forwarder(node, board).PassAsync(Read, Patience, None)).Fate);
    }

    [Theory]
    [InlineData(new byte[0])]
    [InlineData(new byte[] { 0, 0, 0, 0, 0, 0, 0, 0, 9, 71 })]
    [InlineData(new byte[] { 0, 0, 0, 0, 0, 0, 0, 0, 3, 71, 69, 84, 120 })]
    public void Bytes_that_are_no_call_are_refused(byte[] frame) =>
        Assert.Throws<InvalidDataException>(() => CallProtocol.DecodeCall(frame));

    private static PassedAnswer Answer(string text) =>
        new(200, "application/json", 0, System.Text.Encoding.UTF8.GetBytes(text));

    private static StatusBoard Board(TestNode self, TestNode leader, params TestNode[] more) => TestNode.Board(
        self.Identity.Self,
        leader.Identity.Self,
        [leader.Member, self.Member, .. more.Select(node => node.Member)]);

    private static CallForwarder Forwarder(TestNode node, StatusBoard board) => new(
        node.Connections,
        board,
        new PeerDirectory(board),
        (_, _) => throw new InvalidOperationException("nobody passes calls to this node"),
        TimeProvider.System,
        NullLogger.Instance);

    private static void Serve(TestNode node, Func<PassedCall, Task<PassedAnswer>> serve) =>
        node.Endpoint.MapForMembers(PeerProtocol.CallPath, new CallForwarder(
            node.Connections,
            TestNode.Board(node.Identity.Self, node.Identity.Self, node.Member),
            new PeerDirectory(TestNode.Board(node.Identity.Self, node.Identity.Self, node.Member)),
            (call, cancellation) => serve(call).WaitAsync(cancellation),
            TimeProvider.System,
            NullLogger.Instance).AcceptAsync);
}
