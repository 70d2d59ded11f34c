using System.Net;
using System.Text.Json;
using JobNode.Api;

namespace JobNode.Tests.Api;

/// <summary>A job found by the key of its enqueue, so that a client need not send its body again.</summary>
public sealed class JobKeyTests
{
    [Fact]
    public async Task A_job_is_found_by_the_key_of_its_enqueue()
    {
        await using ApiHost host = await ApiHost.StartAsync();
        using HttpResponseMessage unknown = await host.Client.GetAsync("/jobs/key:mine");
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        string id = await host.EnqueueAsync([1], key: "mine");
        await host.EnqueueAsync([2], key: "other");
        int before = host.Cluster.Barriers;
        JsonElement job = await host.GetAsync("/jobs/key:mine");
        Assert.Equal(1, host.Cluster.Barriers - before);
        Assert.Equal(id, job.GetProperty("id").GetString());
        Assert.Equal("pending", job.GetProperty("state").GetString());
        host.Cluster.HasQuorum = false;
        using HttpResponseMessage unsure = await host.Client.GetAsync("/jobs/key:mine");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, unsure.StatusCode);
    }

    [Fact]
    public async Task An_enqueue_that_made_no_new_job_says_so()
    {
        await using ApiHost host = await ApiHost.StartAsync();
        using HttpResponseMessage first = await host.PutAsync(new ByteArrayContent([1]), "iterations=3", "mine");
        Assert.False(first.Headers.Contains(EnqueueResponse.ReplayedHeader));
        using HttpResponseMessage second = await host.PutAsync(new ByteArrayContent([1]), "iterations=3", "mine");
        Assert.Equal("true", Assert.Single(second.Headers.GetValues(EnqueueResponse.ReplayedHeader)));
    }
}
