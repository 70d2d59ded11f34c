using System.CommandLine;

namespace JobNode.Cli;

/// <summary>
/// Every flag as an environment variable: <c>--data-dir</c> is <c>JOBNODE_DATA_DIR</c>. A variable that is set and
/// whose flag is not given is put on the command line, so it is checked by the same rules and the flag wins.
/// </summary>
internal static class EnvironmentFlags
{
    /// <summary>Variables that are no flags, and what they do.</summary>
    public static IReadOnlyList<(string Name, string Meaning)> Others { get; } =
    [
        (
            NodeAccess.TokenVariable,
            "The token for the API itself. There is no flag for it, since a command line can be read by everybody on "
            + "the machine; --token-file names a file that holds it."),
        ("NO_COLOR", "Not empty: no colours, also on a terminal (no-color.org)."),
        (
            "JOBNODE_TEST_KERNEL_FAULT",
            "For tests only: 1/200, 1/200@SEED or always make a node compute so many chains wrongly on purpose."),
    ];

    /// <summary>The variable that stands for a flag.</summary>
    public static string VariableOf(string flag) =>
        "JOBNODE_" + flag.TrimStart('-').Replace('-', '_').ToUpperInvariant();

    /// <summary>The arguments with those of the environment behind the verb, and the variables used.</summary>
    public static (List<string> Arguments, List<string> Used) Apply(
        IReadOnlyList<string> arguments, ParseResult parsed, Func<string, string?> variable)
    {
        var given = new List<string>();
        var used = new List<string>();
        Command verb = parsed.CommandResult.Command;
        foreach (Option option in verb.Options)
        {
            string name = VariableOf(option.Name);
            bool isOnCommandLine = parsed.GetResult(option) is { Implicit: false };
            if (!isOnCommandLine && variable(name) is { Length: > 0 } value)
            {
                given.Add(option.ValueType == typeof(bool) ? $"{option.Name}={Truth(name, value)}"
                    : $"{option.Name}={value}");
                used.Add($"{name}={value}");
            }
        }

        int verbWords = Depth(parsed.CommandResult) - 1;
        return ([.. arguments.Take(verbWords), .. given, .. arguments.Skip(verbWords)], used);
    }

    private static string Truth(string name, string value) => value.ToLowerInvariant() switch
    {
        "1" or "true" or "yes" or "on" => "true",
        "0" or "false" or "no" or "off" => "false",
        _ => throw new CliFailure(ExitCode.Usage, $"{name} is \"{value}\"; set it to true or false."),
    };

    private static int Depth(System.CommandLine.Parsing.SymbolResult? result)
    {
        int depth = 0;
        for (; result is not null; result = result.Parent)
        {
            depth++;
        }

        return depth;
    }
}
