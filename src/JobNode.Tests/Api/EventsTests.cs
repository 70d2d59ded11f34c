using System.Net;
using System.Text.Json;
using JobNode.Api;
using JobNode.Tests.Scheduling;
using Microsoft.Extensions.Logging.Abstractions;

namespace JobNode.Tests.Api;

/// <summary>GET /events: what happens, as it happens.</summary>
public sealed class EventsTests
{
    [Fact]
    public async Task A_follower_is_told_the_hour_the_events_and_the_status_and_then_what_is_new()
    {
        await using ApiHost host = await ApiHost.StartAsync();
        using EventReader events = await EventReader.OpenAsync(host.Client);
        Assert.Equal("text/event-stream", events.Response.Content.Headers.ContentType!.MediaType);
        Assert.True(events.Response.Headers.CacheControl!.NoStore);
        Assert.Equal("retry", (await events.NextAsync())!.Value.Name);
        (string name, JsonElement history) = (await events.NextAsync())!.Value;
        Assert.Equal("history", name);
        Assert.Equal(history.GetProperty("at").GetArrayLength(), history.GetProperty("rate").GetArrayLength());
        Assert.Equal("log", (await events.NextAsync())!.Value.Name);
        JsonElement status = await events.NextAsync("status");
        Assert.Equal(
            JsonSerializer.Serialize(await host.GetAsync("/status")), JsonSerializer.Serialize(status));

        await host.EnqueueAsync([1], "iterations=100");
        JsonElement next = await events.NextAsync("status");
        Assert.Equal(1, next.GetProperty("queue").GetProperty("pending").GetInt32());
        host.Cluster.LoseLeader();
        next = await events.NextAsync("status");
        Assert.Equal(JsonValueKind.Null, next.GetProperty("leader").ValueKind);
        JsonElement log = await events.NextAsync("log");
        Assert.Equal("quorumLost", log[0].GetProperty("kind").GetString());
    }

    [Fact]
    public async Task A_status_as_before_is_a_comment_by_which_a_cut_connection_is_seen()
    {
        await using ApiHost host = await ApiHost.StartAsync();
        using EventReader events = await EventReader.OpenAsync(host.Client);
        await events.NextAsync("status");
        Assert.Equal(": as before", (await events.NextAsync())!.Value.Name);
    }

    [Fact]
    public async Task One_follower_too_many_is_told_to_come_back_and_gets_the_place_of_one_that_goes()
    {
        await using ApiHost host = await ApiHost.StartAsync();
        var followers = new List<EventReader>();
        for (int i = 0; i < ClusterWatch.FollowersMax; i++)
        {
            followers.Add(await EventReader.OpenAsync(host.Client));
        }

        using HttpResponseMessage refused = await host.Client.GetAsync("/events");
        await ProblemTests.AssertProblemAsync(refused, 429, "overloaded", "64 pages");
        followers[0].Dispose();
        HttpStatusCode last = HttpStatusCode.TooManyRequests;
        for (int attempt = 0; attempt < 1000 && last != HttpStatusCode.OK; attempt++)
        {
            await Task.Delay(10);
            using HttpResponseMessage answer = await host.Client.GetAsync(
                "/events", HttpCompletionOption.ResponseHeadersRead);
            last = answer.StatusCode;
        }

        Assert.Equal(HttpStatusCode.OK, last);
        followers.ForEach(follower => follower.Dispose());
    }

    [Fact]
    public async Task A_node_that_stops_says_farewell_and_is_not_held_up()
    {
        await using ApiHost host = await ApiHost.StartAsync();
        using EventReader events = await EventReader.OpenAsync(host.Client);
        await events.NextAsync("status");
        await host.StopAsync();
        await events.NextAsync("farewell");
        Assert.Null(await events.NextAsync());
    }

