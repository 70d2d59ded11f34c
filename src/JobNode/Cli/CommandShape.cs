using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Help;

namespace JobNode.Cli;

/// <summary>A verb as completions, the man page and the reference see it: read from the command tree.</summary>
/// <param name="Path">What is written behind <c>jobnode</c>; empty for the whole program.</param>
/// <param name="Description">One sentence.</param>
/// <param name="Flags">Its flags, without <c>--help</c>.</param>
/// <param name="Arguments">What is written without a flag, in order.</param>
/// <param name="Below">Verbs of this verb.</param>
internal sealed record CommandShape(
    string Path,
    string Description,
    IReadOnlyList<FlagShape> Flags,
    IReadOnlyList<ArgumentShape> Arguments,
    IReadOnlyList<CommandShape> Below)
{
    /// <summary>This verb and all below it, in the order of the tree.</summary>
    public IEnumerable<CommandShape> All => Below.SelectMany(below => below.All).Prepend(this);

    /// <summary>For example <c>jobnode verify FILE ID [FLAGS]</c>.</summary>
    public string Usage => string.Join(' ', new[] { "jobnode", Path, Below.Count > 0 ? "VERB" : "" }
        .Concat(Arguments.Select(argument => argument.IsRepeated ? $"{argument.Name}..." : argument.Name))
        .Append(Flags.Count > 0 ? "[FLAGS]" : "")
        .Where(word => word.Length > 0));

    /// <summary>True when files complete its arguments.</summary>
    public bool TakesFiles => Arguments.Any(argument => argument.Name is "FILE" or "DIR");

    /// <summary>Values of its first argument, where only some are allowed.</summary>
    public IReadOnlyList<string> Choices => Arguments.Count > 0 ? Arguments[0].Choices : [];

    /// <summary>Reads a command and those below it.</summary>
    public static CommandShape Of(Command command) => Of(command, "");

    private static CommandShape Of(Command command, string path) => new(
        path,
        command.Description ?? "",
        [.. command.Options.Where(option => option is not (HelpOption or VersionOption)).Select(FlagShape.Of)],
        [.. command.Arguments.Select(ArgumentShape.Of)],
        [.. command.Subcommands.Select(below => Of(below, path.Length == 0 ? below.Name : $"{path} {below.Name}"))]);

    /// <summary>What the symbol takes, where only some values are allowed.</summary>
    internal static IReadOnlyList<string> ChoicesOf(Symbol symbol) =>
        [.. symbol.GetCompletions(CompletionContext.Empty).Select(item => item.Label)];
}

/// <summary>A flag.</summary>
/// <param name="Name">With its two dashes.</param>
/// <param name="Value">What its value is: FILE, N, SIZE...; empty when it is only given or not.</param>
/// <param name="Description">One sentence or two.</param>
/// <param name="Choices">The values allowed; empty for any.</param>
/// <param name="IsRequired">It cannot be left out.</param>
internal sealed record FlagShape(
    string Name, string Value, string Description, IReadOnlyList<string> Choices, bool IsRequired)
{
    private const string DefaultMark = "(default";

    /// <summary>True when files complete its value.</summary>
    public bool TakesFile => Value is "FILE" or "DIR";

    /// <summary>What holds when it is left out, in the words of its description.</summary>
    public string Default
    {
        get
        {
            int mark = Description.IndexOf(DefaultMark, StringComparison.Ordinal);
            if (IsRequired || mark < 0)
            {
                return IsRequired ? "must be given" : Value.Length == 0 ? "off" : "none";
            }

            int from = mark + DefaultMark.Length;
            int to = Description.IndexOfAny([')', ';'], from);
            string text = Description[from..to].Trim(' ', ':');
            return text.Length > 0 ? text : Choices[0];
        }
    }

    /// <summary>Reads an option.</summary>
    public static FlagShape Of(Option option)
    {
        bool isSwitch = option.ValueType == typeof(bool);
        return new FlagShape(
            option.Name,
            isSwitch ? "" : option.HelpName ?? "VALUE",
            option.Description ?? "",
            isSwitch ? [] : CommandShape.ChoicesOf(option),
            option.Required);
    }
}

/// <summary>Something that is written without a flag.</summary>
/// <param name="Name">FILE, ID...</param>
/// <param name="Description">One sentence.</param>
/// <param name="Choices">The values allowed; empty for any.</param>
/// <param name="IsRepeated">There may be several.</param>
internal sealed record ArgumentShape(string Name, string Description, IReadOnlyList<string> Choices, bool IsRepeated)
{
    /// <summary>Reads an argument.</summary>
    public static ArgumentShape Of(Argument argument) => new(
        argument.Name,
        argument.Description ?? "",
        CommandShape.ChoicesOf(argument),
        argument.Arity.MaximumNumberOfValues > 1);
}
