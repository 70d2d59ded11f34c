using System.Text.Json;
using JobNode.Tests.Support;

namespace JobNode.Tests.Processes;

/// <summary>Requests that cannot be served are answered with a problem that says what to send.</summary>
[Collection(ProcessCollection.Name)]
[Trait("Tier", "Process")]
public sealed class WrongRequestTests(SingleNodeFixture fixture) : IClassFixture<SingleNodeFixture>
{
    [Theory]
    [InlineData("PUT", "/enqueue", 400)]
    [InlineData("PUT", "/enqueue?iterations=0", 400)]
    [InlineData("PUT", "/enqueue?iterations=-1", 400)]
    [InlineData("PUT", "/enqueue?iterations=many", 400)]
    [InlineData("PUT", "/enqueue?iterations=10000000000000000001", 400)]
    [InlineData("POST", "/pullCompleted", 400)]
    [InlineData("POST", "/pullCompleted?top=0", 400)]
    [InlineData("POST", "/pullCompleted?top=99999999999", 400)]
    [InlineData("GET", "/jobs/00000000-0000-7000-8000-000000000000", 404)]
    [InlineData("GET", "/enqueue?iterations=1", 405)]
    [InlineData("GET", "/nowhere", 404)]
    public async Task A_wrong_request_is_told_what_to_send(string method, string path, int status)
    {
        string url = $"http://{fixture.Node.ApiAddress}{path}";
        CommandRun run = await Curl.RunAsync(
            "-X", method, "--data-binary", "", "-w", "\n%{http_code} %{content_type}", url);
        string[] lines = run.Output.Split('\n');
        Assert.Equal($"{status} application/problem+json", lines[^1]);
        using JsonDocument problem = JsonDocument.Parse(string.Join('\n', lines[..^1]));
        Assert.NotEqual("", problem.RootElement.GetProperty("type").GetString());
        Assert.NotEqual("", problem.RootElement.GetProperty("detail").GetString());
    }
}
