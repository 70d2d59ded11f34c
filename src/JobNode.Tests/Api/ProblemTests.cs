using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using JobNode.Commands;

namespace JobNode.Tests.Api;

/// <summary>Every way a call can be wrong is a problem+json that says what to send.</summary>
public sealed class ProblemTests
{
    private const string Form = "multipart/form-data; boundary=xx";

    [Theory]
    [InlineData("PUT", "/enqueue", 400, "iterations-missing", "curl -X PUT")]
    [InlineData("PUT", "/enqueue?iterations=", 400, "iterations-invalid", "from 1 to 10000000000000000000")]
    [InlineData("PUT", "/enqueue?iterations=0", 400, "iterations-invalid", "from 1 to 10000000000000000000")]
    [InlineData("PUT", "/enqueue?iterations=-3", 400, "iterations-invalid", "not a positive whole number")]
    [InlineData("PUT", "/enqueue?iterations=abc", 400, "iterations-invalid", "not a positive whole number")]
    [InlineData("PUT", "/enqueue?iterations=1.5", 400, "iterations-invalid", "not a positive whole number")]
    [InlineData("PUT", "/enqueue?iterations=10000000000000000001", 400, "iterations-invalid", "from 1 to")]
    [InlineData("PUT", "/enqueue?iterations=99999999999999999999999", 400, "iterations-invalid", "over the limit")]
    [InlineData("PUT", "/enqueue?iterations=1&iterations=2", 400, "iterations-invalid", "more than once")]
    [InlineData("PUT", "/enqueue?iterations=1&priority=10", 400, "priority-invalid", "from 0 to 9")]
    [InlineData("PUT", "/enqueue?iterations=1&priority=x", 400, "priority-invalid", "from 0 to 9")]
    [InlineData("POST", "/pullCompleted", 400, "top-missing", "curl -X POST")]
    [InlineData("POST", "/pullCompleted?top=0", 400, "top-invalid", "from 1 to 4096")]
    [InlineData("POST", "/pullCompleted?top=-1", 400, "top-invalid", "from 1 to 4096")]
    [InlineData("POST", "/pullCompleted?top=abc", 400, "top-invalid", "from 1 to 4096")]
    [InlineData("POST", "/pullCompleted?top=4097", 400, "top-invalid", "from 1 to 4096")]
    [InlineData("POST", "/pullCompleted?top=1&order=best", 400, "order-invalid", "oldest")]
    [InlineData("GET", "/jobs/not-an-id", 400, "job-id-invalid", "UUID")]
    [InlineData("GET", "/jobs/0198c0de-0000-7000-8000-000000000000", 404, "job-unknown", "retention")]
    [InlineData("DELETE", "/jobs/0198c0de-0000-7000-8000-000000000000", 404, "job-unknown", "retention")]
    [InlineData("DELETE", "/jobs/zzz", 400, "job-id-invalid", "UUID")]
    [InlineData("GET", "/jobs/0198c0de-0000-7000-8000-000000000000?wait=soon", 400, "wait-invalid", "30s")]
    [InlineData("GET", "/jobs/0198c0de-0000-7000-8000-000000000000?wait=1000s", 400, "wait-invalid", "at most 300s")]
    [InlineData("GET", "/jobs?state=running", 400, "page-invalid", "pending")]
    [InlineData("GET", "/jobs?limit=0", 400, "page-invalid", "from 1 to 1000")]
    [InlineData("GET", "/jobs?cursor=nonsense!", 400, "page-invalid", "leave it out")]
    [InlineData("GET", "/enqueue?iterations=1", 405, "method-not-allowed", "PUT or POST")]
    [InlineData("GET", "/pullCompleted?top=1", 405, "method-not-allowed", "send POST")]
    [InlineData("PUT", "/jobs", 405, "method-not-allowed", "GET")]
    [InlineData("PATCH", "/jobs/abc", 405, "method-not-allowed", "DELETE")]
    [InlineData("POST", "/status", 405, "method-not-allowed", "send GET")]
    [InlineData("GET", "/nowhere", 404, "path-unknown", "/enqueue")]
    [InlineData("GET", "/jobs/a/b", 404, "path-unknown", "/enqueue")]
    public async Task A_wrong_call_says_what_to_send(string method, string path, int status, string type, string hint)
    {
        await using ApiHost host = await ApiHost.StartAsync();
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Content = method is "GET" ? null : new ByteArrayContent("body"u8.ToArray());
        using HttpResponseMessage response = await host.Client.SendAsync(request);
        await AssertProblemAsync(response, status, type, hint);
        Assert.Equal(0,
            host.Cluster.Proposals - (path.Contains("0198", StringComparison.Ordinal) && method == "DELETE" ? 1 : 0));
    }

