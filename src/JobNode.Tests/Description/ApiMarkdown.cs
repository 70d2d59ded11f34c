using System.Text;
using System.Text.Json.Nodes;
using JobNode.Api;

namespace JobNode.Tests.Description;

/// <summary>docs/api.md: the same description, for people.</summary>
internal static class ApiMarkdown
{
    /// <summary>Makes it.</summary>
    public static string Write()
    {
        JsonObject document = ApiDocument.Build();
        var text = new StringBuilder();
        text.Append("# API\n\n<!-- Made from the code by `make docs`. -->\n\n").Append(ApiDocument.Introduction);
        text.Append("\n\nFor programs: `GET /openapi.json` (OpenAPI 3.1). Errors: [problems.md](problems.md), and ");
        text.Append("`GET /problems` of any node.\n\n| call | what it does | token's scope |\n| --- | --- | --- |\n");
        foreach (ApiRoute route in ApiDocument.Routes)
        {
            string summary = Operations.Of(route.Methods[0], route).Summary;
            text.Append($"| [{CallOf(route)}](#{Anchor(CallOf(route))}) | {summary} | {ScopeOf(route)} |\n");
        }

        text.Append("\n## Calls\n");
        foreach (ApiRoute route in ApiDocument.Routes)
        {
            Write(text, route, Operations.Of(route.Methods[0], route));
        }

        text.Append("\n## Data\n");
        foreach ((string name, JsonNode? schema) in document["components"]!["schemas"]!.AsObject())
        {
            Write(text, name, schema!.AsObject());
        }

        return text.ToString();
    }

    private static string CallOf(ApiRoute route) => $"{string.Join(" or ", route.Methods)} {route.Template}";

    private static string ScopeOf(ApiRoute route) => ApiDocument.NameOf(route.Scope) switch
    {
        null => "no token",
        "" => "any token",
        { } scope => scope,
    };

    private static void Write(StringBuilder text, ApiRoute route, Operation operation)
    {
        text.Append($"\n### {CallOf(route)}\n\n{operation.Summary}. {operation.More}".TrimEnd()).Append("\n\n");
        if (operation.Parameters.Count > 0)
        {
            text.Append("| parameter | in | what | meaning |\n| --- | --- | --- | --- |\n");
            foreach (Parameter parameter in operation.Parameters)
            {
                string need = parameter.IsRequired ? ", required" : "";
                text.Append($"| `{parameter.Name}` | {parameter.In}{need} | {Say(parameter.Schema)} | ");
                text.Append($"{parameter.Text} |\n");
            }

            text.Append('\n');
        }

        if (operation.Body.Count > 0)
        {
            text.Append("| body | what |\n| --- | --- |\n");
            foreach (Content body in operation.Body)
            {
                text.Append($"| `{body.MediaType}` | {(string?)body.Schema["description"] ?? Say(body.Schema)} |\n");
            }

            text.Append('\n');
        }

        text.Append("| status | answer |\n| --- | --- |\n");
        IEnumerable<string> contents = operation.Success.Contents.Select(content =>
            content.Schema["$ref"] is null && content.Schema["items"] is null
                ? $"`{content.MediaType}`"
                : $"`{content.MediaType}` {Say(content.Schema)}");
        text.Append($"| {operation.Success.Status} | {operation.Success.Text} {string.Join(", ", contents)}");
        foreach ((string name, string what, _) in operation.Success.Headers.Concat(operation.Success.HeadersAtTimes))
        {
            text.Append($"; header `{name}`: {what}");
        }

        text.Append(" |\n");
        foreach (IGrouping<int, ProblemKind> kinds in
            ApiDocument.RefusalsOf(route, operation).GroupBy(kind => kind.Status))
        {
            IEnumerable<string> links = kinds.Select(kind => $"[{kind.Name}](problems.md#{Anchor(kind.Title)})");
            text.Append($"| {kinds.Key} | {string.Join(", ", links)} |\n");
        }
    }

    private static void Write(StringBuilder text, string name, JsonObject schema)
    {
        text.Append($"\n### {name}\n\n{(string?)schema["description"]}\n\n");
        if (schema["properties"] is not JsonObject fields)
        {
            text.Append($"{Say(schema)}\n");
            return;
        }

        var required = schema["required"]!.AsArray().Select(field => (string?)field).ToHashSet();
        text.Append("| field | what | meaning |\n| --- | --- | --- |\n");
        foreach ((string field, JsonNode? value) in fields)
        {
            string need = required.Contains(field) ? "" : ", may be absent";
            text.Append($"| `{field}` | {Say(value!.AsObject())}{need} | {(string?)value["description"]} |\n");
        }
    }

    /// <summary>A schema in a few words.</summary>
    private static string Say(JsonObject schema)
    {
        if ((string?)schema["$ref"] is { } reference)
        {
            string name = reference.Split('/')[^1];
            return $"[{name}](#{Anchor(name)})";
        }

        if (schema["anyOf"] is JsonArray forms)
        {
            return string.Join(" or ", forms.Select(form => Say(form!.AsObject())));
        }

        if (schema["items"] is JsonObject item)
        {
            return $"array of {Say(item)}";
        }

        string type = schema["type"] switch
        {
            JsonArray types => string.Join(" or ", types.Select(one => (string?)one)),
            { } one => (string)one!,
            null => schema["contentMediaType"] is null ? "" : "bytes",
        };
        var more = new List<string>();
        if (schema["enum"] is JsonArray words)
        {
            more.Add(string.Join(", ", words.Select(word => $"`{(string?)word}`")));
        }

        foreach (string keyword in (string[])["minimum", "maximum", "minLength", "maxLength"])
        {
            more.AddRange(schema[keyword] is { } bound ? [$"{keyword} {bound.ToJsonString()}"] : []);
        }

        foreach (string keyword in (string[])["format", "contentEncoding", "pattern"])
        {
            more.AddRange(schema[keyword] is { } form ? [$"`{(string?)form}`"] : []);
        }

        more.AddRange(schema["default"] is { } usual ? [$"default {usual.ToJsonString().Trim('"')}"] : []);
        return more.Count == 0 ? type : $"{type} ({string.Join(", ", more)})".TrimStart().Replace("|", "\\|");
    }

    /// <summary>The name that a heading gets on a page.</summary>
    private static string Anchor(string heading) => string.Concat(heading.ToLowerInvariant()
        .Select(sign => sign == ' ' ? "-" : char.IsLetterOrDigit(sign) || sign is '-' or '_' ? $"{sign}" : ""));
}
