namespace JobNode.Api;

/// <summary>One call of the API.</summary>
/// <param name="Template">The path as in the API's description; one segment may be a name in braces, as <c>{id}</c>.
/// </param>
/// <param name="Methods">Allowed methods, upper case.</param>
/// <param name="Scope">What the caller must be allowed to do.</param>
/// <param name="Handler">Answers; the text is what stood for the name in braces, else empty.</param>
internal sealed record ApiRoute(
    string Template, IReadOnlyList<string> Methods, ApiScope Scope, Func<HttpContext, string, Task> Handler)
{
    /// <summary>Which nodes serve it themselves.</summary>
    public CallPassing Passing { get; init; }

    /// <summary>True when the path is this route's.</summary>
    public bool Matches(string path, out string id)
    {
        id = "";
        int at = Template.IndexOf('{', StringComparison.Ordinal);
        if (at < 0)
        {
            return string.Equals(path, Template, StringComparison.Ordinal);
        }

        ReadOnlySpan<char> prefix = Template.AsSpan(0, at);
        ReadOnlySpan<char> suffix = Template.AsSpan(Template.IndexOf('}', StringComparison.Ordinal) + 1);
        if (path.Length <= prefix.Length + suffix.Length
            || !path.AsSpan().StartsWith(prefix, StringComparison.Ordinal)
            || !path.AsSpan().EndsWith(suffix, StringComparison.Ordinal))
        {
            return false;
        }

        id = path[prefix.Length..^suffix.Length];
        return !id.Contains('/', StringComparison.Ordinal);
    }

    /// <summary>True when the method is allowed; HEAD is GET without the body.</summary>
    public bool Allows(string method) =>
        Methods.Contains(method, StringComparer.Ordinal)
        || (HttpMethods.IsHead(method) && Methods.Contains("GET", StringComparer.Ordinal));
}
