using System.Net;
using System.Net.Http.Headers;
using JobNode.Api;
using JobNode.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace JobNode.Tests.Api;

/// <summary>Who may call what.</summary>
public sealed class AccessTests : IDisposable
{
    private const string Job = "0198c0de-0000-7000-8000-000000000000";

    private static readonly Dictionary<string, string> Tokens = new(StringComparer.Ordinal)
    {
        ["enqueue"] = "token-that-may-enqueue",
        ["pull"] = "token-that-may-pull",
        ["both"] = "token-that-may-do-both",
        ["admin"] = "token-that-may-do-all",
    };

    private readonly TemporaryFolder _folder = new();

    /// <summary>
    /// The table: each call, and who may make it. "all" is everybody, also without a token; "any" is any token.
    /// </summary>
    private static readonly (string Call, string Allowed)[] Table =
    [
        ("PUT /enqueue", "enqueue both admin"),
        ("POST /enqueue", "enqueue both admin"),
        ("POST /jobs", "enqueue both admin"),
        ("DELETE /jobs/{id}", "enqueue both admin"),
        ("POST /pullCompleted", "pull both admin"),
        ("GET /jobs", "any"),
        ("GET /jobs/{id}", "any"),
        ("GET /status", "any"),
        ("GET /events", "any"),
        ("GET /metrics", "any"),
        ("GET /members", "any"),
        ("GET /livez", "all"),
        ("GET /readyz", "all"),
        ("GET /openapi.json", "all"),
        ("GET /problems", "all"),
        ("GET /problems/{name}", "all"),
        ("GET /", "all"),
        ("DELETE /members/{id}", "admin"),
        ("POST /members/{id}/promote", "admin"),
        ("POST /members/{id}/release", "admin"),
        ("POST /transfer", "admin"),
        ("POST /drain", "admin"),
        ("GET /backup", "admin"),
    ];

    [Fact]
    public async Task Each_call_is_answered_to_exactly_the_tokens_of_the_table()
    {
        await using ApiHost host = await ApiHost.StartAsync(
            security: new SecurityOptions { ApiTokenFile = WriteTokens() });
        foreach ((string call, string allowed) in Table.Where(row => Routes().Contains(row.Call)))
        {
            foreach (string who in (string[])["nobody", "stranger", .. Tokens.Keys])
            {
                bool mayCall = allowed switch
                {
                    "all" => true,
                    "any" => Tokens.ContainsKey(who),
                    _ => allowed.Split(' ').Contains(who),
                };
                HttpStatusCode? refused = mayCall ? null
                    : Tokens.ContainsKey(who) ? HttpStatusCode.Forbidden : HttpStatusCode.Unauthorized;
                using HttpResponseMessage response = await CallAsync(host, call, who);
                HttpStatusCode? answered =
                    response.StatusCode is HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized
                        ? response.StatusCode
                        : null;
                Assert.True(refused == answered, $"{call} by {who}: {response.StatusCode}, expected {refused}");
                AssertSays(response, answered);
            }
        }
    }

    [Fact]
    public void The_table_has_every_route()
    {
        IEnumerable<string> known = Table.Select(row => row.Call);
        Assert.Empty(Routes().Except(known));
    }

    [Fact]
    public async Task A_refused_upload_changes_nothing_and_says_what_to_do()
    {
        await using ApiHost host = await ApiHost.StartAsync(
            security: new SecurityOptions { ApiTokenFile = WriteTokens() });
        using HttpResponseMessage none = await host.PutAsync(new ByteArrayContent(new byte[100_000]), "iterations=1");
        await ProblemTests.AssertProblemAsync(none, 401, "token-needed", "--token-file");
        using HttpResponseMessage wrong = await CallAsync(host, "PUT /enqueue", "pull");
        await ProblemTests.AssertProblemAsync(wrong, 403, "forbidden", "scope enqueue");
        Assert.Equal(0, host.Cluster.Proposals);
    }

    [Fact]
    public async Task Changed_tokens_count_without_a_restart()
    {
        string file = WriteTokens();
        await using ApiHost host = await ApiHost.StartAsync(security: new SecurityOptions { ApiTokenFile = file });
        File.WriteAllText(file, "a-new-token-instead admin\n");
        HttpStatusCode last = HttpStatusCode.OK;
        for (int i = 0; i < 1000 && last == HttpStatusCode.OK; i++)
        {
            await Task.Delay(10);
            using HttpResponseMessage response = await CallAsync(host, "GET /status", "admin");
            last = response.StatusCode;
        }

        Assert.Equal(HttpStatusCode.Unauthorized, last);
    }

