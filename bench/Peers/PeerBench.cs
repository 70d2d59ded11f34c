using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using JobNode.Bench.Report;
using JobNode.Load;

namespace JobNode.Bench.Peers;

/// <summary>The comparison: all sides in turns, in as many rounds as asked, then RESULTS.md and its charts.</summary>
internal static class PeerBench
{
    private static readonly long Begin = Stopwatch.GetTimestamp();
    private static readonly List<string> Failed = [];

    /// <summary>Sentences about sides that could not be measured in a round.</summary>
    public static IReadOnlyList<string> Failures => Failed;

    /// <summary>Runs with the arguments behind <c>peers</c>.</summary>
    /// <returns>The exit code: 1 when a side failed in a round.</returns>
    public static async Task<int> RunAsync(string[] arguments)
    {
        PeerPlan plan = PeerPlan.Parse(arguments);
        LoadSockets.AnswerOnTheirOwnThreads();
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        using PosixSignalRegistration hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, End);
        Directory.CreateDirectory(plan.Folder);
        var samples = new Samples();
        var queues = new QueueQuestion(plan, samples);
        try
        {
            for (int round = 0; round < plan.Rounds; round++)
            {
                Say($"round {round + 1} of {plan.Rounds}");
                await RoundAsync(plan, samples, queues, round);
            }

            Results.Write(plan, samples, queues.Sides);
        }
        finally
        {
            ServerProcess.EndAll();
            Directory.Delete(plan.Folder, recursive: true);
        }

        return Failed.Count == 0 ? 0 : 1;
    }

    /// <summary>Measures one side; when it fails the others are still measured, and the page says so.</summary>
    public static async Task TryAsync(string side, int round, Func<Task> measure)
    {
        try
        {
            // Not on the thread that serves all sockets: what follows may wait for a process.
            await measure().ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        }
        catch (Exception error) when (error is IOException or SocketException or TimeoutException
            or InvalidOperationException or OperationCanceledException or HttpRequestException)
        {
            Failed.Add($"{side} in round {round + 1}: {error.Message.Split('\n')[0]}");
            Say($"FAILED {side}: {error.Message}");
            ServerProcess.EndAll();
        }
    }

    /// <summary>A line with the time since the start.</summary>
    public static void Say(string text) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture, $"{Stopwatch.GetElapsedTime(Begin).TotalSeconds,6:F0} s  {text}"));

    private static async Task RoundAsync(PeerPlan plan, Samples samples, QueueQuestion queues, int round)
    {
        if (plan.Asks(HashQuestion.Name))
        {
            await TryAsync("hashing", round, () => Task.Run(() => new HashQuestion(plan, samples).Run(round)));
        }

        if (plan.Asks("queue"))
        {
            await queues.RunAsync(round);
        }

        if (plan.Asks("jobs"))
        {
            await new JobsQuestion(plan, samples).RunAsync(round);
        }
    }

    private static void End(PosixSignalContext context)
    {
        ServerProcess.EndAll();
        Environment.Exit(130);
    }
}
