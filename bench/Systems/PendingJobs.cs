using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace JobNode.Bench.Systems;

/// <summary>A million pending jobs on one node: memory per job, bytes on disk, time to restart after kill -9.</summary>
internal static class PendingJobs
{
    private const int Jobs = 1_000_000;
    private const int JobsPerRequest = 50_000;

    /// <summary>Measures and prints.</summary>
    public static async Task RunAsync(string binary)
    {
        using var node = new NodeUnderTest(binary, "--workers", "0");
        TimeSpan emptyStart = await node.StartAsync();
        long idleBytes = node.ResidentBytes;
        Console.WriteLine($"empty: ready in {emptyStart.TotalMilliseconds:F0} ms, {idleBytes >> 20} MiB resident");

        long startedAt = Stopwatch.GetTimestamp();
        for (int first = 0; first < Jobs; first += JobsPerRequest)
        {
            await SendAsync(node, first);
        }

        double seconds = Stopwatch.GetElapsedTime(startedAt).TotalSeconds;
        Console.WriteLine(
            $"{Jobs:N0} jobs through POST /jobs in {seconds:F1} s: {Jobs / seconds:N0} a second, durable");
        await Task.Delay(TimeSpan.FromSeconds(5));
        PrintMemory("after sending", node, idleBytes);

        for (int round = 0; round < 3; round++)
        {
            node.Kill();
            TimeSpan restart = await node.StartAsync();
            Console.WriteLine($"restart after kill -9, {node.DiskBytes >> 20} MiB on disk: ready in "
                + $"{restart.TotalSeconds:F2} s, "
                + $"{(await node.GetAsync("/status")).GetProperty("queue").GetProperty("pending")} pending");
        }

        PrintMemory("after the last restart", node, idleBytes);
    }

    private static void PrintMemory(string when, NodeUnderTest node, long idleBytes)
    {
        long bytes = node.ResidentBytes;
        Console.WriteLine(
            $"{when}: {bytes >> 20} MiB resident, {(bytes - idleBytes) / (double)Jobs:F0} bytes a job above idle");
    }

    private static async Task SendAsync(NodeUnderTest node, int first)
    {
        var lines = new StringBuilder();
        for (int job = first; job < first + JobsPerRequest; job++)
        {
            lines.Append("{\"text\":\"").Append(job).Append("\",\"iterations\":1000}\n");
        }

        using var content = new StringContent(lines.ToString());
        content.Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
        using HttpResponseMessage answer = await node.Http.PostAsync("/jobs", content);
        string text = await answer.Content.ReadAsStringAsync();
        int accepted = text.Split('\n').Count(static line => line.StartsWith("{\"id\"", StringComparison.Ordinal));
        if (answer.StatusCode != HttpStatusCode.OK || accepted != JobsPerRequest)
        {
            throw new InvalidOperationException(
                $"{(int)answer.StatusCode}: {accepted} accepted: {text[..Math.Min(500, text.Length)]}");
        }
    }
}
