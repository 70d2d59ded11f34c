using JobNode.Commands;
using JobNode.Membership;

namespace JobNode.Tests.Membership;

public sealed class BootstrapDecisionTests
{
    private static readonly string[] List = ["a:5001", "b:5001"];
    private static readonly NodeId A = new(0xa);
    private static readonly NodeId B = new(0xb);
    private static readonly NodeId C = new(0xc);
    private static readonly string[] ThreeList = ["a:5001", "b:5001", "c:5001"];
    private static readonly ClusterConfiguration Formed = new(9, [new Member(A, "a:5001"), new Member(B, "b:5001")]);

    [Fact]
    public void The_first_address_decides_when_all_are_fresh_and_see_it()
    {
        var step = (BootstrapStep.Decide)Decide(Fresh(A, 0), Fresh(A, 0), Fresh(B, 1));
        Assert.Equal(Formed.Members, step.Members);
    }

    [Fact]
    public void Another_node_never_decides() => Assert.Contains(
        "waits for a:5001 to form", Waits(Fresh(B, 1), Fresh(A, 0), Fresh(B, 1)), StringComparison.Ordinal);

    [Fact]
    public void A_node_that_saw_an_older_decider_or_none_holds_the_decision_up() => Assert.Contains(
        "waits for b:5001 to see it",
        Waits(Fresh(A, 0), Fresh(A, 0), Fresh(B, 1) with { First = new NodeId(0xdead) }),
        StringComparison.Ordinal);

    [Fact]
    public void Silence_is_waited_for_by_name() =>
        Assert.Equal(
            "this node waits for b:5001 before the cluster can form", Waits(Fresh(A, 0), Fresh(A, 0)));

    [Fact]
    public void A_configuration_with_this_node_is_taken_over()
    {
        BootstrapStep step = Decide(Fresh(B, 1), Formal(A, 0), Fresh(B, 1));
        Assert.Equal(FormedWith(C), Assert.IsType<BootstrapStep.Adopt>(step).Configuration);
    }

    [Fact]
    public void A_configuration_of_a_decider_that_is_gone_is_not_taken_over() => Assert.Contains(
        "lost its data directory",
        Waits(Fresh(B, 1) with { First = new NodeId(0xa2) }, Formal(A, 0), Fresh(B, 1)),
        StringComparison.Ordinal);

    [Fact]
    public void A_wiped_node_joins_the_cluster_that_its_old_self_was_in()
    {
        var wiped = new NodeId(0xb2);
        BootstrapStep step = Decide(Fresh(wiped, 1), Formal(A, 0), Fresh(wiped, 1));
        Assert.Equal(["a:5001"], Assert.IsType<BootstrapStep.Join>(step).Addresses);
    }

    [Fact]
    public void A_configuration_that_has_changed_since_is_joined_and_not_taken_over()
    {
        BootstrapStep step = Decide(Fresh(B, 1), Formal(A, 0) with { IsFirst = false }, Fresh(B, 1));
        Assert.IsType<BootstrapStep.Join>(step);
    }

    [Fact]
    public void A_first_configuration_with_this_node_is_waited_for_while_its_decider_is_silent()
    {
        var silent = new Dictionary<string, Hello>(StringComparer.Ordinal)
        {
            ["b:5001"] = Formal(B, 1),
            ["c:5001"] = Fresh(C, 2) with { Peers = ThreeList, First = NodeId.None },
        };
        BootstrapStep step = BootstrapDecision.Decide(
            Fresh(C, 2) with { Address = "c:5001", Peers = ThreeList, First = NodeId.None },
            silent);
        Assert.Contains("waits for a:5001", Assert.IsType<BootstrapStep.Wait>(step).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Members_of_two_clusters_in_one_list_are_named()
    {
        var stranger = new NodeId(0xc);
        var other = new ClusterConfiguration(10, [new Member(stranger, "x:5001")]);
        var self = new Hello(new NodeId(0xd), "d:5001", ["a:5001", "b:5001", "d:5001"], BootstrapState.Fresh, A, null);
        var answers = new Dictionary<string, Hello>(StringComparer.Ordinal)
        {
            ["a:5001"] = Formal(A, 0),
            ["b:5001"] = new Hello(stranger, "b:5001", [], BootstrapState.Member, A, other),
        };
        var step = (BootstrapStep.Wait)BootstrapDecision.Decide(self, answers);
        Assert.True(step.NeedsPeople);
        Assert.Contains("a:5001 and b:5001 are in different clusters", step.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_names_of_one_node_are_named() => Assert.Contains(
        "both this node", Waits(Fresh(A, 0), Fresh(A, 0), Fresh(A, 0)), StringComparison.Ordinal);

    [Fact]
    public void Somebody_else_at_the_own_address_is_named() => Assert.Contains(
        "give each node its own address", Waits(Fresh(A, 0), Fresh(B, 0), Fresh(B, 1)), StringComparison.Ordinal);

    [Fact]
    public void A_node_that_calls_itself_otherwise_is_named() => Assert.Contains(
        "b:5001 calls itself c:5001",
        Waits(Fresh(A, 0), Fresh(A, 0), Fresh(B, 1) with { Address = "c:5001" }),
        StringComparison.Ordinal);

    [Fact]
    public void A_hello_survives_the_wire()
    {
        Hello member = Formal(A, 0);
        Hello read = Hello.Decode(member.Encode());
        Assert.Equal(member.Configuration!.Members, read.Configuration!.Members);
        Assert.Equal(member.Configuration.ClusterId, read.Configuration.ClusterId);
        Assert.Equal(List, Hello.Decode(Fresh(B, 1).Encode()).Peers);
        Assert.Equal(A, Hello.Decode(Fresh(B, 1).Encode()).First);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("<html>")]
    [InlineData("""{"node":"000000000000000a","state":"member","first":"000000000000000a"}""")]
    public void What_is_no_hello_is_invalid_data(string text) =>
        Assert.Throws<InvalidDataException>(() => Hello.Decode(System.Text.Encoding.UTF8.GetBytes(text)));

    private static Hello Fresh(NodeId node, int at) =>
        new(node, ThreeList[at], List, BootstrapState.Fresh, A, null);

    private static Hello Formal(NodeId node, int at) =>
        new(node, ThreeList[at], List, BootstrapState.Member, A, FormedWith(C)) { IsFirst = true };

    private static ClusterConfiguration FormedWith(NodeId third) => Formed with
    {
        Members = [.. Formed.Members, new Member(third, "c:5001")],
    };

    private static string Waits(Hello self, params Hello[] answers) =>
        Assert.IsType<BootstrapStep.Wait>(Decide(self, answers)).Reason;

    private static BootstrapStep Decide(Hello self, params Hello[] answers)
    {
        var known = new Dictionary<string, Hello>(StringComparer.Ordinal);
        for (int i = 0; i < answers.Length; i++)
        {
            known[List[i]] = answers[i];
        }

        return BootstrapDecision.Decide(self, known);
    }
}
