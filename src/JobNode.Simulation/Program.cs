using System.Diagnostics;
using JobNode.Simulation;

int schedules = 1_000;
int seed = 1;
string nodes = "mixed";
bool isVerbose = false;
bool isReplayed = false;
for (int i = 0; i < args.Length; i++)
{
    switch (args[i])
    {
        case "--schedules" when i + 1 < args.Length && int.TryParse(args[i + 1], out schedules):
        case "--seed" when i + 1 < args.Length && int.TryParse(args[i + 1], out seed):
            i++;
            break;
        case "--nodes" when i + 1 < args.Length && args[i + 1] is "3" or "5" or "mixed":
            nodes = args[++i];
            break;
        case "--verbose":
            isVerbose = true;
            break;
        case "--replay-check":
            isReplayed = true;
            break;
        default:
            Console.Error.WriteLine(
                "usage: jobnode-simulation [--schedules N] [--seed S] [--nodes 3|5|mixed] "
                + "[--replay-check] [--verbose]");
            return 2;
    }
}

var clock = Stopwatch.StartNew();
var counts = new SimulationCounts();
for (int i = 0; i < schedules; i++)
{
    int nodeCount = nodes == "mixed" ? ((seed + i) % 3 == 0 ? 5 : 3) : int.Parse(nodes);
    var settings = new SimulationSettings(seed + i, nodeCount, isVerbose);
    using var schedule = new Schedule(settings);
    try
    {
        schedule.Run();
        if (isReplayed)
        {
            using var again = new Schedule(settings);
            again.Run();
            HistoryChecker.Require(again.Fingerprint == schedule.Fingerprint, "the same seed gave two different runs");
        }
    }
    catch (Exception exception)
    {
        Console.WriteLine($"seed {settings.Seed} failed: {exception.Message}");
        Console.WriteLine(
            $"again: jobnode-simulation --schedules 1 --seed {settings.Seed} --nodes {nodeCount} --verbose");
        Console.WriteLine(exception);
        return 1;
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
return 0;
