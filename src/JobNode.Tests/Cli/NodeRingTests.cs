using JobNode.Cli;
using JobNode.Commands;
using JobNode.Membership;
using JobNode.Tests.Api;

namespace JobNode.Tests.Cli;

/// <summary>Whom verbs that go on for long ask next.</summary>
public sealed class NodeRingTests
{
    private const string Other = "127.0.0.1:9";

    [Fact]
    public async Task A_node_that_is_known_only_a_moment_later_is_asked_when_the_first_falls_silent()
    {
        await using ApiHost host = await ApiHost.StartAsync();
        using NodeRing ring = await LearnedAsync(host, null);
        ring.Turn();
        Assert.Equal(NodeOf(host), ring.Address);

        host.Admin.Reports[1] = Report(2, Other);
        await ring.LearnAsync(CancellationToken.None);
        ring.Turn();
        Assert.Equal(Other, ring.Address);
    }

    [Fact]
    public async Task A_leader_that_is_new_and_was_told_nothing_does_not_make_a_known_node_forgotten()
    {
        await using ApiHost host = await ApiHost.StartAsync();
        using NodeRing ring = await LearnedAsync(host, Other);
        host.Admin.Reports.Clear();
        host.Admin.Reports.AddRange([Report(1, null), Report(2, null), Report(3, null)]);
        await LearnOftenAsync(ring);
        ring.Turn();
        Assert.Equal(Other, ring.Address);
    }

    [Fact]
    public async Task A_node_that_left_is_asked_no_more()
    {
        await using ApiHost host = await ApiHost.StartAsync();
        using NodeRing ring = await LearnedAsync(host, Other);
        host.Admin.Reports.RemoveAt(1);
        await LearnOftenAsync(ring);
        ring.Turn();
        Assert.Equal(NodeOf(host), ring.Address);
    }

    /// <summary>A ring that begins at the host, and has asked it once: for itself and a second member.</summary>
    private static async Task<NodeRing> LearnedAsync(ApiHost host, string? other)
    {
        host.Admin.Reports.AddRange([Report(1, NodeOf(host)), Report(2, other)]);
        var client = new ApiClient(host.Client.BaseAddress!, new NodeAccess(null, []));
        var ring = new NodeRing(client, TimeSpan.FromSeconds(5));
        await ring.LearnAsync(CancellationToken.None);
        return ring;
    }

    private static string NodeOf(ApiHost host) => host.Client.BaseAddress!.Authority;

    /// <summary>When all are known it asks only now and then.</summary>
    private static async Task LearnOftenAsync(NodeRing ring)
    {
        for (int time = 0; time < 40; time++)
        {
            await ring.LearnAsync(CancellationToken.None);
        }
    }

    private static MemberReport Report(ulong id, string? api) => new(
        new Member(new NodeId(id), $"n{id}:5001"), IsLeader: id == 1, IsDraining: false, api, "1", TimeSpan.Zero, 0);
}
