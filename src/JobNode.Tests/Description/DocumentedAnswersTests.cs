using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using JobNode.Api;
using JobNode.Commands;
using JobNode.Observability;
using JobNode.Tests.Api;
using JobNode.Tests.Support;

namespace JobNode.Tests.Description;

/// <summary>
/// Every answer that the description promises is caused once, on the real API, and is as described: the client of
/// <see cref="ApiHost"/> sees to that here and in all other tests.
/// </summary>
public sealed class DocumentedAnswersTests : IDisposable
{
    private const string Unknown = "0198c0de-0000-7000-8000-000000000000";
    private const string Self = "0000000000001234";
    private const string Token = "token-that-may-pull";

    /// <summary>Promised, and caused elsewhere: by what a test of one node cannot make happen.</summary>
    private static readonly string[] Elsewhere =
    [
        // A mistake of the program or a request that Kestrel cannot read; the first is caused once, below.
        "internal", "request-malformed",
        // A node that ends while a question is open: LimitTests.
        "node-stopping",
    ];

    /// <summary>The same, of one call.</summary>
    private static readonly string[] ElsewhereOfOne =
    [
        // A leader that goes while a call that was passed on is under way: CallForwarderTests.
        "GET /members outcome-unknown", "DELETE /members/{id} outcome-unknown", "GET /jobs outcome-unknown",
        "POST /members/{id}/promote outcome-unknown", "POST /members/{id}/release outcome-unknown",
        "POST /transfer outcome-unknown", "GET /jobs/{id} outcome-unknown",
        // Two backups at once need one that takes long.
        "GET /backup overloaded",
        // The 65th follower: EventsTests.
        "GET /events overloaded",
    ];

    private readonly TemporaryFolder _folder = new();
    private readonly HashSet<string> _given = new(StringComparer.Ordinal);

    [Fact]
    public async Task Every_answer_of_the_description_is_given()
    {
        await AskWellAsync();
        await AskWronglyAsync();
        await AskOfBrokenClustersAsync();
        await AskWithoutRightsAsync();
        await AskBeforeItIsWholeAsync();
        await AskWithoutALeaderAsync();
        IEnumerable<string> promised = ApiDocument.Routes.SelectMany(route => route.Methods.SelectMany(method =>
            Promised(route, $"{method} {route.Template}", Operations.Of(method, route))));
        Assert.Empty(promised.Except(_given).Except(ElsewhereOfOne).Order(StringComparer.Ordinal));
        Assert.Contains("PUT /enqueue internal", _given);
    }

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();

    private static IEnumerable<string> Promised(ApiRoute route, string call, Operation operation) =>
    [
        .. ApiDocument.RefusalsOf(route, operation).Select(kind => kind.Name).Except(Elsewhere)
            .Select(name => $"{call} {name}"),
        .. operation.Success.Contents.Select(content => $"{call} {content.MediaType}"),
    ];

    private async Task AskWellAsync()
    {
        await using ApiHost host = await ApiHost.StartAsync();
        string job = await host.EnqueueAsync([1], "iterations=100");
        await host.EnqueueAsync([2], "iterations=1");
        foreach (string method in (string[])["PUT", "POST"])
        {
            await AskAsync(host, $"{method} /enqueue", "?iterations=9&priority=2", Raw(), key: "k");
            await AskAsync(host, $"{method} /enqueue", "?iterations=1", FormOf("data"), accept: "text/plain");
        }

        await AskAsync(host, "POST /jobs", "", Lines("{\"text\":\"a\",\"iterations\":3}\n{\"text\":\"b\"}\n"));
        await AskAsync(host, "POST /jobs", "?iterations=3", FormOf("a", "b"));
        await AskAsync(host, "GET /jobs", "?limit=1");
        await AskAsync(host, "GET /jobs/{id}", job);
        await AskAsync(host, "POST /pullCompleted", "?top=10&order=newest", key: "k");
        await AskAsync(host, "GET /jobs", "?state=pulled");
        await AskAsync(host, "DELETE /jobs/{id}", job);
        host.Conditions.Raise(NodeCondition.DiskLow, "The disk is nearly full.");
        foreach (string call in Operations.All.Keys.Where(call =>
            call.StartsWith("GET ", StringComparison.Ordinal) && !call.Contains('{', StringComparison.Ordinal)))
        {
            await AskAsync(host, call, "");
        }

        await AskAsync(host, "POST /drain", "");
        await AskAsync(host, "POST /transfer", "");

        await AskAsync(host, "GET /problems", "", accept: "text/html");
        await AskAsync(host, "GET /problems/{name}", "queue-full", accept: "text/html");
        await AskAsync(host, "GET /problems/{name}", "queue-full");
        await AskAsync(host, "DELETE /members/{id}", Self);
        await AskAsync(host, "POST /members/{id}/promote", Self);
        await AskAsync(host, "POST /members/{id}/release", Self);
    }

