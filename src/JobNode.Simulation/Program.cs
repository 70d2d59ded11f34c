using System.Diagnostics;
using JobNode.Simulation;

int schedules = 1_000;
int seed = 1;
string nodes = "mixed";
bool isVerbose = false;
bool isReplayed = false;
bool isChurning = false;
PlantedMistake mistake = PlantedMistake.None;
for (int i = 0; i < args.Length; i++)
{
    switch (args[i])
    {
        case "--schedules" when i + 1 < args.Length && int.TryParse(args[i + 1], out schedules):
        case "--seed" when i + 1 < args.Length && int.TryParse(args[i + 1], out seed):
            i++;
            break;
        case "--nodes" when i + 1 < args.Length && args[i + 1] is "1" or "2" or "3" or "5" or "mixed":
            nodes = args[++i];
            break;
        case "--plant" when i + 1 < args.Length && Enum.TryParse(args[i + 1], ignoreCase: true, out mistake):
            i++;
            break;
        case "--churn":
            isChurning = true;
            break;
        case "--verbose":
            isVerbose = true;
            break;
        case "--replay-check":
            isReplayed = true;
            break;
        default:
            Console.Error.WriteLine(
                "usage: jobnode-simulation [--schedules N] [--seed S] [--nodes 1|2|3|5|mixed] [--churn] "
                + $"[--replay-check] [--verbose] [--plant {string.Join('|', Enum.GetNames<PlantedMistake>())}]");
            return 2;
    }
}

bool isClean = false;
CoreThread.Run(() => isClean = RunSchedules());
return isClean ? 0 : 1;

bool RunSchedules()
{
    var clock = Stopwatch.StartNew();
    var counts = new SimulationCounts();
    for (int i = 0; i < schedules; i++)
    {
        int nodeCount = nodes != "mixed" ? int.Parse(nodes) : isChurning ? Few(seed + i) : Mixed(seed + i);
        var settings = new SimulationSettings(seed + i, nodeCount, isVerbose)
        {
            IsChurning = isChurning,
            Mistake = mistake,
        };
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
            Console.WriteLine($"seed {settings.Seed} failed: {exception.Message}");
            Console.WriteLine(
                $"again: jobnode-simulation --schedules 1 --seed {settings.Seed} --nodes {nodeCount} --verbose"
                + (isChurning ? " --churn" : "") + (mistake == PlantedMistake.None ? "" : $" --plant {mistake}"));
            Console.WriteLine(exception);
            return false;
        }

        counts.Add(schedule.Counts);
        if (schedules == 1)
        {
            Console.WriteLine($"fingerprint {schedule.Fingerprint:x16}");
        }
    }

    double seconds = clock.Elapsed.TotalSeconds;
    Console.WriteLine(counts);
    Console.WriteLine(
        $"{schedules} schedules clean in {seconds:f1} s ({schedules / seconds:f0} a second), first seed {seed}");
    return true;
}

// Clusters that grow: begun by one, two or three.
static int Few(int number) => (number % 3) + 1;

// Mostly three, for most is at stake there; a third of five; a few alone, where every entry commits by itself.
static int Mixed(int number) => (number % 3, number % 10) switch
{
    (0, _) => 5,
    (_, 7) => 1,
    _ => 3,
};
