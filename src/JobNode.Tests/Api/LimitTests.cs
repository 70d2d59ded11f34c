using System.Net;
using System.Text;
using System.Text.Json;
using JobNode.Commands;
using JobNode.Observability;

namespace JobNode.Tests.Api;

/// <summary>What is refused at a bound, how the client is told, and that all the rest goes on.</summary>
public sealed class LimitTests
{
    [Theory]
    [InlineData(3, 3)]
    [InlineData(Limits.JobsPerCommandMax, Limits.JobsPerCommandMax)]
    [InlineData(20 * Limits.JobsPerCommandMax, 19 * Limits.JobsPerCommandMax)]
    public async Task A_batch_that_the_cluster_refuses_has_no_more_answers_than_lines(int lines, int answersMax)
    {
        await using ApiHost host = await ApiHost.StartAsync();
        host.Cluster.Refuses = ResultCode.NotLeader;
        string body = string.Concat(Enumerable.Repeat("{\"text\":\"a\",\"iterations\":2}\n", lines));
        using HttpResponseMessage response = await host.Client.PostAsync("/jobs", new StringContent(body));
        string text = await response.Content.ReadAsStringAsync();
        string[] answers = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.InRange(answers.Length, Math.Min(lines, 3), answersMax);
        Assert.All(answers, answer => Assert.Contains("/problems/no-quorum", answer, StringComparison.Ordinal));
    }

    [Fact]
    public async Task More_jobs_than_allowed_are_refused_with_a_time_to_come_back_and_pulls_make_room()
    {
        await using ApiHost host = await ApiHost.StartAsync(limits: new LimitOptions { JobsMax = 3 });
        for (int i = 0; i < 3; i++)
        {
            await host.EnqueueAsync([1], "iterations=1");
        }

        await AssertRefusedAsync(await host.PutAsync(new ByteArrayContent([1]), "iterations=1"), 429, "too-many-jobs");
        await AssertRefusedAsync(await PostLinesAsync(host, 1), 429, "too-many-jobs");
        Assert.Equal(3, (await host.PullAsync(10)).GetArrayLength());
        Assert.Equal(3, host.Cluster.Machine.View.Counts.Pulled);
    }

