using System.Net;
using System.Text.Json;

namespace JobNode.Tests.Api;

/// <summary>The API between the opening of its port and the forming of the cluster.</summary>
public sealed class StartingTests
{
    [Theory]
    [InlineData("GET", "/status")]
    [InlineData("GET", "/readyz")]
    [InlineData("GET", "/metrics")]
    [InlineData("GET", "/")]
    [InlineData("GET", "/no-such-path")]
    [InlineData("POST", "/livez")]
    [InlineData("POST", "/pullCompleted?top=1")]
    [InlineData("PUT", "/enqueue?iterations=3")]
    public async Task A_node_without_a_cluster_answers_that_it_is_starting_and_why(string method, string path)
    {
        await using ApiHost host = await ApiHost.StartClosedAsync();
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using HttpResponseMessage response = await host.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
        Assert.NotNull(response.Headers.RetryAfter?.Delta);
        Assert.Equal("none", response.Headers.GetValues("Jobnode-Leader").Single());
        using JsonDocument problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal("/problems/starting", problem.RootElement.GetProperty("type").GetString());
        Assert.Equal("127.0.0.1:5001", problem.RootElement.GetProperty("node").GetString());
        Assert.Contains(
            ApiHost.WaitsFor, problem.RootElement.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_large_upload_is_refused_with_the_reason_and_not_with_a_broken_connection()
    {
        await using ApiHost host = await ApiHost.StartClosedAsync();
        using HttpResponseMessage response = await host.PutAsync(
            new ByteArrayContent(new byte[16 << 20]), "iterations=3");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
    }

    [Fact]
    public async Task It_is_alive_all_the_same()
    {
        await using ApiHost host = await ApiHost.StartClosedAsync();
        Assert.Equal("ok\n", await host.Client.GetStringAsync("/livez"));
    }

    [Fact]
    public async Task Once_open_it_serves_over_the_connections_that_were_told_to_wait()
    {
        await using ApiHost host = await ApiHost.StartClosedAsync();
        using HttpResponseMessage before = await host.Client.GetAsync("/readyz");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, before.StatusCode);
        host.Open();
        using HttpResponseMessage after = await host.Client.GetAsync("/readyz");
        Assert.Equal(HttpStatusCode.OK, after.StatusCode);
        await host.EnqueueAsync([1]);
    }
}
