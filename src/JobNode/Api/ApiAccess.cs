using System.Net;
using JobNode.Security;

namespace JobNode.Api;

/// <summary>
/// Decides whether a call may be made. With tokens: who shows one that has the route's scope. Without: everybody, but
/// calls that change the cluster or copy its data only from this machine itself.
/// </summary>
/// <param name="tokens">The tokens; null when there is no file of them.</param>
internal sealed class ApiAccess(WatchedFiles<ApiTokens>? tokens)
{
    private const string Bearer = "Bearer ";

    /// <summary>No tokens, as when a node is started without.</summary>
    public static ApiAccess WithoutTokens { get; } = new(null);

    /// <summary>Reads the file that the options name.</summary>
    /// <exception cref="IOException">It cannot be used; the message says why.</exception>
    public static ApiAccess Open(SecurityOptions options, ILogger logger, TimeProvider time) =>
        options.ApiTokenFile is { } path
            ? new ApiAccess(new WatchedFiles<ApiTokens>(
                "API tokens", [path], () => ApiTokens.Read(path), logger, time))
            : WithoutTokens;

    /// <summary>Null when the call may be made; else what the client is told, with its headers set.</summary>
    public Problem? Judge(HttpContext context, ApiScope needed)
    {
        if (needed == ApiScope.Open)
        {
            return null;
        }

        if (tokens is null)
        {
            return needed == ApiScope.Admin && !IsOfThisMachine(context)
                ? new Problem(
                    Problems.Forbidden,
                    "Without API tokens this call is answered only to programs on the node's own machine, at "
                    + "http://127.0.0.1 or localhost; start the nodes with --api-token-file and send a token with the "
                    + "scope admin.")
                : null;
        }

        string? shown = ReadToken(context.Request);
        IReadOnlySet<ApiScope>? held = tokens.Current.Find(shown ?? "");
        if (held is null)
        {
            context.Response.Headers.WWWAuthenticate = shown is null ? "Bearer" : "Bearer error=\"invalid_token\"";
            return new Problem(Problems.TokenNeeded, shown is null
                ? "This call needs a token: send the header 'Authorization: Bearer TOKEN', with jobnode the flag "
                    + "--token-file FILE or the variable JOBNODE_TOKEN."
                : "The token is none of this node's --api-token-file; ask who runs the cluster for one.");
        }

        if (needed == ApiScope.Read || held.Contains(needed) || held.Contains(ApiScope.Admin))
        {
            return null;
        }

        string scope = NameOf(needed);
        context.Response.Headers.WWWAuthenticate = $"Bearer error=\"insufficient_scope\", scope=\"{scope}\"";
        return new Problem(
            Problems.Forbidden,
            $"The token may not do this: the call needs the scope {scope}; use a token that has it, or add it to the "
            + "token's line in --api-token-file.");
    }

    /// <summary>
    /// A program on this machine, and no web page: a page of a stranger, opened by a person on this machine, comes from
    /// loopback too, but names where it is from (Origin), or reaches the node by a name of the stranger's choice.
    /// </summary>
    private static bool IsOfThisMachine(HttpContext context)
    {
        HostString host = context.Request.Host;
        string origin = context.Request.Headers.Origin.ToString();
        return context.Connection.RemoteIpAddress is { } remote
            && IPAddress.IsLoopback(remote)
            && (host.Host is "localhost" || IPAddress.TryParse(host.Host.Trim('[', ']'), out _))
            && (origin.Length == 0 || origin == $"http://{host}" || origin == $"https://{host}");
    }

    private static string? ReadToken(HttpRequest request)
    {
        string header = request.Headers.Authorization.ToString();
        return header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) ? header[Bearer.Length..].Trim() : null;
    }

    private static string NameOf(ApiScope scope) => scope switch
    {
        ApiScope.Enqueue => "enqueue",
        ApiScope.Pull => "pull",
        _ => "admin",
    };
}
