using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace JobNode.Tests.Description;

/// <summary>The keywords of JSON Schema that look at one value alone.</summary>
internal static class ValueRules
{
    private const string MomentPattern = @"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$";

    /// <summary>False when the keyword is none of these; else adds what is wrong.</summary>
    public static bool Judge(string keyword, JsonNode? rule, JsonNode? value, string at, List<string> wrong)
    {
        bool? holds = keyword switch
        {
            "type" => IsOfType(rule!, value),
            "const" => JsonNode.DeepEquals(rule, value),
            "enum" => rule!.AsArray().Any(one => JsonNode.DeepEquals(one, value)),
            "minimum" => Number(value) is not { } number || number >= Number(rule),
            "maximum" => Number(value) is not { } number || number <= Number(rule),
            "minLength" => Text(value) is not { } text || text.EnumerateRunes().Count() >= rule!.GetValue<int>(),
            "maxLength" => Text(value) is not { } text || text.EnumerateRunes().Count() <= rule!.GetValue<int>(),
            "pattern" => Text(value) is not { } text || Matches(text, rule!.GetValue<string>()),
            "format" => Text(value) is not { } text || HasFormat(text, rule!.GetValue<string>()),
            _ => null,
        };
        if (holds == false)
        {
            wrong.Add($"{at}: {value?.ToJsonString() ?? "null"} is against {keyword} {rule?.ToJsonString()}");
        }

        return holds is not null;
    }

    /// <summary>True when the pattern is found in the text.</summary>
    public static bool Matches(string text, string pattern) =>
        Regex.IsMatch(text, pattern, RegexOptions.ECMAScript, TimeSpan.FromSeconds(1));

    private static bool IsOfType(JsonNode rule, JsonNode? value) => rule is JsonArray types
        ? types.Any(type => IsOfType(type!, value))
        : (rule.GetValue<string>(), value?.GetValueKind() ?? JsonValueKind.Null) switch
        {
            ("object", JsonValueKind.Object) => true,
            ("array", JsonValueKind.Array) => true,
            ("string", JsonValueKind.String) => true,
            ("number", JsonValueKind.Number) => true,
            ("integer", JsonValueKind.Number) => decimal.IsInteger(Number(value)!.Value),
            ("boolean", JsonValueKind.True or JsonValueKind.False) => true,
            ("null", JsonValueKind.Null) => true,
            _ => false,
        };

    private static decimal? Number(JsonNode? value) => value?.GetValueKind() == JsonValueKind.Number
        ? decimal.Parse(value.ToJsonString(), NumberStyles.Float)
        : null;

    private static string? Text(JsonNode? value) =>
        value?.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;

    private static bool HasFormat(string text, string format) => format switch
    {
        "uuid" => Guid.TryParseExact(text, "D", out _),
        "date-time" => Matches(text, MomentPattern) && DateTimeOffset.TryParse(text, out _),
        "email" => text.Contains('@', StringComparison.Ordinal),
        "media-range" => text.Contains('/', StringComparison.Ordinal),
        "uri" => Uri.TryCreate(text, UriKind.Absolute, out _),
        "uri-reference" => Uri.TryCreate(text, UriKind.RelativeOrAbsolute, out _),
        _ => throw new NotSupportedException($"the format {format} is not one that this check knows"),
    };
}
