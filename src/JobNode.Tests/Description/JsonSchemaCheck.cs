using System.Text.Json;
using System.Text.Json.Nodes;

namespace JobNode.Tests.Description;

/// <summary>
/// JSON Schema 2020-12, as far as the API's description and the schema of OpenAPI documents use it. A keyword that it
/// does not know is an error, so that nothing is ever passed over.
/// </summary>
/// <param name="root">What references point into.</param>
internal sealed class JsonSchemaCheck(JsonNode root)
{
    /// <summary>Tell people something, or stand where others look for them.</summary>
    private static readonly HashSet<string> Silent = new(StringComparer.Ordinal)
    {
        "$id", "$schema", "$comment", "$defs", "$dynamicAnchor", "title", "description", "default", "examples",
        "contentEncoding", "contentMediaType",
    };

    /// <summary>What is wrong with a value, one sentence each.</summary>
    public IReadOnlyList<string> Violations(JsonNode schema, JsonNode? value)
    {
        var wrong = new List<string>();
        Apply(schema, value, "", wrong);
        return wrong;
    }

    /// <summary>Adds what is wrong; gives the names of the properties that the schema speaks of.</summary>
    private HashSet<string> Apply(JsonNode schema, JsonNode? value, string at, List<string> wrong)
    {
        var spoken = new HashSet<string>(StringComparer.Ordinal);
        if (schema is JsonValue all)
        {
            if (!all.GetValue<bool>())
            {
                wrong.Add($"{at}: nothing may be here");
            }

            return spoken;
        }

        var rules = (JsonObject)schema;
        foreach ((string keyword, JsonNode? rule) in rules.Where(rule => !Silent.Contains(rule.Key)))
        {
            bool isKnown = Combine(rules, keyword, rule!, value, at, spoken, wrong)
                || ValueRules.Judge(keyword, rule, value, at, wrong)
                || JudgeItems(keyword, rule!, value, at, wrong)
                || JudgeProperties(keyword, rule!, value, at, spoken, wrong);
            if (!isKnown)
            {
                throw new NotSupportedException($"the keyword {keyword} is not one that this check knows");
            }
        }

        JudgeOthers(rules, value, at, spoken, wrong);
        return spoken;
    }

    /// <summary>Keywords that apply schemas to the same value.</summary>
    private bool Combine(
        JsonObject rules,
        string keyword,
        JsonNode rule,
        JsonNode? value,
        string at,
        HashSet<string> spoken,
        List<string> wrong)
    {
        switch (keyword)
        {
            case "$ref" or "$dynamicRef":
                spoken.UnionWith(Apply(Find(rule.GetValue<string>()), value, at, wrong));
                return true;
            case "allOf":
                foreach (JsonNode? part in rule.AsArray())
                {
                    spoken.UnionWith(Apply(part!, value, at, wrong));
                }

                return true;
            case "anyOf" or "oneOf":
                Choose(keyword, rule.AsArray(), value, at, spoken, wrong);
                return true;
            case "not":
                if (Holds(rule, value, out _))
                {
                    wrong.Add($"{at}: is what it must not be");
                }

                return true;
            case "if":
                bool holds = Holds(rule, value, out HashSet<string> named);
                spoken.UnionWith(holds ? named : []);
                if (rules[holds ? "then" : "else"] is { } rest)
                {
                    spoken.UnionWith(Apply(rest, value, at, wrong));
                }

                return true;
            case "then" or "else":
                return true;
            case "dependentSchemas":
                foreach ((string name, JsonNode? part) in rule.AsObject())
                {
                    if (value is JsonObject members && members.ContainsKey(name))
                    {
                        spoken.UnionWith(Apply(part!, value, at, wrong));
                    }
                }

                return true;
            default:
                return false;
        }
    }

    private void Choose(
        string keyword, JsonArray parts, JsonNode? value, string at, HashSet<string> spoken, List<string> wrong)
    {
        int fitting = 0;
        var each = new List<string>();
        foreach (JsonNode? part in parts)
        {
            var found = new List<string>();
            HashSet<string> named = Apply(part!, value, at, found);
            each.AddRange(found);
            if (found.Count == 0)
            {
                fitting++;
                spoken.UnionWith(named);
            }
        }

        if (fitting == 0 || (keyword == "oneOf" && fitting > 1))
        {
            wrong.Add($"{at}: fits {fitting} of the {parts.Count} forms it may have ({string.Join("; ", each)})");
        }
    }

