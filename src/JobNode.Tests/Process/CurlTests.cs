using System.Text.Json;
using JobNode.Tests.Support;

namespace JobNode.Tests.Processes;

/// <summary>The lines of README.md and docs/http.md, typed into the real curl.</summary>
[Collection(ProcessCollection.Name)]
[Trait("Tier", "Process")]
public sealed class CurlTests
{
    private const int DummyBytes = 100_000;

    [Fact]
    public async Task Both_curl_forms_give_the_right_result()
    {
        await using NodeProcess node = new();
        await node.StartAndWaitAsync();
        using TemporaryFolder folder = new();
        byte[] dummy = HashChain.Body(DummyBytes);
        string file = folder.PathOf("dummy");
        await File.WriteAllBytesAsync(file, dummy);
        string enqueue = $"http://{node.ApiAddress}/enqueue?iterations=3";

        string[] ids =
        [
            await EnqueueAsync("-X", "PUT", enqueue, "-F", $"data=@{file}"),
            await EnqueueAsync(enqueue, "-F", $"data=@{file}", "-X", "PUT"),
            await EnqueueAsync("-X", "PUT", enqueue, "-F", $"file=@{file}"),
            await EnqueueAsync("-X", "PUT", enqueue, "--data-binary", $"@{file}"),
            await EnqueueAsync("-X", "POST", enqueue, "--data-binary", $"@{file}"),
            await EnqueueAsync("-T", file, enqueue),
            await EnqueueAsync("-X", "PUT", "--http2-prior-knowledge", enqueue, "-F", $"data=@{file}"),
        ];

        List<FinishedJob> pulled = await PullAllAsync(node, ids.Length);
        Assert.Equal(ids.Order(), pulled.Select(job => job.Id).Order());
        string right = HashChain.Result(dummy, 3);
        Assert.All(pulled, job => Assert.Equal((right, 3UL), (job.Result, job.Iterations)));
    }

    [Fact]
    public async Task An_empty_body_is_a_job()
    {
        await using NodeProcess node = new();
        await node.StartAndWaitAsync();
        string enqueue = $"http://{node.ApiAddress}/enqueue?iterations=1";
        string id = await EnqueueAsync("-X", "PUT", enqueue, "--data-binary", "");
        FinishedJob job = Assert.Single(await PullAllAsync(node, 1));
        Assert.Equal((id, HashChain.Result([], 1)), (job.Id, job.Result));
    }

    private static async Task<string> EnqueueAsync(params string[] arguments)
    {
        CommandRun run = await Curl.RunAsync(arguments);
        Assert.True(run.ExitCode == 0, run.ToString());
        using JsonDocument answer = JsonDocument.Parse(run.Output);
        return answer.RootElement.GetProperty("id").GetString()!;
    }

    private static async Task<List<FinishedJob>> PullAllAsync(NodeProcess node, int count)
    {
        List<FinishedJob> pulled = [];
        for (int attempt = 0; pulled.Count < count && attempt < 200; attempt++)
        {
            CommandRun run = await Curl.RunAsync("-X", "POST", $"http://{node.ApiAddress}/pullCompleted?top=10");
            using JsonDocument answer = JsonDocument.Parse(run.Output);
            pulled.AddRange(answer.RootElement.EnumerateArray().Select(job => new FinishedJob(
                job.GetProperty("id").GetString()!,
                job.GetProperty("result").GetString()!,
                job.GetProperty("iterations").GetUInt64())));
            await Task.Delay(20);
        }

        return pulled;
    }
}
