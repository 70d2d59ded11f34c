using System.Text.Json.Nodes;
using JobNode.Api;

namespace JobNode.Tests.Description;

/// <summary>
/// Holds answers against the description: status, headers, content type and body, in which no property may stand that
/// is not described.
/// </summary>
internal static class DescribedAnswers
{
    private const string ProblemType = "application/problem+json";
    private const string EventStream = "text/event-stream";

    /// <summary>Headers of HTTP itself, and those that concern the page alone.</summary>
    private static readonly HashSet<string> Undescribed = new(StringComparer.OrdinalIgnoreCase)
    {
        "Date", "Connection", "Transfer-Encoding", "Content-Length", "Content-Type", "Allow", "Vary", "Cache-Control",
        "Content-Security-Policy", "Referrer-Policy", "X-Content-Type-Options", "X-Accel-Buffering",
    };

    private static readonly JsonObject Document = Closed(ApiDocument.Build());
    private static readonly JsonSchemaCheck Schemas = new(Document);

    /// <summary>What the description does not say of an answer, one sentence each.</summary>
    public static async Task<IReadOnlyList<string>> ViolationsAsync(HttpResponseMessage response)
    {
        HttpRequestMessage request = response.RequestMessage!;
        string method = request.Method == HttpMethod.Head ? "get" : request.Method.Method.ToLowerInvariant();
        bool hasBody = request.Method != HttpMethod.Head;
        string? type = response.Content.Headers.ContentType?.MediaType;
        string body = hasBody && type is not (EventStream or "application/octet-stream")
            ? await response.Content.ReadAsStringAsync()
            : "";
        var wrong = new List<string>();
        int status = (int)response.StatusCode;
        if (type == ProblemType && hasBody)
        {
            JudgeProblem(response, JsonNode.Parse(body)!, wrong);
        }

        if (FindPath(request.RequestUri!.AbsolutePath) is not { } path)
        {
            Expect(type == ProblemType, $"an unknown path is answered {status} {type}", wrong);
        }
        else if (path[method] is not JsonObject operation)
        {
            Expect(status is 405 or 503, $"a wrong method is answered {status}", wrong);
        }
        else if (operation["responses"]![$"{status}"] is not JsonObject answer)
        {
            wrong.Add($"the status {status} is not described: {body}");
        }
        else
        {
            answer = Resolve(answer);
            JudgeHeaders(response, answer, wrong);
            JudgeBody(answer, type, hasBody ? body : null, wrong);
        }

        return [.. wrong.Select(sentence => $"{request.Method} {request.RequestUri} {status}: {sentence}")];
    }

    /// <summary>The description of this path.</summary>
    private static JsonObject? FindPath(string path)
    {
        string[] steps = path.Length > 1 ? path.TrimEnd('/').Split('/') : ["", ""];
        JsonObject paths = Document["paths"]!.AsObject();
        return paths.Where(candidate => IsPath(candidate.Key.Split('/'), steps))
            .OrderBy(candidate => candidate.Key.Count(sign => sign == '{'))
            .Select(candidate => candidate.Value!.AsObject())
            .FirstOrDefault();
    }

    private static bool IsPath(string[] template, string[] steps) =>
        template.Length == steps.Length
        && template.Zip(steps).All(pair =>
            pair.First == pair.Second || (pair.First.StartsWith('{') && pair.Second.Length > 0));

    /// <summary>Every contract without room for other properties: clients must bear them, the test must not.</summary>
    private static JsonObject Closed(JsonObject document)
    {
        foreach ((_, JsonNode? schema) in document["components"]!["schemas"]!.AsObject())
        {
            if (schema!["properties"] is not null)
            {
                schema["additionalProperties"] = false;
            }
        }

        return document;
    }

    /// <summary>What holds for each problem wherever it comes from.</summary>
    private static void JudgeProblem(HttpResponseMessage response, JsonNode problem, List<string> wrong)
    {
        wrong.AddRange(Schemas.Violations(Form.Of<ProblemResponse>(), problem));
        ProblemKind? kind = Problems.All.FirstOrDefault(known => known.Type == (string?)problem["type"]);
        Expect(kind?.Status == (int)response.StatusCode, "the status is not that of the problem", wrong);
        Expect((int?)problem["status"] == (int)response.StatusCode, "the problem names another status", wrong);
        Expect((string?)problem["title"] == kind?.Title, "the title is not that of the problem", wrong);
        Expect(
            response.Headers.RetryAfter?.Delta?.TotalSeconds == kind?.RetryAfterSeconds,
            $"Retry-After is {response.Headers.RetryAfter}",
            wrong);
    }

    private static void JudgeHeaders(HttpResponseMessage response, JsonObject answer, List<string> wrong)
    {
        JsonObject described = answer["headers"]?.AsObject() ?? [];
        foreach ((string name, JsonNode? stored) in described)
        {
            JsonObject header = Resolve(stored!.AsObject());
            if (!response.Headers.TryGetValues(name, out IEnumerable<string>? values))
            {
                Expect(!header["required"]!.GetValue<bool>(), $"the header {name} is missing", wrong);
                continue;
            }

            string text = string.Join(", ", values);
            bool isNumber = (string?)header["schema"]!["type"] == "integer";
            JsonNode? value = isNumber ? JsonNode.Parse(text) : JsonValue.Create(text);
            wrong.AddRange(Schemas.Violations(header["schema"]!, value).Select(found => $"the header {name}{found}"));
        }

        wrong.AddRange(response.Headers.Concat<KeyValuePair<string, IEnumerable<string>>>(response.Content.Headers)
            .Where(header => !Undescribed.Contains(header.Key) && !described.ContainsKey(header.Key))
            .Select(header => $"the header {header.Key} is not described"));
    }

    private static void JudgeBody(JsonObject answer, string? type, string? body, List<string> wrong)
    {
        if (type is null || answer["content"]?[type] is not JsonObject content)
        {
            wrong.Add($"the content type {type ?? "(none)"} is not described");
            return;
        }

        if (body is null || type is EventStream or "application/octet-stream")
        {
            return;
        }

        IEnumerable<string> documents = type == "application/x-ndjson"
            ? body.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            : [body];
        bool isJson = type.EndsWith("json", StringComparison.Ordinal);
        foreach (string document in documents)
        {
            JsonNode? value = isJson ? JsonNode.Parse(document) : JsonValue.Create(document);
            wrong.AddRange(Schemas.Violations(content["schema"]!, value));
        }
    }

    /// <summary>The component that a reference stands for, or what is no reference.</summary>
    private static JsonObject Resolve(JsonObject node) => (string?)node["$ref"] is { } reference
        ? reference[2..].Split('/').Aggregate((JsonNode)Document, (inner, step) => inner[step]!).AsObject()
        : node;

    private static void Expect(bool holds, string otherwise, List<string> wrong)
    {
        if (!holds)
        {
            wrong.Add(otherwise);
        }
    }
}

/// <summary>A client's handler that fails the test when an answer is not as described.</summary>
internal sealed class DescribedAnswersHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        HttpResponseMessage response = await base.SendAsync(request, cancellationToken);
        IReadOnlyList<string> violations = await DescribedAnswers.ViolationsAsync(response);
        Assert.True(violations.Count == 0, string.Join('\n', violations));
        return response;
    }
}
