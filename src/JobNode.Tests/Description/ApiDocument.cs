using System.Text.Json.Nodes;
using JobNode.Api;
using Microsoft.AspNetCore.Http;

namespace JobNode.Tests.Description;

/// <summary>The OpenAPI document, made from the route table, the contracts and the table of problems.</summary>
internal static class ApiDocument
{
    private const string ProblemType = "application/problem+json";
    private const string RetryAfter = "Retry-After";
    private const string Challenge = "WWW-Authenticate";

    /// <summary>What holds for every call.</summary>
    public const string Introduction =
        "Iterated SHA-512 on a cluster. Any node answers every call; every answer names the node (Jobnode-Node) and "
        + "the leader it knew (Jobnode-Leader). HEAD is answered as GET without the body. An error is a problem (RFC "
        + "9457) whose type is the path of a page about it; an unknown path is answered 404 /problems/path-unknown, a "
        + "wrong method 405 /problems/method-not-allowed. Clients must ignore fields that they do not know.";

    /// <summary>The product's route table.</summary>
    public static IReadOnlyList<ApiRoute> Routes { get; } = ApiServer.Routes(null!, null!, null!, null!, null!, null!);

    /// <summary>Makes it.</summary>
    public static JsonObject Build()
    {
        var paths = new JsonObject();
        var refusals = new SortedDictionary<string, JsonObject>(StringComparer.Ordinal);
        foreach (ApiRoute route in Routes)
        {
            if (paths[route.Template] is not JsonObject path)
            {
                path = [];
                paths.Add(route.Template, path);
            }

            foreach (string method in route.Methods)
            {
                path.Add(method.ToLowerInvariant(), Describe(route, Operations.Of(method, route), refusals));
            }
        }

        return new JsonObject
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject
            {
                ["title"] = "jobnode",
                ["version"] = "1",
                ["description"] = Introduction,
                ["license"] = new JsonObject { ["name"] = "MIT", ["identifier"] = "MIT" },
            },
            ["servers"] = new JsonArray(new JsonObject { ["url"] = "/" }),
            ["paths"] = paths,
            ["components"] = Components(refusals),
        };
    }

    /// <summary>The scope's name as tokens have it; null when no token is needed, empty when any will do.</summary>
    public static string? NameOf(ApiScope scope) => scope switch
    {
        ApiScope.Open => null,
        ApiScope.Read => "",
        _ => scope.ToString().ToLowerInvariant(),
    };

    /// <summary>Every kind of problem that the call may be answered with, by status.</summary>
    public static IReadOnlyList<ProblemKind> RefusalsOf(ApiRoute route, Operation operation)
    {
        var kinds = new HashSet<ProblemKind>([.. operation.Refusals, Problems.Internal]);
        kinds.UnionWith(route.Scope == ApiScope.Open ? [] : [Problems.TokenNeeded]);
        kinds.UnionWith(route.Scope is ApiScope.Open or ApiScope.Read ? [] : [Problems.Forbidden]);
        kinds.UnionWith(route.Passing == CallPassing.Never ? [] : [Problems.NoQuorum, Problems.OutcomeUnknown]);
        kinds.UnionWith(operation.Body.Count == 0 ? [] : [Problems.RequestMalformed]);
        kinds.UnionWith(operation.NeedsNoCluster ? [] : [Problems.Starting, Problems.Damaged, Problems.Stopping]);
        return [.. Problems.All.Where(kinds.Contains)];
    }

    /// <summary>One call; its refusals, which many calls share, are gathered and referred to.</summary>
    private static JsonObject Describe(
        ApiRoute route, Operation operation, SortedDictionary<string, JsonObject> refusals)
    {
        var json = new JsonObject { ["operationId"] = operation.Id, ["summary"] = operation.Summary };
        if (operation.More is { } more)
        {
            json.Add("description", more);
        }

        json.Add("security", NameOf(route.Scope) is not { } scope
            ? new JsonArray()
            : new JsonArray(new JsonObject { ["token"] = scope.Length == 0 ? new JsonArray() : new JsonArray(scope) }));
        if (operation.Parameters.Count > 0)
        {
            json.Add("parameters", new JsonArray([.. operation.Parameters.Select(Describe)]));
        }

        if (operation.Body.Count > 0)
        {
            json.Add("requestBody", new JsonObject { ["required"] = true, ["content"] = Describe(operation.Body) });
        }

        var responses = new JsonObject { [$"{operation.Success.Status}"] = Describe(operation.Success) };
        foreach (IGrouping<int, ProblemKind> kinds in RefusalsOf(route, operation).GroupBy(kind => kind.Status))
        {
            bool isPageToo = kinds.Key == StatusCodes.Status503ServiceUnavailable && operation.RefusedAs.Count > 0;
            string name = string.Join('.', kinds.Select(kind => kind.Name)) + (isPageToo ? $".{operation.Id}" : "");
            JsonObject refusal = Describe([.. kinds]);
            foreach ((string type, JsonNode? form) in Describe(isPageToo ? operation.RefusedAs : []))
            {
                refusal["content"]!.AsObject().Add(type, form!.DeepClone());
            }

            refusals.TryAdd(name, refusal);
            responses.Add($"{kinds.Key}", Reference("responses", name));
        }

        json.Add("responses", responses);
        return json;
    }

    private static JsonObject Describe(Parameter parameter) => new()
    {
        ["name"] = parameter.Name,
        ["in"] = parameter.In,
        ["required"] = parameter.IsRequired,
        ["description"] = parameter.Text,
        ["schema"] = parameter.Schema.DeepClone(),
    };

    private static JsonObject Describe(IReadOnlyList<Content> contents) => new(contents.Select(content =>
        KeyValuePair.Create<string, JsonNode?>(
            content.MediaType, new JsonObject { ["schema"] = content.Schema.DeepClone() })));

    private static JsonObject Describe(Answer answer)
    {
        JsonObject headers = CommonHeaders();
        foreach ((string name, string text, JsonObject schema) in answer.Headers)
        {
            headers.Add(name, Header(text, schema.DeepClone()));
        }

        foreach ((string name, string text, JsonObject schema) in answer.HeadersAtTimes)
        {
            headers.Add(name, Header(text, schema.DeepClone(), isRequired: false));
        }

        return new JsonObject
        {
            ["description"] = answer.Text,
            ["headers"] = headers,
            ["content"] = Describe(answer.Contents),
        };
    }

    /// <summary>One status may stand for several kinds; the types are listed.</summary>
    private static JsonObject Describe(ProblemKind[] kinds)
    {
        JsonObject headers = CommonHeaders();
        foreach (string name in kinds.SelectMany(HeadersOf).Distinct())
        {
            headers.Add(name, Reference("headers", name));
        }

        JsonObject schema = Form.Of<ProblemResponse>();
        schema.Add("properties", new JsonObject { ["type"] = Form.OneOf(kinds.Select(kind => kind.Type)) });
        return new JsonObject
        {
            ["description"] = $"{string.Join("; ", kinds.Select(kind => kind.Title))}.",
            ["headers"] = headers,
            ["content"] = new JsonObject { [ProblemType] = new JsonObject { ["schema"] = schema } },
        };
    }

    private static IEnumerable<string> HeadersOf(ProblemKind kind)
    {
        if (kind.RetryAfterSeconds is not null)
        {
            yield return RetryAfter;
        }

        if (kind == Problems.TokenNeeded || kind == Problems.Forbidden)
        {
            yield return Challenge;
        }
    }

    private static JsonObject CommonHeaders() => new()
    {
        [ApiResponses.NodeHeader] = Reference("headers", ApiResponses.NodeHeader),
        [ApiResponses.LeaderHeader] = Reference("headers", ApiResponses.LeaderHeader),
    };

    private static JsonObject Reference(string kind, string name) => new() { ["$ref"] = $"#/components/{kind}/{name}" };

    private static JsonObject Header(string text, JsonNode schema, bool isRequired = true) =>
        new() { ["description"] = text, ["required"] = isRequired, ["schema"] = schema };

    private static JsonObject Components(SortedDictionary<string, JsonObject> refusals)
    {
        SortedDictionary<string, JsonObject> schemas = ContractSchemas.All();
        schemas.Add(Pieces.BatchAnswer, new JsonObject
        {
            ["description"] = "Answer to one job of a batch.",
            ["anyOf"] = new JsonArray(Form.Of<EnqueueResponse>(), Form.Of<ProblemResponse>()),
        });
        return new JsonObject
        {
            ["securitySchemes"] = new JsonObject
            {
                ["token"] = new JsonObject
                {
                    ["type"] = "http",
                    ["scheme"] = "bearer",
                    ["description"] = "A token of the node's --api-token-file with the scope that the call names; one "
                        + "with admin may do everything. Without such a file no call needs a token, and calls with "
                        + "the scope admin are answered on the node's own machine only.",
                },
            },
            ["headers"] = new JsonObject
            {
                [ApiResponses.NodeHeader] = Header("Cluster address of the node that answers.", Form.Text),
                [ApiResponses.LeaderHeader] = Header("Cluster address of the leader it knew, or none.", Form.Text),
                [RetryAfter] = Header("Seconds to wait before trying again.", Form.Integer(1, 60), isRequired: false),
                [Challenge] = Header("What the token lacks (RFC 6750).", Form.Text, isRequired: false),
            },
            ["responses"] = Named(refusals),
            ["schemas"] = Named(schemas),
        };
    }

    private static JsonObject Named(SortedDictionary<string, JsonObject> parts) =>
        new(parts.Select(part => KeyValuePair.Create<string, JsonNode?>(part.Key, part.Value)));
}