    [Fact]
    public async Task A_reader_that_does_not_read_is_let_go_and_the_others_are_told_everything()
    {
        ManualTime time = new(DateTimeOffset.UnixEpoch);
        ulong term = 0;
        await using ClusterWatch watch = Watch(time, () => Status("a:5001", ++term));
        using EventFollower slow = watch.Follow(out _)!;
        using EventFollower quick = watch.Follow(out _)!;
        int told = 0;
        for (int look = 0; look < 2 * EventFollower.MessagesMax; look++)
        {
            await watch.LookAsync();
            while (quick.Messages.TryRead(out _))
            {
                told++;
            }

            time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.True(slow.WasTooSlow);
        Assert.Equal(EventFollower.MessagesMax, slow.Messages.Count);
        Assert.False(quick.WasTooSlow);
        Assert.InRange(told, 3 + (2 * EventFollower.MessagesMax), int.MaxValue);
    }

    [Fact]
    public async Task Samples_are_kept_for_those_who_come_later_and_unknown_without_a_leader()
    {
        ManualTime time = new(DateTimeOffset.UnixEpoch);
        string? leader = "a:5001";
        await using ClusterWatch watch = Watch(time, () => Status(leader, 1));
        for (int second = 0; second < 20; second++)
        {
            leader = second < 10 ? "a:5001" : null;
            await watch.LookAsync();
            time.Advance(TimeSpan.FromSeconds(1));
        }

        using EventFollower follower = watch.Follow(out _)!;
        Assert.True(follower.Messages.TryRead(out byte[]? first));
        string text = System.Text.Encoding.UTF8.GetString(first);
        Assert.Contains("\"at\":[0,5000,10000,15000]", text, StringComparison.Ordinal);
        Assert.Contains("\"rate\":[7,7,null,null]", text, StringComparison.Ordinal);
        Assert.Contains("\"pending\":[4,4,null,null]", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_that_cannot_look_at_itself_says_nothing_and_goes_on()
    {
        int looks = 0;
        await using ClusterWatch watch = Watch(
            TimeProvider.System,
            () => ++looks == 1 ? throw new InvalidOperationException("the first look fails") : Status("a:5001", 1));
        using EventFollower follower = watch.Follow(out _)!;
        int before = follower.Messages.Count;
        await watch.LookAsync();
        Assert.Equal(before, follower.Messages.Count);
        await watch.LookAsync();
        Assert.True(follower.Messages.Count > before);
    }

    [Fact]
    public async Task The_page_may_run_its_own_script_only_and_is_shown_in_no_other_page()
    {
        await using ApiHost host = await ApiHost.StartAsync();
        using HttpResponseMessage answer = await host.Client.GetAsync("/");
        string policy = answer.Headers.GetValues("Content-Security-Policy").Single();
        string nonce = policy.Split("script-src 'nonce-")[1].Split('\'')[0];
        string page = await answer.Content.ReadAsStringAsync();
        Assert.Contains($"<script nonce=\"{nonce}\">", page, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        using HttpResponseMessage again = await host.Client.GetAsync("/");
        Assert.DoesNotContain(nonce, await again.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_browser_gets_the_page_from_a_node_that_waits_for_its_cluster()
    {
        await using ApiHost host = await ApiHost.StartClosedAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.Accept.ParseAdd("text/html,application/xhtml+xml");
        using HttpResponseMessage answer = await host.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal("text/html", answer.Content.Headers.ContentType!.MediaType);
    }

    private static ClusterWatch Watch(TimeProvider time, Func<StatusResponse> read) => new(
        _ => Task.Run(read), _ => Task.Run(read), time, NullLogger.Instance);

    private static StatusResponse Status(string? leader, ulong term) => new(
        new StatusNode("1", "a:5001", "a:5000", "voter", "ready", "0.1.0", "avx2", []),
        "7",
        leader,
        term,
        9,
        9,
        "0",
        new StatusQueue(4, 1, 2, 0, 0),
        [new StatusMember("1", "a:5001", "voter", true, false, 1, 8, 1, 1, 10, 7, "avx2")],
        10,
        7,
        UInt128.One,
        null);
}