    private async Task AskWronglyAsync()
    {
        await using ApiHost host = await ApiHost.StartAsync(limits: new LimitOptions { BodyBytesMax = 1000 });
        string finished = await host.EnqueueAsync([1], "iterations=1", "k");
        foreach (string call in (string[])["PUT /enqueue", "POST /enqueue", "POST /jobs"])
        {
            foreach (string query in (string[])["", "?iterations=0", "?iterations=1&priority=10"])
            {
                await AskAsync(host, call, query, FormOf("data"));
            }

            await AskAsync(host, call, "?iterations=1", FormOf("data"), key: new string('k', 256));
            await AskAsync(host, call, "?iterations=1", Typed("multipart/form-data", "x"));
            await AskAsync(host, call, "?iterations=1", Typed("multipart/form-data; boundary=xx", "--xx--\r\n"));
            await AskAsync(host, call, "?iterations=1", Typed("multipart/form-data; boundary=xx", "--xx\r\n"));
            await AskAsync(host, call, "?iterations=1",
                new MultipartFormDataContent { { new ByteArrayContent(new byte[1001]), "data" } });
            await AskAsync(host, call, "?iterations=2", Raw(), key: "k");
        }

        foreach (string query in (string[])["", "?top=0", "?top=1&order=best"])
        {
            await AskAsync(host, "POST /pullCompleted", query);
        }

        await AskAsync(host, "POST /pullCompleted", "?top=1", key: new string('k', 256));
        await AskAsync(host, "GET /jobs", "?limit=0");
        await AskAsync(host, "GET /jobs/{id}", $"{Unknown}?wait=soon");
        await AskAsync(host, "DELETE /jobs/{id}", finished);
        foreach (string call in (string[])["GET /jobs/{id}", "DELETE /jobs/{id}"])
        {
            await AskAsync(host, call, Unknown);
            await AskAsync(host, call, "nonsense");
        }

        await AskAsync(host, "GET /problems/{name}", "nonsense");
        await AskAsync(host, "POST /drain", "?leave=perhaps");
        await AskAsync(host, "POST /drain", "?leave=true");
        await AskForMembersAsync(host, "nonsense");
        await AskForMembersAsync(host, "0000000000009999");
        await host.Cluster.ProposeAsync(new Quarantine(LocalCluster.Self, "It computed wrongly."), default);
        host.Admin.Outcome = new(false, "The quorum needs it.");
        host.Cluster.Refuses = ResultCode.NotLeader;
        await AskForMembersAsync(host, Self);
    }

    private async Task AskForMembersAsync(ApiHost host, string id)
    {
        await AskAsync(host, "DELETE /members/{id}", id);
        await AskAsync(host, "POST /members/{id}/promote", id);
        await AskAsync(host, "POST /members/{id}/release", id);
        await AskAsync(host, "POST /transfer", $"?to={id}");
    }

    private async Task AskOfBrokenClustersAsync()
    {
        ResultCode[] codes =
        [
            ResultCode.NotLeader, ResultCode.OutcomeUnknown, ResultCode.Overloaded, ResultCode.Stopping,
            ResultCode.DiskLow, ResultCode.QueueFull,
        ];
        await using ApiHost host = await ApiHost.StartAsync();
        foreach (ResultCode code in codes)
        {
            host.Cluster.Refuses = code;
            await AskToEnqueueAsync(host);
            if (code is not (ResultCode.DiskLow or ResultCode.QueueFull))
            {
                await AskAsync(host, "POST /pullCompleted", "?top=1");
                await AskAsync(host, "DELETE /jobs/{id}", Unknown);
            }
        }

        host.Cluster.Refuses = ResultCode.NotLeader;
        host.Conditions.Raise(NodeCondition.DiskBlocked, "The disk takes no writes.");
        await AskToEnqueueAsync(host);
        await AskAsync(host, "GET /readyz", "");
        host.Conditions.Clear(NodeCondition.DiskBlocked);
        host.Conditions.Raise(NodeCondition.CatchingUp, "This node has not caught up.");
        await AskAsync(host, "GET /readyz", "");
        host.Cluster.IsBroken = true;
        await AskToEnqueueAsync(host);

        await using ApiHost full = await ApiHost.StartAsync(limits: new LimitOptions { JobsMax = 1 });
        await full.EnqueueAsync([1]);
        await AskToEnqueueAsync(full);
    }