    [Theory]
    [InlineData("token-that-may-pull", "line 2: it has no scope")]
    [InlineData("token-that-may-pull read", "line 2: one of its scopes is not known")]
    [InlineData("token-that-may-pull pull,", "line 2: one of its scopes is not known")]
    [InlineData("short pull", "line 2: a token has 16 to 256 characters")]
    [InlineData("first-token-of-the-file pull", "line 2: the token is that of line 1")]
    public async Task A_wrong_line_is_named_and_no_token_is_shown(string line, string hint)
    {
        string file = _folder.PathOf("tokens");
        await File.WriteAllTextAsync(file, $"first-token-of-the-file enqueue,pull for a test\n{line}\n");
        IOException error = Assert.Throws<IOException>(() => ApiTokens.Read(file));
        Assert.Contains(hint, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("first-token", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("token-that", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1:5000", "", true)]
    [InlineData("::1", "localhost:5000", "", true)]
    [InlineData("::ffff:127.0.0.1", "[::1]:5000", "", true)]
    [InlineData("127.0.0.1", "127.0.0.1:5000", "http://127.0.0.1:5000", true)]
    [InlineData("127.0.0.1", "127.0.0.1:5000", "https://evil.example", false)]
    [InlineData("127.0.0.1", "evil.example:5000", "", false)]
    [InlineData("10.0.0.7", "10.0.0.1:5000", "", false)]
    public void Without_tokens_admin_calls_are_for_programs_of_the_machine_itself(
        string remote, string host, string origin, bool isAllowed)
    {
        var context = new DefaultHttpContext();
        context.Connection.RemoteIpAddress = IPAddress.Parse(remote);
        context.Request.Host = new HostString(host);
        context.Request.Headers.Origin = origin;
        Assert.Equal(isAllowed, ApiAccess.WithoutTokens.Judge(context, ApiScope.Admin) is null);
        Assert.Null(ApiAccess.WithoutTokens.Judge(context, ApiScope.Pull));
    }

    [Fact]
    public async Task The_api_speaks_https_with_both_versions_of_http()
    {
        using var certificates = new CertificateFolder();
        var options = new SecurityOptions { Api = certificates.Make("a") };
        await using ApiHost host = await ApiHost.StartAsync(security: options);
        foreach (Version version in (Version[])[HttpVersion.Version11, HttpVersion.Version20])
        {
            using var client = new HttpClient(new SocketsHttpHandler
            {
                SslOptions =
                {
                    CertificateChainPolicy = JobNode.Security.PeerCertificate.Policy(
                        JobNode.Security.TlsMaterial.ReadCertificates(
                            "ca", await File.ReadAllTextAsync(certificates.Authority)),
                        JobNode.Security.PeerSide.Server),
                },
            });
            using var request = new HttpRequestMessage(HttpMethod.Get, $"https://127.0.0.1:{host.Port}/status")
            {
                Version = version,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            };
            using HttpResponseMessage response = await client.SendAsync(request);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Equal(version, response.Version);
        }

        await Assert.ThrowsAsync<HttpRequestException>(() => host.Client.GetAsync("/status"));
    }

    public void Dispose() => _folder.Dispose();

    private static HashSet<string> Routes() =>
    [
        .. ApiServer.Routes(null!, null!, null!, null!, null!, null!)
            .SelectMany(route => route.Methods.Select(method => $"{method} {route.Template}")),
    ];

    private static async Task<HttpResponseMessage> CallAsync(ApiHost host, string call, string who)
    {
        string[] parts = call.Split(' ');
        string path = parts[1].Replace("{id}", Job, StringComparison.Ordinal).Replace("{name}", "forbidden");
        using var request = new HttpRequestMessage(new HttpMethod(parts[0]), path);
        if (who != "nobody")
        {
            request.Headers.Authorization = new AuthenticationHeaderValue(
                "Bearer", Tokens.GetValueOrDefault(who, "a-token-of-another-cluster"));
        }

        return await host.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    private static void AssertSays(HttpResponseMessage response, HttpStatusCode? refused)
    {
        string? type = response.Content.Headers.ContentType?.MediaType;
        if (refused is null)
        {
            return;
        }

        Assert.Equal("application/problem+json", type);
        Assert.Equal("Bearer", Assert.Single(response.Headers.WwwAuthenticate).Scheme);
    }

    private string WriteTokens()
    {
        string file = _folder.PathOf("tokens");
        File.WriteAllText(
            file,
            $"""
            # who may do what
            {Tokens["enqueue"]} enqueue the web shop
            {Tokens["pull"]}    pull

            {Tokens["both"]} enqueue,pull
            {Tokens["admin"]} admin operators

            """);
        return file;
    }
}
