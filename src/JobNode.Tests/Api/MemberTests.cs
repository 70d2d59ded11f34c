using System.Net;
using System.Text.Json;
using JobNode.Commands;
using JobNode.Membership;

namespace JobNode.Tests.Api;

/// <summary>The calls about members, on the leader.</summary>
public sealed class MemberTests
{
    [Fact]
    public async Task The_list_has_what_the_leader_knows_of_each_member()
    {
        await using ApiHost host = await ApiHost.StartAsync();
        host.Admin.Reports.Add(new MemberReport(
            new Member(LocalCluster.Self, "a:5001") { Zone = "east" }, true, false, "a:5000", "1.2", TimeSpan.Zero, 0));
        host.Admin.Reports.Add(new MemberReport(
            new Member(new NodeId(2), "b:5001") { Role = MemberRole.Spare }, false, true, null, null, null, null)
        {
            IsComputeOnly = true,
        });
        JsonElement answer = await host.GetAsync("/members");
        Assert.Equal("127.0.0.1:5001", answer.GetProperty("leader").GetString());
        JsonElement[] members = [.. answer.GetProperty("members").EnumerateArray()];
        Assert.Equal(["leader", "spare"], members.Select(member => member.GetProperty("role").GetString()));
        Assert.Equal("east", members[0].GetProperty("zone").GetString());
        Assert.Equal(0, members[0].GetProperty("secondsSinceContact").GetDouble());
        Assert.Equal(JsonValueKind.Null, members[1].GetProperty("entriesBehind").ValueKind);
        Assert.True(members[1].GetProperty("draining").GetBoolean());
        Assert.Equal([false, true], members.Select(member => member.GetProperty("computeOnly").GetBoolean()));
    }

    [Theory]
    [InlineData("DELETE", "/members/0000000000001234", "remove 0000000000001234")]
    [InlineData("POST", "/members/0000000000001234/promote", "promote 0000000000001234")]
    [InlineData("POST", "/transfer?to=0000000000001234", "transfer 0000000000001234")]
    [InlineData("POST", "/transfer", "transfer 0000000000000000")]
    public async Task A_change_is_asked_of_the_cluster_and_answered_with_its_sentence(
        string method, string path, string asked)
    {
        await using ApiHost host = await ApiHost.StartAsync();
        (HttpStatusCode status, JsonElement answer) = await SendAsync(host, method, path);
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal("It is done.", answer.GetProperty("detail").GetString());
        Assert.Equal(asked, Assert.Single(host.Admin.Asked));
    }

    [Theory]
    [InlineData("DELETE", "/members/0000000000001234")]
    [InlineData("POST", "/members/0000000000001234/promote")]
    [InlineData("POST", "/transfer")]
    public async Task A_refusal_says_why(string method, string path)
    {
        await using ApiHost host = await ApiHost.StartAsync();
        host.Admin.Outcome = new AdminOutcome(false, "The quorum needs it.");
        (HttpStatusCode status, JsonElement answer) = await SendAsync(host, method, path);
        Assert.Equal(HttpStatusCode.Conflict, status);
        Assert.Equal("/problems/membership-refused", answer.GetProperty("type").GetString());
        Assert.Equal("The quorum needs it.", answer.GetProperty("detail").GetString());
    }

    [Theory]
    [InlineData("DELETE", "/members/nonsense", 400, "/problems/member-id-invalid")]
    [InlineData("DELETE", "/members/0000000000009999", 404, "/problems/member-unknown")]
    [InlineData("POST", "/members/0000000000009999/promote", 404, "/problems/member-unknown")]
    [InlineData("POST", "/transfer?to=0000000000009999", 404, "/problems/member-unknown")]
    [InlineData("POST", "/drain?leave=perhaps", 400, "/problems/leave-invalid")]
    [InlineData("POST", "/drain?leave=true", 409, "/problems/membership-refused")]
    [InlineData("GET", "/members/0000000000001234", 405, "/problems/method-not-allowed")]
    [InlineData("POST", "/members//promote", 404, "/problems/path-unknown")]
    public async Task What_is_wrong_is_told(string method, string path, int status, string type)
    {
        await using ApiHost host = await ApiHost.StartAsync();
        (HttpStatusCode got, JsonElement answer) = await SendAsync(host, method, path);
        Assert.Equal((status, type), ((int)got, answer.GetProperty("type").GetString()));
        Assert.Empty(host.Admin.Asked);
    }

    [Fact]
    public async Task Drain_answers_before_the_node_stops()
    {
        await using ApiHost host = await ApiHost.StartAsync();
        (HttpStatusCode status, JsonElement answer) = await SendAsync(host, "POST", "/drain");
        Assert.Equal(HttpStatusCode.Accepted, status);
        Assert.Contains("drains", answer.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal("drain False", Assert.Single(host.Admin.Asked));
    }

    private static async Task<(HttpStatusCode Status, JsonElement Answer)> SendAsync(
        ApiHost host, string method, string path)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using HttpResponseMessage response = await host.Client.SendAsync(request);
        return (response.StatusCode, JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement);
    }
}
