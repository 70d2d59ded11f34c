using System.Net;
using System.Text;
using System.Text.Json;
using JobNode.Api;
using JobNode.Tests.Description;
using JobNode.Tests.Support;

namespace JobNode.Tests.Processes;

/// <summary>
/// The published binary answers as the API's description says. Every call is made; what can go wrong with each is
/// <see cref="DocumentedAnswersTests"/>' business.
/// </summary>
[Collection(ProcessCollection.Name)]
[Trait("Tier", "Process")]
public sealed class DescribedClusterTests : IDisposable
{
    private const string Unknown = "0198c0de-0000-7000-8000-000000000000";

    private readonly HashSet<string> _called = new(StringComparer.Ordinal);
    private readonly HttpClient _client =
        new(new DescribedAnswersHandler(new SocketsHttpHandler { UseProxy = false }));

    /// <summary>Through a node that does not lead, so that calls for the leader are passed on.</summary>
    [Fact]
    public async Task Every_call_of_a_real_cluster_is_answered_as_described()
    {
        await using ClusterFixture cluster = await ClusterFixture.StartAsync(["--workers", "1"]);
        NodeProcess leader = await cluster.LeaderAsync();
        NodeProcess node = cluster.Nodes.First(other => other != leader);
        string served = await node.Api.TextAsync("/openapi.json");
        Assert.Equal(CompactJson.Write(ApiDocument.Build()), served);

        await UseJobsAsync(node);
        foreach (string call in Operations.All.Keys.Where(call =>
            call.StartsWith("GET ", StringComparison.Ordinal) && !call.Contains('{', StringComparison.Ordinal)))
        {
            await CallAsync(node, call);
        }

        foreach (ProblemKind kind in Problems.All)
        {
            await CallAsync(node, "GET /problems/{name}", kind.Name);
        }

        await UseMembersAsync(cluster, node);
        Assert.Empty(Operations.All.Keys.Except(_called));
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private async Task UseJobsAsync(NodeProcess node)
    {
        string id = await EnqueueAsync(node, "PUT /enqueue", "?iterations=1000&priority=3", FormOf());
        string again = await EnqueueAsync(node, "POST /enqueue", "?iterations=10000000000000", Raw("body"));
        await CallAsync(node, "POST /jobs", "", new StringContent(
            "{\"text\":\"a\",\"iterations\":3}\n{\"data\":\"!\"}\n", Encoding.UTF8, "application/x-ndjson"));
        await CallAsync(node, "POST /jobs", "?iterations=3", FormOf());
        await CallAsync(node, "GET /jobs/{id}", $"{id}?wait=60s");
        await CallAsync(node, "GET /jobs/{id}", again);
        await CallAsync(node, "GET /jobs", "?state=completed&limit=1");
        await CallAsync(node, "POST /pullCompleted", "?top=1");
        await CallAsync(node, "DELETE /jobs/{id}", again);

        await CallAsync(node, "DELETE /jobs/{id}", id, wanted: HttpStatusCode.Conflict);
        await CallAsync(node, "GET /jobs/{id}", Unknown, wanted: HttpStatusCode.NotFound);
        await CallAsync(node, "PUT /enqueue", "", Raw("body"), HttpStatusCode.BadRequest);
        await CallAsync(node, "POST /pullCompleted", "?top=0", wanted: HttpStatusCode.BadRequest);
        await CallAsync(node, "GET /problems/{name}", "nonsense", wanted: HttpStatusCode.NotFound);
        await CallAsync(node, "DELETE /members/{id}", Unknown, wanted: HttpStatusCode.BadRequest);
        await CallAsync(node, "POST /drain", "?leave=maybe", wanted: HttpStatusCode.BadRequest);
    }

    /// <summary>At the end the node is alone with another and drains.</summary>
    private async Task UseMembersAsync(ClusterFixture cluster, NodeProcess node)
    {
        await CallAsync(node, "POST /transfer");
        IReadOnlyList<ClusterMember> members = await cluster.MembersAsync(
            "a leader", list => list.Any(member => member.Role == "leader"));
        string other = members.First(
            member => member.Role == "voter" && member.Address != node.ClusterAddress).Id;
        await CallAsync(node, "POST /members/{id}/promote", other);
        await CallAsync(node, "POST /members/{id}/release", other);
        await CallAsync(node, "DELETE /members/{id}", other);
        await CallAsync(node, "POST /drain", "", wanted: HttpStatusCode.Accepted);
    }

    private async Task<string> EnqueueAsync(NodeProcess node, string call, string query, HttpContent body)
    {
        using JsonDocument answer = JsonDocument.Parse(await CallAsync(node, call, query, body));
        return answer.RootElement.GetProperty("id").GetString()!;
    }

    /// <summary>Gives the answer, unless it has no end.</summary>
    private async Task<string> CallAsync(
        NodeProcess node,
        string call,
        string rest = "",
        HttpContent? body = null,
        HttpStatusCode wanted = HttpStatusCode.OK)
    {
        _called.Add(call);
        string[] parts = call.Split(' ');
        string[] path = parts[1].Split('{', '}');
        string target = path.Length == 1 ? path[0] + rest : path[0] + rest + path[2];
        using var request = new HttpRequestMessage(new HttpMethod(parts[0]), new Uri(node.Api.Address, target));
        request.Content = body;
        using HttpResponseMessage response =
            await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        bool isText = response.Content.Headers.ContentType?.MediaType is not ("text/event-stream"
            or "application/octet-stream");
        string text = isText ? await response.Content.ReadAsStringAsync() : "";
        Assert.True(wanted == response.StatusCode, $"{call} {rest}: {(int)response.StatusCode} {text}");
        return text;
    }

    private static ByteArrayContent Raw(string text) => new(Encoding.UTF8.GetBytes(text));

    private static MultipartFormDataContent FormOf() => new() { { Raw("in a form"), "data", "file" } };
}
