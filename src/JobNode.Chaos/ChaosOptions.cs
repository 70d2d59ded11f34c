using System.Globalization;

namespace JobNode.Chaos;

/// <summary>What a run was asked for.</summary>
internal sealed record ChaosOptions
{
    /// <summary>How the program is called.</summary>
    public const string Usage =
        "usage: jobnode-chaos --binary FILE --shim FILE --results DIR [--time 10m] [--seed N] [--nodes 3|5] "
        + "[--faults all|KIND,KIND...]";

    /// <summary>The program under test.</summary>
    public required string Binary { get; init; }

    /// <summary>The library that is preloaded into it.</summary>
    public required string Shim { get; init; }

    /// <summary>Where a folder for this run is made.</summary>
    public required string Results { get; init; }

    /// <summary>How long faults go on.</summary>
    public TimeSpan Time { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Decides faults, targets and durations.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Voters.</summary>
    public int Nodes { get; init; } = 3;

    /// <summary>Kinds of faults; empty for all.</summary>
    public IReadOnlyList<string> Faults { get; init; } = [];

    /// <summary>Reads the command line.</summary>
    /// <exception cref="FormatException">It does not fit; the message says how it would.</exception>
    public static ChaosOptions Parse(IReadOnlyList<string> arguments)
    {
        Dictionary<string, string> values = [];
        for (int i = 0; i < arguments.Count; i += 2)
        {
            if (i + 1 == arguments.Count || !arguments[i].StartsWith("--", StringComparison.Ordinal))
            {
                throw new FormatException(Usage);
            }

            values[arguments[i][2..]] = arguments[i + 1];
        }

        string Required(string name) => values.GetValueOrDefault(name) ?? throw new FormatException(Usage);
        int nodes = int.Parse(values.GetValueOrDefault("nodes") ?? "3", CultureInfo.InvariantCulture);
        string faults = values.GetValueOrDefault("faults") ?? "all";
        return nodes is 3 or 5
            ? new ChaosOptions
            {
                Binary = Path.GetFullPath(Required("binary")),
                Shim = Path.GetFullPath(Required("shim")),
                Results = Path.GetFullPath(Required("results")),
                Time = ParseTime(values.GetValueOrDefault("time") ?? "10m"),
                Seed = int.Parse(values.GetValueOrDefault("seed") ?? "1", CultureInfo.InvariantCulture),
                Nodes = nodes,
                Faults = faults == "all" ? [] : faults.Split(',', StringSplitOptions.RemoveEmptyEntries),
            }
            : throw new FormatException("--nodes is 3 or 5.");
    }

    /// <summary>Seconds, or with a suffix: 90s, 10m, 2h.</summary>
    private static TimeSpan ParseTime(string text)
    {
        int seconds = text[^1] switch
        {
            'h' => 3600,
            'm' => 60,
            _ => 1,
        };
        return TimeSpan.FromSeconds(seconds * int.Parse(text.TrimEnd('h', 'm', 's'), CultureInfo.InvariantCulture));
    }
}
