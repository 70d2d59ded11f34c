using System.Runtime.InteropServices;
using JobNode.Chaos.Histories;
using JobNode.Chaos.Hosts;
using JobNode.Chaos.Timelines;

namespace JobNode.Chaos;

/// <summary>
/// The entry point: a cluster of the published binary, faults, load, and a verdict. It wants to be started by
/// scripts/chaos.sh in namespaces of its own, which take processes, mounts and devices with them when it ends.
/// </summary>
internal static class Program
{
    private const int Failed = 1;
    private const int WrongUsage = 2;

    private static async Task<int> Main(string[] arguments)
    {
        ChaosOptions options;
        try
        {
            options = ChaosOptions.Parse(arguments);
        }
        catch (FormatException error)
        {
            await Console.Error.WriteLineAsync($"chaos: {error.Message}");
            return WrongUsage;
        }

        RunFolder folder = new(options);
        using RunLog log = new(folder.LogPath);
        using CancellationTokenSource stop = new();
        void Ask(PosixSignalContext signal)
        {
            signal.Cancel = !stop.IsCancellationRequested;
            stop.Cancel();
        }

        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Ask);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Ask);
        log.Say($"seed {options.Seed}, {options.Nodes} nodes, {options.Time}; results in {folder.Path}");
        using History history = new(folder.HistoryPath);
        RunResult result = await new ChaosRun(options, folder, history, log).RunAsync(stop.Token);
        Timeline.Write(history, result.Verdict, folder.TimelinePath);
        folder.RemoveDisks();
        string summary = result.Summary();
        await File.WriteAllTextAsync(folder.SummaryPath, summary);
        Console.WriteLine(summary);
        if (result.IsRight)
        {
            log.Say("nothing lost, doubled or wrong");
            return 0;
        }

        string faults = options.Faults.Count == 0 ? "all" : string.Join(',', options.Faults);
        log.Say($"the same faults again: make chaos TIME={options.Time.TotalSeconds}s SEED={options.Seed} "
            + $"NODES={options.Nodes} FAULTS={faults} SCHEDULES=0");
        return Failed;
    }
}
