using System.Globalization;

namespace JobNode.Simulation;

/// <summary>What the command line asked for.</summary>
internal sealed record SimulationOptions
{
    private const int FaultyStepsDefault = 500;

    /// <summary>Shown when the command line is not understood.</summary>
    public static string Usage { get; } =
        "usage: jobnode-simulation [--schedules N | --minutes M] [--seed S] [--nodes 1|2|3|5|mixed] [--churn]\n"
        + "    [--faults all|none|LIST] [--steps N] [--replay-check] [--no-shrink] [--verbose] "
        + $"[--plant {string.Join('|', Enum.GetNames<PlantedMistake>())}]\n"
        + $"faults, with commas: {string.Join(' ', FaultMix.All).ToLowerInvariant()}; a random half by default";

    /// <summary>Schedules to run; with <see cref="Minutes"/>, at most.</summary>
    public int Schedules { get; init; } = 1_000;

    /// <summary>How long to go on, in minutes; 0 for as long as it takes.</summary>
    public double Minutes { get; init; }

    /// <summary>The first one's seed.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>First members; null for a number that follows from the seed.</summary>
    public int? Nodes { get; init; }

    /// <summary>Members come and go in every schedule.</summary>
    public bool IsChurning { get; init; }

    /// <summary>Kinds of faults; null for a random half.</summary>
    public IReadOnlyCollection<FaultKind>? Faults { get; init; }

    /// <summary>Steps with faults.</summary>
    public int Steps { get; init; } = FaultyStepsDefault;

    /// <summary>Runs each schedule twice and compares.</summary>
    public bool IsReplayed { get; init; }

    /// <summary>A schedule that fails is shown as it is.</summary>
    public bool IsNotShrunk { get; init; }

    /// <summary>Prints what happens.</summary>
    public bool IsVerbose { get; init; }

    /// <summary>A mistake that should be found.</summary>
    public PlantedMistake Mistake { get; init; }

    /// <summary>Null when an argument is not understood.</summary>
    public static SimulationOptions? Parse(string[] arguments)
    {
        var options = new SimulationOptions();
        for (int i = 0; i < arguments.Length; i++)
        {
            string name = arguments[i];
            if (options.With(name) is { } flagged)
            {
                options = flagged;
            }
            else if (i + 1 < arguments.Length && options.With(name, arguments[++i]) is { } next)
            {
                options = next;
            }
            else
            {
                return null;
            }
        }

        return options;
    }

    /// <summary>The settings of one schedule.</summary>
    public SimulationSettings SettingsOf(int seed)
    {
        FaultMix mix = FaultMix.Of(seed);
        mix = Faults is not null ? mix.With(Faults)
            : IsChurning ? mix.With([.. mix.Kinds, FaultKind.Churn])
            : mix;
        int nodes = Nodes ?? (mix.Has(FaultKind.Churn) ? Few(seed) : Mixed(seed));
        return new SimulationSettings(seed, nodes, IsVerbose)
        {
            Faults = mix,
            FaultySteps = Steps,
            Mistake = Mistake,
        };
    }

    private SimulationOptions? With(string flag) => flag switch
    {
        "--churn" => this with { IsChurning = true },
        "--no-shrink" => this with { IsNotShrunk = true },
        "--verbose" => this with { IsVerbose = true },
        "--replay-check" => this with { IsReplayed = true },
        _ => null,
    };

    private SimulationOptions? With(string name, string value) => name switch
    {
        "--schedules" when TryCount(value, out int schedules) => this with { Schedules = schedules },
        "--minutes" when double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double minutes)
            => this with { Minutes = minutes, Schedules = int.MaxValue },
        "--seed" when TryCount(value, out int seed) => this with { Seed = seed },
        "--nodes" when value == "mixed" => this with { Nodes = null },
        "--nodes" when value is "1" or "2" or "3" or "5" => this with { Nodes = value[0] - '0' },
        "--faults" when FaultMix.TryParse(value, out IReadOnlyCollection<FaultKind> kinds)
            => this with { Faults = kinds },
        "--steps" when TryCount(value, out int steps) => this with { Steps = steps },
        "--plant" when Enum.TryParse(value, ignoreCase: true, out PlantedMistake mistake)
            => this with { Mistake = mistake },
        _ => null,
    };

    private static bool TryCount(string text, out int count) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out count);

    // Clusters that grow: begun by one, two or three.
    private static int Few(int number) => (number % 3) + 1;

    // Mostly three, for most is at stake there; a third of five; a few alone, where every entry commits by itself.
    private static int Mixed(int number) => (number % 3, number % 10) switch
    {
        (0, _) => 5,
        (_, 7) => 1,
        _ => 3,
    };
}
