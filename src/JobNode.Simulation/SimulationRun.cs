using System.Diagnostics;

namespace JobNode.Simulation;

/// <summary>Schedules with one seed after the other, until one fails.</summary>
internal sealed class SimulationRun(SimulationOptions options)
{
    private readonly SimulationCounts _counts = new();

    /// <summary>True when all were clean; otherwise the first that failed was shrunk and shown.</summary>
    public bool Run()
    {
        var clock = Stopwatch.StartNew();
        int done = 0;
        while (done < options.Schedules && (options.Minutes == 0 || clock.Elapsed.TotalMinutes < options.Minutes))
        {
            SimulationSettings settings = options.SettingsOf(checked(options.Seed + done));
            if (FailureOf(settings, options.IsReplayed) is { } failure)
            {
                Console.WriteLine($"seed {settings.Seed} failed after {done} clean schedules, "
                    + $"{clock.Elapsed.TotalSeconds:f1} s: {failure.Message}");
                Console.WriteLine($"again: {CommandOf(settings)}");
                if (!options.IsNotShrunk)
                {
                    new Shrinker(settings).Shrink();
                }

                return false;
            }

            done++;
        }

        double seconds = clock.Elapsed.TotalSeconds;
        Console.WriteLine(_counts);
        Console.WriteLine(
            $"{done} schedules clean in {seconds:f1} s ({done / seconds:f0} a second), first seed {options.Seed}");
        return true;
    }

    /// <summary>The command line that replays a schedule.</summary>
    public static string CommandOf(SimulationSettings settings) =>
        $"jobnode-simulation --schedules 1 --seed {settings.Seed} --nodes {settings.Nodes} "
        + $"--faults {settings.Faults} --steps {settings.FaultySteps}"
        + (settings.Mistake == PlantedMistake.None ? "" : $" --plant {settings.Mistake}");

    private Exception? FailureOf(SimulationSettings settings, bool isReplayed)
    {
        using var schedule = new Schedule(settings);
        try
        {
            schedule.Run();
            if (isReplayed)
            {
                using var again = new Schedule(settings);
                again.Run();
                HistoryChecker.Require(
                    again.Fingerprint == schedule.Fingerprint, "the same seed gave two different runs");
            }
        }
        catch (Exception exception)
        {
            return exception;
        }

        _counts.Add(schedule.Counts);
        if (options.Schedules == 1)
        {
            Console.WriteLine($"faults {settings.Faults}");
            Console.WriteLine($"fingerprint {schedule.Fingerprint:x16}");
        }

        return null;
    }
}