    [Fact]
    public async Task A_batch_that_passes_the_bound_is_answered_line_by_line()
    {
        await using ApiHost host = await ApiHost.StartAsync(limits: new LimitOptions { JobsMax = 5 });
        using HttpResponseMessage response = await PostLinesAsync(host, 9);
        string text = await response.Content.ReadAsStringAsync();
        string[] lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(lines, line => Assert.Contains("too-many-jobs", line, StringComparison.Ordinal));
        Assert.Equal(0, host.Cluster.Proposals);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_over_the_bound_is_refused_announced_or_not(bool isAnnounced)
    {
        await using ApiHost host = await ApiHost.StartAsync(limits: new LimitOptions { BodyBytesMax = 1000 });
        using HttpContent body = isAnnounced
            ? new ByteArrayContent(new byte[1001])
            : new StreamContent(new UnknownLength(new byte[300_000]));
        await AssertRefusedAsync(await host.PutAsync(body, "iterations=3"), 413, "body-too-large", hasRetry: false);
        await host.EnqueueAsync(new byte[1000]);
        using var form = new MultipartFormDataContent { { new ByteArrayContent(new byte[1001]), "data", "a" } };
        await AssertRefusedAsync(await host.PutAsync(form, "iterations=3"), 413, "body-too-large", hasRetry: false);
        using var small = new MultipartFormDataContent { { new ByteArrayContent(new byte[1000]), "data", "a" } };
        Assert.Equal(HttpStatusCode.OK, (await host.PutAsync(small, "iterations=3")).StatusCode);
    }

    [Fact]
    public async Task More_iterations_than_allowed_are_refused_and_the_bound_is_named()
    {
        await using ApiHost host = await ApiHost.StartAsync(limits: new LimitOptions { IterationsMax = 500 });
        using HttpResponseMessage response = await host.PutAsync(new ByteArrayContent([1]), "iterations=501");
        string text = await response.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("from 1 to 500", text, StringComparison.Ordinal);
        await host.EnqueueAsync([1], "iterations=500");
    }

    [Fact]
    public async Task Low_disk_refuses_new_jobs_only()
    {
        await using ApiHost host = await ApiHost.StartAsync();
        await host.EnqueueAsync([1], "iterations=1");
        host.Conditions.Raise(NodeCondition.DiskLow, "The disk is nearly full.");
        await AssertRefusedAsync(await host.PutAsync(new ByteArrayContent([1]), "iterations=1"), 507, "disk-low");
        Assert.Equal(1, (await host.PullAsync(10)).GetArrayLength());
        using HttpResponseMessage ready = await host.Client.GetAsync("/readyz");
        Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
        Assert.Contains("nearly full", await ready.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        JsonElement node = (await host.GetAsync("/status")).GetProperty("node");
        Assert.Equal("ready", node.GetProperty("state").GetString());
        IEnumerable<string?> warnings = node.GetProperty("warnings").EnumerateArray().Select(w => w.GetString());
        Assert.Contains("The disk is nearly full.", warnings);
        host.Conditions.Clear(NodeCondition.DiskLow);
        await host.EnqueueAsync([1], "iterations=1");
    }

    [Fact]
    public async Task A_leader_whose_disk_is_low_answers_through_any_node()
    {
        await using ApiHost host = await ApiHost.StartAsync();
        host.Cluster.Refuses = ResultCode.DiskLow;
        await AssertRefusedAsync(await host.PutAsync(new ByteArrayContent([1]), "iterations=1"), 507, "disk-low");
    }

    [Fact]
    public async Task A_blocked_disk_makes_the_node_unready_and_names_itself_when_there_is_no_leader()
    {
        await using ApiHost host = await ApiHost.StartAsync();
        host.Conditions.Raise(NodeCondition.DiskBlocked, "The disk takes no writes: no space left.");
        host.Conditions.Raise(NodeCondition.DiskLow, "The disk is nearly full.");
        await AssertRefusedAsync(await host.Client.GetAsync("/readyz"), 503, "disk-blocked");
        JsonElement node = (await host.GetAsync("/status")).GetProperty("node");
        Assert.Equal("diskBlocked", node.GetProperty("state").GetString());

        // The others may have room: what this node passes on to them is taken.
        await host.EnqueueAsync([1]);
        host.Cluster.Refuses = ResultCode.NotLeader;
        await AssertRefusedAsync(await host.PutAsync(new ByteArrayContent([1]), "iterations=1"), 503, "disk-blocked");
    }

    [Fact]
    public async Task A_question_that_a_stopping_node_leaves_open_is_for_another_node()
    {
        await using ApiHost host = await ApiHost.StartAsync();
        host.Cluster.IsStopping = true;
        await AssertRefusedAsync(await host.Client.GetAsync("/jobs"), 503, "node-stopping");
    }

    [Fact]
    public async Task A_node_that_has_not_caught_up_is_starting()
    {
        await using ApiHost host = await ApiHost.StartAsync();
        host.Conditions.Raise(NodeCondition.CatchingUp, "This node has not caught up with its leader yet.");
        await AssertRefusedAsync(await host.Client.GetAsync("/readyz"), 503, "not-ready");
        JsonElement node = (await host.GetAsync("/status")).GetProperty("node");
        Assert.Equal("starting", node.GetProperty("state").GetString());
    }

    [Fact]
    public async Task Too_many_proposals_in_flight_are_told_when_to_come_back()
    {
        await using ApiHost host = await ApiHost.StartAsync();
        host.Cluster.Refuses = ResultCode.Overloaded;
        await AssertRefusedAsync(await host.PutAsync(new ByteArrayContent([1]), "iterations=1"), 429, "overloaded");
    }

    private static async Task AssertRefusedAsync(
        HttpResponseMessage response, int status, string problem, bool hasRetry = true)
    {
        using (response)
        {
            string text = await response.Content.ReadAsStringAsync();
            Assert.Equal(status, (int)response.StatusCode);
            Assert.Equal(
                $"/problems/{problem}", JsonDocument.Parse(text).RootElement.GetProperty("type").GetString());
            Assert.Equal(hasRetry, response.Headers.RetryAfter is not null);
        }
    }

    private static async Task<HttpResponseMessage> PostLinesAsync(ApiHost host, int lines)
    {
        string text = string.Concat(Enumerable.Repeat("{\"text\":\"a\",\"iterations\":1}\n", lines));
        using var content = new StringContent(text, Encoding.UTF8, "application/x-ndjson");
        return await host.Client.PostAsync("/jobs", content);
    }

    /// <summary>A body whose length the client does not tell.</summary>
    private sealed class UnknownLength(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
