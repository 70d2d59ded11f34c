using JobNode.Commands;

namespace JobNode.Api;

/// <summary>Whether a request that ended with a problem may be sent again as it was.</summary>
internal enum RetrySafety
{
    /// <summary>It would get the same answer.</summary>
    Pointless,

    /// <summary>The request changed nothing.</summary>
    Safe,

    /// <summary>The request may have taken effect: its key keeps it from doing so twice.</summary>
    SafeWithKey,
}

/// <summary>One kind of error, stable for programs.</summary>
/// <param name="Name">Last part of the problem's <c>type</c>; never changed once released.</param>
/// <param name="Status">HTTP status.</param>
/// <param name="Title">A short name for people.</param>
/// <param name="Retry">Whether the same request may be sent again.</param>
/// <param name="Meaning">Sentences: what is wrong.</param>
/// <param name="Remedy">Sentences: what to do.</param>
/// <param name="RetryAfterSeconds">What <c>Retry-After</c> says, or null when trying again as is cannot help.</param>
internal sealed record ProblemKind(
    string Name,
    int Status,
    string Title,
    RetrySafety Retry,
    string Meaning,
    string Remedy,
    int? RetryAfterSeconds = null)
{
    /// <summary>The problem's <c>type</c>, which is the path of the page about it.</summary>
    public string Type { get; } = $"{ProblemPages.ListPath}/{Name}";
}

/// <summary>An error about one request.</summary>
/// <param name="Kind">Which.</param>
/// <param name="Detail">A sentence that says what is wrong and what to send.</param>
internal sealed record Problem(ProblemKind Kind, string Detail)
{
    /// <summary>The job concerned, where there is one.</summary>
    public JobId? Job { get; init; }

    /// <summary>The contract, as the node named <paramref name="node"/> says it.</summary>
    public ProblemResponse ToResponse(string node) =>
        new(Kind.Type, Kind.Title, Kind.Status, Detail, node) { Id = Job?.ToString() };
}