    [Fact]
    public async Task A_wrong_method_names_the_allowed_ones()
    {
        await using ApiHost host = await ApiHost.StartAsync();
        using HttpResponseMessage response = await host.Client.PutAsync("/jobs", null);
        Assert.Equal(["GET", "POST"], response.Content.Headers.Allow.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("multipart/form-data", "x", "multipart-malformed", "boundary")]
    [InlineData(Form, "--xx\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\nhi\r\n--xx--\r\n",
        "body-field-missing", "data")]
    [InlineData(Form, "--xx--\r\n", "body-field-missing", "data")]
    [InlineData(Form, "--xx\r\nContent-Disposition: form-data; name=\"data\"\r\n\r\nhi", "body-truncated",
        "closing boundary")]
    [InlineData(Form, "--xx\r\nContent-Disposition: form-data; name=\"data\"\r\n\r\nhi\r\n--xx", "body-truncated",
        "closing boundary")]
    [InlineData(Form, "--xx\r\nno colon here\r\n\r\nhi\r\n--xx--\r\n", "multipart-malformed", "curl -X PUT")]
    [InlineData(Form, "nothing like a form", "body-truncated", "closing boundary")]
    [InlineData(Form, "", "body-truncated", "closing boundary")]
    public async Task A_wrong_form_says_what_to_send(string contentType, string body, string type, string hint)
    {
        await using ApiHost host = await ApiHost.StartAsync();
        var content = new ByteArrayContent(Encoding.ASCII.GetBytes(body));
        content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        using HttpResponseMessage response = await host.PutAsync(content, "iterations=3");
        await AssertProblemAsync(response, 400, type, hint);
        Assert.Equal(0, host.Cluster.Proposals);
    }

    [Theory]
    [InlineData("QueueFull", 507, "queue-full", true)]
    [InlineData("NotLeader", 503, "no-quorum", true)]
    [InlineData("OutcomeUnknown", 503, "outcome-unknown", true)]
    [InlineData("Overloaded", 429, "overloaded", true)]
    [InlineData("Stopping", 503, "node-stopping", true)]
    [InlineData("IdempotencyKeyReused", 422, "idempotency-key-reused", false)]
    public async Task A_refused_command_has_its_status(string code, int status, string type, bool canRetry)
    {
        await using ApiHost host = await ApiHost.StartAsync();
        host.Cluster.Refuses = Enum.Parse<ResultCode>(code);
        using HttpResponseMessage response = await host.PutAsync(new ByteArrayContent([1]), "iterations=3");
        await AssertProblemAsync(response, status, type, "");
        Assert.Equal(canRetry, response.Headers.RetryAfter is not null);
    }

    [Fact]
    public async Task Without_a_quorum_reads_and_the_readiness_probe_say_so()
    {
        await using ApiHost host = await ApiHost.StartAsync();
        string id = await host.EnqueueAsync([1]);
        host.Cluster.HasQuorum = false;
        host.Cluster.LoseLeader();
        await AssertProblemAsync(await host.Client.GetAsync($"/jobs/{id}"), 503, "no-quorum", "majority");
        HttpResponseMessage ready = await host.Client.GetAsync("/readyz");
        await AssertProblemAsync(ready, 503, "no-quorum", "majority");
        Assert.Equal("none", Assert.Single(ready.Headers.GetValues("Jobnode-Leader")));
        Assert.Equal(HttpStatusCode.OK, (await host.Client.GetAsync("/livez")).StatusCode);
    }

    [Theory]
    [InlineData(256)]
    [InlineData(0)]
    public async Task A_bad_idempotency_key_is_refused(int length)
    {
        await using ApiHost host = await ApiHost.StartAsync();
        using HttpResponseMessage response = await host.PutAsync(
            new ByteArrayContent([1]), "iterations=3", new string('k', length));
        await AssertProblemAsync(response, 400, "idempotency-key-invalid", "1 to 255");
    }

    [Fact]
    public async Task An_idempotency_key_with_other_content_is_refused()
    {
        await using ApiHost host = await ApiHost.StartAsync();
        string first = await host.EnqueueAsync([1], key: "k");
        Assert.Equal(first, await host.EnqueueAsync([1], key: "k"));
        using HttpResponseMessage other = await host.PutAsync(new ByteArrayContent([2]), "iterations=3", "k");
        await AssertProblemAsync(other, 422, "idempotency-key-reused", "new key");
    }

    [Fact]
    public async Task A_finished_job_cannot_be_cancelled()
    {
        await using ApiHost host = await ApiHost.StartAsync();
        string id = await host.EnqueueAsync([1], "iterations=1");
        await AssertProblemAsync(await host.Client.DeleteAsync($"/jobs/{id}"), 409, "already-finished", "GET /jobs/");
    }

    [Theory]
    [InlineData("Content-Length: 1000\r\n\r\nonly this")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n100\r\nonly this")]
    [InlineData("Content-Type: multipart/form-data; boundary=xx\r\nContent-Length: 1000\r\n\r\n--xx\r\n"
        + "Content-Disposition: form-data; name=\"data\"\r\n\r\nonly this")]
    public async Task A_body_cut_off_by_the_client_enqueues_nothing(string rest)
    {
        await using ApiHost host = await ApiHost.StartAsync();
        using var socket = new TcpClient("127.0.0.1", host.Port);
        NetworkStream stream = socket.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"PUT /enqueue?iterations=3 HTTP/1.1\r\nHost: x\r\n{rest}"));
        socket.Client.Shutdown(SocketShutdown.Send);
        using var reader = new StreamReader(stream);
        string answer;
        try
        {
            answer = await reader.ReadToEndAsync();
        }
        catch (IOException)
        {
            // Kestrel takes a client that stops sending for one that left, and may reset the connection.
            answer = "";
        }

        Assert.True(answer.Length == 0 || answer.StartsWith("HTTP/1.1 400", StringComparison.Ordinal), answer);
        Assert.Equal(0, host.Cluster.Proposals);
        Assert.Empty((await host.GetAsync("/jobs")).GetProperty("jobs").EnumerateArray());
    }