    private async Task AskToEnqueueAsync(ApiHost host)
    {
        await AskAsync(host, "PUT /enqueue", "?iterations=1", Raw());
        await AskAsync(host, "POST /enqueue", "?iterations=1", Raw());
        await AskAsync(host, "POST /jobs", "?iterations=1", FormOf("data"));
    }

    private async Task AskWithoutRightsAsync()
    {
        string file = _folder.PathOf("tokens");
        await File.WriteAllTextAsync(file, $"{Token} pull\ntoken-that-may-send enqueue\n");
        await using ApiHost host = await ApiHost.StartAsync(security: new SecurityOptions { ApiTokenFile = file });
        foreach (string? token in (string?[])[null, Token, "token-that-may-send"])
        {
            host.Client.DefaultRequestHeaders.Authorization =
                token is null ? null : new AuthenticationHeaderValue("Bearer", token);
            await AskEveryCallAsync(host);
        }
    }

    private async Task AskBeforeItIsWholeAsync()
    {
        foreach (Problem? problem in (Problem?[])[null, Problems.DamagedNow("its log is damaged")])
        {
            await using ApiHost host = await ApiHost.StartClosedAsync(waitsFor: problem);
            await AskEveryCallAsync(host);
        }
    }

    /// <summary>Calls for the leader look for it for ten seconds: all at once.</summary>
    private async Task AskWithoutALeaderAsync()
    {
        await using ApiHost host = await ApiHost.StartAsync();
        string job = await host.EnqueueAsync([1]);
        host.Cluster.HasQuorum = false;
        host.Cluster.LoseLeader();
        await AskAsync(host, "GET /jobs/{id}", job);
        await AskAsync(host, "GET /readyz", "");
        await AskAsync(host, "GET /backup", "");
        host.Cluster.Board.Publish(host.Cluster.Board.Current with { AppliedIndex = 0 });
        await Task.WhenAll(
            AskAsync(host, "GET /backup", ""),
            AskAsync(host, "GET /jobs", ""),
            AskAsync(host, "GET /members", ""),
            AskAsync(host, "DELETE /members/{id}", Self),
            AskAsync(host, "POST /members/{id}/promote", Self),
            AskAsync(host, "POST /members/{id}/release", Self),
            AskAsync(host, "POST /transfer", ""));
    }

    private async Task AskEveryCallAsync(ApiHost host)
    {
        foreach (string call in Operations.All.Keys)
        {
            await AskAsync(host, call, call.Contains('{', StringComparison.Ordinal) ? Unknown : "");
        }
    }

    /// <summary>Asks, and notes what was answered: the name of a problem, or the type of content.</summary>
    /// <param name="host">Whom.</param>
    /// <param name="call">Method and template.</param>
    /// <param name="rest">What stands for the name in braces, and the query.</param>
    /// <param name="body">Or null.</param>
    /// <param name="key">Idempotency-Key, or null.</param>
    /// <param name="accept">What is wanted, or null.</param>
    private async Task AskAsync(
        ApiHost host, string call, string rest, HttpContent? body = null, string? key = null, string? accept = null)
    {
        string[] parts = call.Split(' ');
        int open = parts[1].IndexOf('{', StringComparison.Ordinal);
        string path = open < 0
            ? parts[1] + rest
            : $"{parts[1][..open]}{rest}{parts[1][(parts[1].IndexOf('}', StringComparison.Ordinal) + 1)..]}";
        using var request = new HttpRequestMessage(new HttpMethod(parts[0]), path) { Content = body };
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        if (accept is not null)
        {
            request.Headers.Add("Accept", accept);
        }

        // The headers only: an answer may have no end.
        using HttpResponseMessage response =
            await host.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        string type = response.Content.Headers.ContentType!.MediaType!;
        if (type == "application/problem+json")
        {
            string text = await response.Content.ReadAsStringAsync();
            using JsonDocument problem = JsonDocument.Parse(text);
            type = problem.RootElement.GetProperty("type").GetString()!.Split('/')[^1];
        }

        lock (_given)
        {
            _given.Add($"{call} {type}");
        }
    }

    private static ByteArrayContent Raw() => new("body"u8.ToArray());

    private static StringContent Lines(string text) => new(text, Encoding.UTF8, "application/x-ndjson");

    private static ByteArrayContent Typed(string type, string body)
    {
        var content = new ByteArrayContent(Encoding.ASCII.GetBytes(body));
        content.Headers.TryAddWithoutValidation("Content-Type", type);
        return content;
    }

    private static MultipartFormDataContent FormOf(params string[] names)
    {
        var form = new MultipartFormDataContent();
        foreach (string name in names)
        {
            form.Add(new ByteArrayContent("body"u8.ToArray()), name, "file");
        }

        return form;
    }
}
