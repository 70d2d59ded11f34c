using System.Text.Json.Nodes;
using JobNode.Commands;

namespace JobNode.Tests.Description;

/// <summary>What operations are put together from.</summary>
internal static class Pieces
{
    /// <summary>Media type of most answers.</summary>
    public const string JsonType = "application/json";

    /// <summary>Name of the schema of one answer of a batch.</summary>
    public const string BatchAnswer = "BatchAnswer";

    public static Content Json<T>() => new(JsonType, Form.Of<T>());

    public static Answer Plain(string text) => new(text, new Content("text/plain", Form.Text));

    public static Answer Page(string text, params IEnumerable<string> others) =>
        new(text, [.. others.Prepend("text/html").Select(type => new Content(type, Form.Text))]);

    public static Parameter Iterations(string more) => new(
        "iterations",
        "query",
        $"How many times SHA-512 is applied, the first time to the body. {more}",
        Form.Integer(1, Limits.IterationsMax));

    public static Parameter Priority() =>
        new("priority", "query", "Higher is served first.", Form.Integer(0, Limits.PriorityMax).Or(0));

    public static Parameter Key(string text) =>
        new("Idempotency-Key", "header", text, Form.Limited(1, Limits.IdempotencyKeyCharactersMax));

    /// <summary>A form: the first part of one of these names counts, or without names every part.</summary>
    public static JsonObject Parts(params IReadOnlyList<string> names) => names.Count == 0
        ? new()
        {
            ["type"] = "object",
            ["description"] = "Every part is the body of a job.",
            ["additionalProperties"] = Form.Bytes,
        }
        : new()
        {
            ["type"] = "object",
            ["description"] = $"The first part named {string.Join(" or ", names)} is the job's body.",
            ["properties"] = new JsonObject(names.Select(name => KeyValuePair.Create<string, JsonNode?>(
                name, Form.Bytes))),
        };

    public static IEnumerable<string> Words<T>()
        where T : struct, Enum => Enum.GetNames<T>().Select(name => name.ToLowerInvariant());
}
