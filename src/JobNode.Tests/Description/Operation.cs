using System.Text.Json.Nodes;
using JobNode.Api;

namespace JobNode.Tests.Description;

/// <summary>What the description says of one call beside what its route says: path, method, scope, passing.</summary>
/// <param name="Id">Its operationId.</param>
/// <param name="Summary">A few words.</param>
/// <param name="Success">The answer when all is well.</param>
internal sealed record Operation(string Id, string Summary, Answer Success)
{
    /// <summary>Sentences about it, or null.</summary>
    public string? More { get; init; }

    /// <summary>What the query, the path and the headers say.</summary>
    public IReadOnlyList<Parameter> Parameters { get; init; } = [];

    /// <summary>Forms of the request's body; none when it has no body.</summary>
    public IReadOnlyList<Content> Body { get; init; } = [];

    /// <summary>
    /// How it can be refused. What the route already tells is added: tokens, passing on, a node that starts.
    /// </summary>
    public IReadOnlyList<ProblemKind> Refusals { get; init; } = [];

    /// <summary>Forms that a 503 may have beside that of a problem: a page for people that says it too.</summary>
    public IReadOnlyList<Content> RefusedAs { get; init; } = [];

    /// <summary>True when a node answers it that is in no cluster yet.</summary>
    public bool NeedsNoCluster { get; init; }
}

/// <summary>One parameter.</summary>
/// <param name="Name">As it is sent.</param>
/// <param name="In">query, path or header.</param>
/// <param name="Text">Sentences about it.</param>
/// <param name="Schema">What it may be.</param>
internal sealed record Parameter(string Name, string In, string Text, JsonObject Schema)
{
    /// <summary>True when it cannot be left out.</summary>
    public bool IsRequired { get; init; }
}

/// <summary>A body, as one media type.</summary>
/// <param name="MediaType">Without parameters.</param>
/// <param name="Schema">Of NDJSON that of one line; empty when anything goes.</param>
internal sealed record Content(string MediaType, JsonObject Schema);

/// <summary>An answer that is no problem.</summary>
/// <param name="Text">What it says.</param>
/// <param name="Contents">Its forms.</param>
internal sealed record Answer(string Text, params IReadOnlyList<Content> Contents)
{
    /// <summary>HTTP status.</summary>
    public int Status { get; init; } = 200;

    /// <summary>Headers beside those that every answer has: name, and what it says.</summary>
    public IReadOnlyList<(string Name, string Text, JsonObject Schema)> Headers { get; init; } = [];

    /// <summary>Such that only some answers have.</summary>
    public IReadOnlyList<(string Name, string Text, JsonObject Schema)> HeadersAtTimes { get; init; } = [];
}
