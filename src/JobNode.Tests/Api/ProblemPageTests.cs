using System.Net;
using JobNode.Api;

namespace JobNode.Tests.Api;

/// <summary>What a problem is, told at the path that its type is.</summary>
public sealed class ProblemPageTests
{
    [Fact]
    public async Task Each_type_is_the_path_of_a_page_about_it_for_programs_and_browsers_without_a_token()
    {
        await using ApiHost host = await ApiHost.StartAsync();
        foreach (ProblemKind kind in Problems.All)
        {
            string text = await GetAsync(host, kind.Type, "*/*", "text/plain");
            Assert.StartsWith($"# {kind.Title}\n", text, StringComparison.Ordinal);
            string page = await GetAsync(host, kind.Type, "text/html,application/xhtml+xml;q=0.9", "text/html");
            Assert.Contains($"<h1>{kind.Title}</h1>", page, StringComparison.Ordinal);
            foreach (string part in (string[])[kind.Type, $"{kind.Status}", kind.Meaning, kind.Remedy])
            {
                Assert.Contains(part, text, StringComparison.Ordinal);
                Assert.Contains(part, page, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task The_list_has_every_type()
    {
        await using ApiHost host = await ApiHost.StartAsync();
        string text = await GetAsync(host, "/problems", "*/*", "text/plain");
        string page = await GetAsync(host, "/problems", "text/html", "text/html");
        Assert.All(Problems.All, kind => Assert.Contains($"\n- Type: {kind.Type}\n", text, StringComparison.Ordinal));
        Assert.All(Problems.All, kind => Assert.Contains($"<a href=\"{kind.Type}\">", page, StringComparison.Ordinal));
        Assert.Equal(ProblemPages.Text(), text);
    }

    [Theory]
    [InlineData("/problems/nonsense")]
    [InlineData("/problems/queue-full/more")]
    [InlineData("/problems/Queue-Full")]
    public async Task An_unknown_type_is_an_unknown_path(string path)
    {
        await using ApiHost host = await ApiHost.StartAsync();
        using HttpResponseMessage response = await host.Client.GetAsync(path);
        await ProblemTests.AssertProblemAsync(response, 404, "path-unknown", "GET");
    }

    [Fact]
    public async Task A_node_that_starts_tells_what_starting_means()
    {
        await using ApiHost host = await ApiHost.StartClosedAsync();
        string text = await GetAsync(host, Problems.Starting.Type, "*/*", "text/plain");
        Assert.StartsWith("# Node starting\n", text, StringComparison.Ordinal);
        using HttpResponseMessage unknown = await host.Client.GetAsync("/problems/nonsense");
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
    }

    [Fact]
    public void The_table_is_in_order_and_its_texts_need_no_escaping()
    {
        Assert.Equal(Problems.All.OrderBy(kind => kind.Status), Problems.All);
        Assert.Equal(Problems.All.Count, Problems.All.Select(kind => kind.Type).Distinct().Count());
        Assert.Equal(Problems.All.Count, Problems.All.Select(kind => kind.Title).Distinct().Count());
        foreach (ProblemKind kind in Problems.All)
        {
            string texts = kind.Name + kind.Title + kind.Meaning + kind.Remedy;
            Assert.DoesNotContain(texts, sign => sign is '<' or '>' or '&' or '"' or > '~');
            Assert.EndsWith(".", kind.Meaning, StringComparison.Ordinal);
            Assert.EndsWith(".", kind.Remedy, StringComparison.Ordinal);
            Assert.False(
                kind.RetryAfterSeconds is not null && kind.Retry == RetrySafety.Pointless,
                $"{kind.Name} says when to try again, and that it is no use");
        }
    }

    private static async Task<string> GetAsync(ApiHost host, string path, string accept, string type)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("Accept", accept);
        using HttpResponseMessage response = await host.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(type, response.Content.Headers.ContentType?.MediaType);
        Assert.Contains("Accept", response.Headers.Vary);
        return await response.Content.ReadAsStringAsync();
    }
}
