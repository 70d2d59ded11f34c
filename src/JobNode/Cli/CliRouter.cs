using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace JobNode.Cli;

/// <summary>
/// Picks the verb, builds only that one, runs it, and turns what went wrong into a sentence and an exit code.
/// </summary>
internal static class CliRouter
{
    private static readonly (string Name, Func<CliContext, Command> Create)[] Verbs =
    [
        ("serve", ServeVerb.Create),
        ("status", StatusVerb.Create),
        ("top", TopVerb.Create),
        ("members", MembersVerb.Create),
        ("transfer", TransferVerb.Create),
        ("drain", DrainVerb.Create),
        ("enqueue", EnqueueVerb.Create),
        ("jobs", JobsVerb.Create),
        ("pull", PullVerb.Create),
        ("wait", WaitVerb.Create),
        ("verify", VerifyVerb.Create),
        ("certs", CertsVerb.Create),
        ("backup", BackupVerb.Create),
        ("restore", RestoreVerb.Create),
        ("recover", RecoverVerb.Create),
        ("check", CheckVerb.Create),
        ("bench", BenchVerb.Create),
        ("completion", CompletionVerb.Create),
        ("man", ManVerb.Create),
        ("version", VersionVerb.Create),
    ];

    /// <summary>Runs the command line; gives the exit code.</summary>
    public static async Task<int> RunAsync(
        IReadOnlyList<string> arguments, CliContext context, CancellationToken cancellation)
    {
        try
        {
            return await RunVerbAsync(arguments, context, cancellation);
        }
        catch (CliFailure failure)
        {
            await context.Error.WriteLineAsync($"jobnode: {failure.Message}");
            return (int)failure.Code;
        }
    }

    /// <summary>Every verb, for what is made from the command tree.</summary>
    public static RootCommand WholeTree(CliContext context) => BuildRoot([], context);

    /// <summary>What is written behind <c>jobnode</c> for this command.</summary>
    public static string PathOf(Command command)
    {
        if (command is RootCommand)
        {
            return "";
        }

        string above = command.Parents.OfType<Command>().Select(PathOf).FirstOrDefault() ?? "";
        return above.Length == 0 ? command.Name : $"{above} {command.Name}";
    }

    private static async Task<int> RunVerbAsync(
        IReadOnlyList<string> arguments, CliContext context, CancellationToken cancellation)
    {
        RootCommand root = BuildRoot(arguments, context);
        ParseResult parsed = root.Parse(arguments);
        (List<string> all, List<string> used) = EnvironmentFlags.Apply(arguments, parsed, context.Variable);
        parsed = used.Count > 0 ? root.Parse(all) : parsed;
        string? wrong = parsed.Action is HelpWithExamples ? null : WrongWords.Explain(parsed);
        if (wrong is not null || parsed.Action is ParseErrorAction)
        {
            return await ExplainAsync(parsed, wrong, used, context);
        }

        // Signals are the business of serve, which drains; every other verb may just end.
        var invocation = new InvocationConfiguration
        {
            Output = context.Out,
            Error = context.Error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        };
        return await parsed.InvokeAsync(invocation, cancellation);
    }

    private static RootCommand BuildRoot(IReadOnlyList<string> arguments, CliContext context)
    {
        var root = new RootCommand("Iterated SHA-512 on a cluster: send jobs to any node, take results from any node.");
        string wanted = arguments.Count > 0 ? arguments[0] : "";
        bool isKnown = Array.Exists(Verbs, verb => verb.Name == wanted);
        foreach ((string name, Func<CliContext, Command> create) in Verbs)
        {
            if (!isKnown || name == wanted)
            {
                root.Subcommands.Add(create(context));
            }
        }

        NodeAccess.AddTo(root);
        foreach (Option option in root.Options)
        {
            if (option is HelpOption { Action: HelpAction help })
            {
                option.Action = new HelpWithExamples(help);
            }
        }

        return root;
    }

    /// <summary>A wrong word is told alone: what else is wrong may only follow from it.</summary>
    private static async Task<int> ExplainAsync(
        ParseResult parsed, string? wrong, List<string> used, CliContext context)
    {
        IEnumerable<string> sentences = wrong is null
            ? parsed.Errors.Select(error => error.Message).Distinct(StringComparer.Ordinal)
            : [wrong];
        foreach (string sentence in sentences)
        {
            await context.Error.WriteLineAsync($"jobnode: {sentence}");
        }

        if (used.Count > 0)
        {
            await context.Error.WriteLineAsync($"jobnode: taken from the environment: {string.Join(' ', used)}");
        }

        string verb = $"jobnode {PathOf(parsed.CommandResult.Command)}".TrimEnd();
        await context.Error.WriteLineAsync($"jobnode: run '{verb} --help' to see what can be written.");
        return (int)ExitCode.Usage;
    }
}