    [Fact]
    public async Task A_body_with_broken_chunks_is_a_problem()
    {
        await using ApiHost host = await ApiHost.StartAsync();
        using var socket = new TcpClient("127.0.0.1", host.Port);
        await socket.GetStream().WriteAsync(
            "PUT /enqueue?iterations=3 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"u8.ToArray());
        using var reader = new StreamReader(socket.GetStream());
        Assert.StartsWith("HTTP/1.1 400", await reader.ReadLineAsync(), StringComparison.Ordinal);
        Assert.Equal(0, host.Cluster.Proposals);
    }

    internal static async Task AssertProblemAsync(HttpResponseMessage response, int status, string type, string hint)
    {
        string text = await response.Content.ReadAsStringAsync();
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        JsonElement problem = JsonDocument.Parse(text).RootElement;
        Assert.Equal($"/problems/{type}", problem.GetProperty("type").GetString());
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(status, problem.GetProperty("status").GetInt32());
        Assert.Contains(hint, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.EndsWith(".", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal("127.0.0.1:5001", problem.GetProperty("node").GetString());
        Assert.Equal("127.0.0.1:5001", Assert.Single(response.Headers.GetValues("Jobnode-Node")));
        Assert.NotEmpty(Assert.Single(response.Headers.GetValues("Jobnode-Leader")));
    }
}
