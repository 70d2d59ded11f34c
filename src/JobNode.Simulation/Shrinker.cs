using System.Diagnostics;

namespace JobNode.Simulation;

/// <summary>
/// Makes a failing schedule smaller as long as it fails: fewer kinds of faults, fewer nodes, fewer steps. Then shows
/// the smallest one's last events.
/// </summary>
internal sealed class Shrinker(SimulationSettings failing)
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private SimulationSettings _smallest = failing with { Verbose = false };
    private int _tries;

    /// <summary>Shrinks and prints.</summary>
    public void Shrink()
    {
        while (Smaller().FirstOrDefault(StillFails) is { } smaller)
        {
            _smallest = smaller;
        }

        SimulationSettings recorded = _smallest with { IsRecorded = true };
        (Exception? failure, IReadOnlyList<string> events) = Run(recorded);
        Console.WriteLine($"shrunk in {_tries} tries to: {SimulationRun.CommandOf(_smallest)}");
        Console.WriteLine($"there: {failure?.ToString() ?? "it does not fail when it is recorded"}");
        Console.WriteLine("virtual ms and the last events:");
        foreach (string line in events)
        {
            Console.WriteLine(line);
        }
    }

    /// <summary>One thing less, in each way; the biggest steps first.</summary>
    private IEnumerable<SimulationSettings> Smaller()
    {
        foreach (FaultKind kind in _smallest.Faults.Kinds)
        {
            yield return _smallest with { Faults = _smallest.Faults.Without(kind) };
        }

        foreach (int nodes in (int[])[1, 2, 3])
        {
            if (nodes < _smallest.Nodes)
            {
                yield return _smallest with { Nodes = nodes };
            }
        }

        foreach (int part in (int[])[2, 4, 10])
        {
            if (_smallest.FaultySteps / part > 0)
            {
                yield return _smallest with { FaultySteps = _smallest.FaultySteps - (_smallest.FaultySteps / part) };
            }
        }
    }

    private bool StillFails(SimulationSettings smaller)
    {
        if (_clock.Elapsed > _patience)
        {
            return false;
        }

        _tries++;
        return Run(smaller).Failure is not null;
    }

    private static (Exception? Failure, IReadOnlyList<string> Events) Run(SimulationSettings settings)
    {
        using var schedule = new Schedule(settings);
        try
        {
            schedule.Run();
            return (null, [.. schedule.LastEvents]);
        }
        catch (Exception exception)
        {
            return (exception, [.. schedule.LastEvents]);
        }
    }
}
