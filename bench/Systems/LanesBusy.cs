using System.Diagnostics;
using System.Text.Json;

namespace JobNode.Bench.Systems;

/// <summary>
/// With 64 long jobs on one node: how much of the raw kernel rate reaches the jobs, and how fast is enqueue meanwhile?
/// </summary>
internal static class LanesBusy
{
    private const int Jobs = 64;
    private const ulong Iterations = 50_000_000_000;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Measures, in turns: kernel, jobs, kernel, jobs, kernel. Prints one line per turn and the medians.
    /// </summary>
    public static async Task RunAsync(string binary)
    {
        var raw = new List<double>();
        var finished = new List<double>();
        var latenciesMs = new List<double>();
        for (int round = 0; round < 3; round++)
        {
            raw.Add(RawRate(binary));
            finished.Add(await FinishedRateAsync(binary, latenciesMs));
            Console.WriteLine($"round {round}: bench hash {raw[^1] / 1e6:F1} M/s, jobs {finished[^1] / 1e6:F1} M/s, "
                + $"ratio {finished[^1] / raw[^1]:P1}");
        }

        latenciesMs.Sort();
        double ratio = finished.Zip(raw, static (jobs, kernel) => jobs / kernel).Order().ElementAt(1);
        double below = (double)latenciesMs.Count(static ms => ms < 50) / latenciesMs.Count;
        Console.WriteLine($"jobs over bench hash on {Environment.ProcessorCount} cores, median of 3: {ratio:P1}");
        Console.WriteLine($"enqueue meanwhile, {latenciesMs.Count} calls: {below:P2} below 50 ms, "
            + $"median {At(latenciesMs, 0.5):F2} ms, p95 {At(latenciesMs, 0.95):F2} ms, "
            + $"p99 {At(latenciesMs, 0.99):F2} ms, longest {latenciesMs[^1]:F1} ms");
    }

    private static double At(List<double> sorted, double quantile) => sorted[(int)(quantile * (sorted.Count - 1))];

    /// <summary>All threads together: what <c>bench hash</c> says per core, times the cores.</summary>
    private static double RawRate(string binary)
    {
        int cores = Environment.ProcessorCount;
        var start = new ProcessStartInfo(binary, ["bench", "hash", "--json", "--seconds", "3", "--threads", $"{cores}"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        };
        using Process process = Process.Start(start)!;
        using JsonDocument report = JsonDocument.Parse(process.StandardOutput.ReadToEnd());
        double best = 0;
        foreach (JsonElement row in report.RootElement.GetProperty("rows").EnumerateArray())
        {
            if (row.GetProperty("iterationsPerSecond") is { ValueKind: JsonValueKind.Number } rate)
            {
                best = Math.Max(best, rate.GetDouble());
            }
        }

        return best * cores;
    }

    private static async Task<double> FinishedRateAsync(string binary, List<double> latenciesMs)
    {
        using var node = new NodeUnderTest(binary);
        await node.StartAsync();
        var ids = new List<string>();
        for (int job = 0; job < Jobs; job++)
        {
            ids.Add(await EnqueueAsync(node, $"long {job}", Iterations));
        }

        await Task.Delay(WarmUp);
        long startedAt = Stopwatch.GetTimestamp();
        double before = await DoneAsync(node, ids);
        while (Stopwatch.GetElapsedTime(startedAt) < Window)
        {
            long call = Stopwatch.GetTimestamp();
            await EnqueueAsync(node, "short", 1);
            latenciesMs.Add(Stopwatch.GetElapsedTime(call).TotalMilliseconds);
            await Task.Delay(100);
        }

        double seconds = Stopwatch.GetElapsedTime(startedAt).TotalSeconds;
        return (await DoneAsync(node, ids) - before) / seconds;
    }

    /// <summary>
    /// Iterations that all the jobs together stand at, as the API tells them (about half a second old).
    /// </summary>
    private static async Task<double> DoneAsync(NodeUnderTest node, List<string> ids)
    {
        double sum = 0;
        foreach (string id in ids)
        {
            sum += (await node.GetAsync($"/jobs/{id}")).GetProperty("iterationsDone").GetDouble();
        }

        return sum;
    }

    private static async Task<string> EnqueueAsync(NodeUnderTest node, string body, ulong iterations)
    {
        using var content = new StringContent(body);
        using HttpResponseMessage answer = await node.Http.PutAsync($"/enqueue?iterations={iterations}", content);
        answer.EnsureSuccessStatusCode();
        using JsonDocument json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        return json.RootElement.GetProperty("id").GetString()!;
    }
}
