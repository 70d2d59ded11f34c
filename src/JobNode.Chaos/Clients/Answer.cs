using System.Net;
using System.Text.Json;
using JobNode.Chaos.Histories;

namespace JobNode.Chaos.Clients;

/// <summary>What came of one HTTP call, and what that means for its effect.</summary>
internal sealed record Answer(Outcome Outcome, int Status, string Text, string? Error)
{
    /// <summary>Refusals that promise that nothing was done; any other failure leaves it open.</summary>
    private static readonly string[] NothingDone =
    [
        "/problems/overloaded", "/problems/queue-full", "/problems/too-many-jobs", "/problems/disk-low",
        "/problems/disk-blocked", "/problems/not-ready", "/problems/no-quorum", "/problems/starting",
        "/problems/node-stopping", "/problems/job-unknown", "/problems/already-finished",
    ];

    /// <summary>A whole answer.</summary>
    public static Answer Of(HttpStatusCode status, string text)
    {
        if ((int)status is >= 200 and < 300)
        {
            return new Answer(Outcome.Ok, (int)status, text, null);
        }

        string type = ProblemType(text);
        return new Answer(Meaning(type), (int)status, text, type.Length == 0 ? $"status {(int)status}" : type);
    }

    /// <summary>No answer, or a broken one.</summary>
    public static Answer Of(Exception failure) => new(
        failure is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError }
            ? Outcome.Refused
            : Outcome.Unknown,
        0,
        "",
        failure is OperationCanceledException ? "given up" : failure.Message);

    /// <summary>What a problem says of the effect.</summary>
    public static Outcome Meaning(string problemType) =>
        NothingDone.Contains(problemType) ? Outcome.Refused : Outcome.Unknown;

    /// <summary>The answer as JSON; an answer cut short or not JSON makes the outcome unknown.</summary>
    public (Answer Answer, T? Value) Read<T>(Func<JsonElement, T> read)
    {
        if (Outcome != Outcome.Ok)
        {
            return (this, default);
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(Text);
            return (this, read(document.RootElement));
        }
        catch (Exception failure) when (failure is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return (this with { Outcome = Outcome.Unknown, Error = $"not the JSON of this call: {Text}" }, default);
        }
    }

    private static string ProblemType(string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return document.RootElement.TryGetProperty("type", out JsonElement type) ? type.GetString() ?? "" : "";
        }
        catch (JsonException)
        {
            return "";
        }
    }
}
