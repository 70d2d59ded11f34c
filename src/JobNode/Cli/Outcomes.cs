using System.CommandLine;
using System.Text.Json;
using JobNode.Api;

namespace JobNode.Cli;

/// <summary>What a verb that changes the cluster says once it is done.</summary>
internal static class Outcomes
{
    /// <summary>The flag of such a verb.</summary>
    public static Option<bool> Json() => CliOptions.Flag("--json", "Print a line of JSON: {\"detail\"}.");

    /// <summary>A sentence, or its JSON.</summary>
    public static Task WriteAsync(CliContext context, bool asJson, OutcomeResponse outcome) =>
        context.Out.WriteLineAsync(asJson
            ? JsonSerializer.Serialize(outcome, ApiJsonContext.Readable.OutcomeResponse)
            : outcome.Detail);
}
