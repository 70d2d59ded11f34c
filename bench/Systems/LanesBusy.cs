using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace JobNode.Bench.Systems;

/// <summary>
/// How much of the raw kernel rate do finished jobs get, with lanes full? A queue of jobs of one length on one node
/// with all cores, the kernel alone before and after each; in turns, so that what the neighbours do hits both.
/// </summary>
internal static class LanesBusy
{
    /// <summary>Seconds that a queue should last.</summary>
    private const double QueueSeconds = 12;

    // Seldom: what asks takes processor time from what is measured, a percent for twenty calls a second.
    private const int LookEveryMs = 250;

    private static readonly ulong[] Lengths = [10_000, 100_000, 1_000_000];

    /// <summary>
    /// Measures <c>--rounds N</c> times (1: 80 seconds); what follows <c>--serve</c> is added to <c>serve</c>. The
    /// first argument may name the binary.
    /// </summary>
    public static async Task RunAsync(string[] args)
    {
        string binary = Path.GetFullPath(
            args.Length > 0 && args[0][0] != '-' ? args[0] : Path.Combine("artifacts", "jobnode"));
        int roundsAt = Array.IndexOf(args, "--rounds");
        int rounds = roundsAt < 0 ? 1 : int.Parse(args[roundsAt + 1], CultureInfo.InvariantCulture);
        int serveAt = Array.IndexOf(args, "--serve");
        string[] serve = serveAt < 0 ? [] : args[(serveAt + 1)..];
        var ratios = Lengths.ToDictionary(static length => length, static _ => new List<double>());
        double before = RawRate(binary);
        for (int round = 0; round < rounds; round++)
        {
            foreach (ulong length in Lengths)
            {
                Queue queue = await FinishAsync(binary, serve, length, before);
                double after = RawRate(binary);
                double kernel = (before + after) / 2;
                ratios[length].Add(queue.Rate / kernel);
                Console.WriteLine($"round {round}, jobs of {length:N0}: kernel {before / 1e6:F1} and "
                    + $"{after / 1e6:F1} M/s, finished {queue.Rate / 1e6:F1} M/s: {queue.Rate / kernel:P1}; "
                    + $"hash threads had {queue.ProcessorShare:P1} of the cores, at "
                    + $"{queue.RatePerProcessorSecond / kernel:P1} of the kernel's rate");
                before = after;
            }
        }

        foreach ((ulong length, List<double> all) in ratios)
        {
            all.Sort();
            Console.WriteLine($"measured: jobs of {length:N0}: median {all[all.Count / 2]:P1}, "
                + $"{all[0]:P1} to {all[^1]:P1}");
        }
    }

    /// <summary>All threads together: what <c>bench hash</c> says per core, times the cores.</summary>
    private static double RawRate(string binary)
    {
        int cores = Environment.ProcessorCount;
        var start = new ProcessStartInfo(binary, ["bench", "hash", "--json", "--seconds", "2", "--threads", $"{cores}"])
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

    /// <summary>
    /// Enqueues, then watches how many are finished from when a tenth is until a tenth is left: lanes are full
    /// meanwhile.
    /// </summary>
    private static async Task<Queue> FinishAsync(string binary, string[] serve, ulong length, double kernelRate)
    {
        const int Batch = 2_000;
        using var node = new NodeUnderTest(binary, serve);
        await node.StartAsync();
        int jobs = (int)(QueueSeconds * kernelRate / length);
        for (int sent = 0; sent < jobs; sent += Batch)
        {
            await SendAsync(node, Math.Min(Batch, jobs - sent), length);
        }

        long from = await WaitAsync(node, await CompletedAsync(node) + (jobs / 10));
        long startedAt = Stopwatch.GetTimestamp();
        double hashed = node.HashCpuSeconds;
        long to = await WaitAsync(node, jobs - (jobs / 10));
        double seconds = Stopwatch.GetElapsedTime(startedAt).TotalSeconds;
        double hashSeconds = node.HashCpuSeconds - hashed;
        double iterations = (to - from) * (double)(length - 1);
        int cores = Environment.ProcessorCount;
        return new Queue(iterations / seconds, hashSeconds / seconds / cores, iterations / hashSeconds * cores);
    }

    private static async Task<long> WaitAsync(NodeUnderTest node, long completed)
    {
        long now;
        while ((now = await CompletedAsync(node)) < completed)
        {
            await Task.Delay(LookEveryMs);
        }

        return now;
    }

    private static async Task<long> CompletedAsync(NodeUnderTest node) =>
        (await node.GetAsync("/status")).GetProperty("queue").GetProperty("completed").GetInt64();

    private static async Task SendAsync(NodeUnderTest node, int count, ulong iterations)
    {
        var lines = new StringBuilder();
        for (int job = 0; job < count; job++)
        {
            lines.Append(CultureInfo.InvariantCulture, $"{{\"text\":\"{job}\",\"iterations\":{iterations}}}\n");
        }

        using var content = new StringContent(lines.ToString());
        content.Headers.ContentType = new("application/x-ndjson");
        using HttpResponseMessage answer = await node.Http.PostAsync("/jobs", content);
        answer.EnsureSuccessStatusCode();
        await answer.Content.CopyToAsync(Stream.Null);
    }

    /// <summary>How a queue was worked off.</summary>
    /// <param name="Rate">Iterations of finished jobs a second.</param>
    /// <param name="ProcessorShare">Share of all cores' time that the hash threads had.</param>
    /// <param name="RatePerProcessorSecond">Iterations a second if they had had all of it.</param>
    private sealed record Queue(double Rate, double ProcessorShare, double RatePerProcessorSecond);
}
