using System.Text.Json.Nodes;

namespace JobNode.Tests.Description;

/// <summary>The few forms of values that the API knows, as JSON Schema. Each call makes a new object.</summary>
internal static class Form
{
    /// <summary>Bytes.</summary>
    public static JsonObject Bytes => new() { ["contentMediaType"] = "application/octet-stream" };

    /// <summary>Any text.</summary>
    public static JsonObject Text => new() { ["type"] = "string" };

    /// <summary>A job's id.</summary>
    public static JsonObject Uuid => new() { ["type"] = "string", ["format"] = "uuid" };

    /// <summary>A moment, in UTC with milliseconds.</summary>
    public static JsonObject Time => new() { ["format"] = "date-time" };

    /// <summary>Lowercase hex digits; null stays allowed where the contract allows it.</summary>
    public static JsonObject Hex(int digits) => new() { ["pattern"] = $"^[0-9a-f]{{{digits}}}$" };

    /// <summary>Text within bounds, in characters.</summary>
    public static JsonObject Limited(int min, int max) =>
        new() { ["type"] = "string", ["minLength"] = min, ["maxLength"] = max };

    /// <summary>A whole number within bounds.</summary>
    public static JsonObject Integer(ulong min, ulong max) =>
        new() { ["type"] = "integer", ["minimum"] = min, ["maximum"] = max };

    /// <summary>One of some words.</summary>
    public static JsonObject OneOf(params IEnumerable<string> words) =>
        new() { ["enum"] = new JsonArray([.. words.Select(word => JsonValue.Create(word))]) };

    /// <summary>The contract of this type.</summary>
    public static JsonObject Of<T>() => Named(ContractSchemas.NameOf(typeof(T)));

    /// <summary>A schema of this name.</summary>
    public static JsonObject Named(string name) => new() { ["$ref"] = $"#/components/schemas/{name}" };

    /// <summary>An array.</summary>
    public static JsonObject ListOf(JsonObject item) => new() { ["type"] = "array", ["items"] = item };

    /// <summary>The same, with a default.</summary>
    public static JsonObject Or(this JsonObject schema, JsonNode value)
    {
        schema["default"] = value;
        return schema;
    }
}