    private bool Holds(JsonNode schema, JsonNode? value, out HashSet<string> spoken)
    {
        var wrong = new List<string>();
        spoken = Apply(schema, value, "", wrong);
        return wrong.Count == 0;
    }

    private bool JudgeItems(string keyword, JsonNode rule, JsonNode? value, string at, List<string> wrong)
    {
        var items = value as JsonArray;
        switch (keyword)
        {
            case "items":
                for (int i = 0; i < items?.Count; i++)
                {
                    Apply(rule, items[i], $"{at}/{i}", wrong);
                }

                return true;
            case "minItems":
                if (items?.Count < rule.GetValue<int>())
                {
                    wrong.Add($"{at}: has {items.Count} items, fewer than {rule}");
                }

                return true;
            default:
                return false;
        }
    }

    private bool JudgeProperties(
        string keyword, JsonNode rule, JsonNode? value, string at, HashSet<string> spoken, List<string> wrong)
    {
        JsonObject members = value as JsonObject ?? [];
        switch (keyword)
        {
            case "properties":
                foreach ((string name, JsonNode? member) in members)
                {
                    if (rule[name] is { } part)
                    {
                        spoken.Add(name);
                        Apply(part, member, $"{at}/{name}", wrong);
                    }
                }

                return true;
            case "patternProperties":
                foreach ((string pattern, JsonNode? part) in rule.AsObject())
                {
                    foreach ((string name, JsonNode? member) in members.Where(m => ValueRules.Matches(m.Key, pattern)))
                    {
                        spoken.Add(name);
                        Apply(part!, member, $"{at}/{name}", wrong);
                    }
                }

                return true;
            case "propertyNames":
                foreach ((string name, _) in members)
                {
                    Apply(rule, JsonValue.Create(name), $"{at}/{name} (its name)", wrong);
                }

                return true;
            case "required" when value is JsonObject:
                wrong.AddRange(rule.AsArray().Select(name => name!.GetValue<string>())
                    .Where(name => !members.ContainsKey(name)).Select(name => $"{at}: lacks {name}"));
                return true;
            case "minProperties" or "maxProperties" when value is JsonObject:
                if (keyword[1] == 'i' ? members.Count < rule.GetValue<int>() : members.Count > rule.GetValue<int>())
                {
                    wrong.Add($"{at}: has {members.Count} properties, {keyword} is {rule}");
                }

                return true;
            default:
                // The last two are judged once it is known which properties the others speak of.
                return keyword is "required" or "minProperties" or "maxProperties" or "additionalProperties"
                    or "unevaluatedProperties";
        }
    }

    /// <summary>
    /// Properties that nothing else speaks of. For <c>additionalProperties</c> only what stands beside it counts.
    /// </summary>
    private void JudgeOthers(JsonObject rules, JsonNode? value, string at, HashSet<string> spoken, List<string> wrong)
    {
        if (value is not JsonObject members)
        {
            return;
        }

        foreach ((string name, JsonNode? member) in members)
        {
            bool isBeside = rules["properties"]?[name] is not null
                || (rules["patternProperties"] as JsonObject ?? []).Any(rule => ValueRules.Matches(name, rule.Key));
            JsonNode? additional = isBeside ? null : rules["additionalProperties"];
            JsonNode? other = additional ?? (spoken.Contains(name) ? null : rules["unevaluatedProperties"]);
            if (other is not null)
            {
                spoken.Add(name);
                Apply(other, member, $"{at}/{name}", wrong);
            }
        }
    }

    private JsonNode Find(string reference)
    {
        JsonNode? found = reference.StartsWith("#/", StringComparison.Ordinal)
            ? reference[2..].Split('/').Aggregate(
                root, (node, step) => node?[Uri.UnescapeDataString(step).Replace("~1", "/").Replace("~0", "~")]!)
            : reference == "#" ? root : FindAnchor(root, reference[1..]);
        return found ?? throw new KeyNotFoundException($"{reference} leads nowhere");
    }

    private static JsonNode? FindAnchor(JsonNode? node, string anchor) => node switch
    {
        JsonObject members when members["$dynamicAnchor"] is JsonValue name
            && name.GetValueKind() == JsonValueKind.String && name.GetValue<string>() == anchor => members,
        JsonObject members => members
            .Select(member => FindAnchor(member.Value, anchor)).FirstOrDefault(found => found is not null),
        _ => null,
    };
}
