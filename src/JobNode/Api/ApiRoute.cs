namespace JobNode.Api;

/// <summary>One call of the API.</summary>
/// <param name="Template">The path as in the API's description; it may end in <c>/{id}</c>.</param>
/// <param name="Methods">Allowed methods, upper case.</param>
/// <param name="Scope">What the caller must be allowed to do.</param>
/// <param name="Handler">Answers; the text is what stood for <c>{id}</c>, else empty.</param>
internal sealed record ApiRoute(
    string Template, IReadOnlyList<string> Methods, ApiScope Scope, Func<HttpContext, string, Task> Handler)
{
    private const string IdSuffix = "{id}";

    /// <summary>True when the path is this route's.</summary>
    public bool Matches(string path, out string id)
    {
        id = "";
        if (!Template.EndsWith(IdSuffix, StringComparison.Ordinal))
        {
            return string.Equals(path, Template, StringComparison.Ordinal);
        }

        ReadOnlySpan<char> prefix = Template.AsSpan(0, Template.Length - IdSuffix.Length);
        if (path.Length <= prefix.Length || !path.AsSpan().StartsWith(prefix, StringComparison.Ordinal))
        {
            return false;
        }

        id = path[prefix.Length..];
        return !id.Contains('/', StringComparison.Ordinal);
    }

    /// <summary>True when the method is allowed; HEAD is GET without the body.</summary>
    public bool Allows(string method) =>
        Methods.Contains(method, StringComparer.Ordinal)
        || (HttpMethods.IsHead(method) && Methods.Contains("GET", StringComparer.Ordinal));
}
