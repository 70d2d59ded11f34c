using System.Text;

namespace JobNode.Api;

/// <summary>
/// What each type of problem means, at the path that the type is: HTML for browsers, else text. Needs no cluster, so it
/// is answered by a node that starts, too.
/// </summary>
internal static class ProblemPages
{
    /// <summary>Path of the list; the pages are below it.</summary>
    public const string ListPath = "/problems";

    private const string Introduction =
        "An answer that is an error has the content type application/problem+json (RFC 9457). Programs look at its "
        + "type, which is the path of a page of this list; people read its detail, which says what to send instead.";

    /// <summary><c>GET /problems</c>.</summary>
    public static Task ListAsync(HttpContext context) =>
        AnswerAsync(context, static () => Html("Problems", Introduction, Problems.All), Text);

    /// <summary><c>GET /problems/{name}</c>.</summary>
    public static Task GetAsync(HttpContext context, string name) => Problems.Find(name) is { } kind
        ? AnswerAsync(context, () => Html(kind.Title, "", [kind]), () => Section(kind, "#"))
        : ApiResponses.ProblemAsync(context, new(
            Problems.PathUnknown, $"No problem has this type; GET {ListPath} lists all of them."));

    /// <summary>The whole list in Markdown.</summary>
    public static string Text() =>
        $"# Problems\n\n{Introduction}\n\n{string.Join('\n', Problems.All.Select(kind => Section(kind, "##")))}";

    private static Task AnswerAsync(HttpContext context, Func<string> html, Func<string> text)
    {
        context.Response.Headers.Vary = "Accept";
        context.Response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'";
        return context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase)
            ? ApiResponses.TextAsync(context, 200, "text/html; charset=utf-8", html())
            : ApiResponses.TextAsync(context, 200, "text/plain; charset=utf-8", text());
    }

    private static string Section(ProblemKind kind, string heading)
    {
        var text = new StringBuilder($"{heading} {kind.Title}\n\n");
        foreach ((string name, string value) in Facts(kind))
        {
            text.Append($"- {name}: {value}\n");
        }

        return text.ToString();
    }

    /// <summary>The texts are those of the table, which need no escaping.</summary>
    private static string Html(string title, string introduction, IReadOnlyList<ProblemKind> kinds)
    {
        var text = new StringBuilder(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
            + "<meta name=\"viewport\" content=\"width=device-width\">"
            + $"<title>{title} - jobnode</title><style>:root{{color-scheme:light dark}}"
            + "body{font:1rem/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem}"
            + "dt{font-weight:600}dd{margin:0 0 .5rem}</style></head><body>\n"
            + $"<h1>{title}</h1>\n<p>{introduction} <a href=\"{ListPath}\">All problems</a></p>\n");
        foreach (ProblemKind kind in kinds)
        {
            text.Append($"<h2><a href=\"{kind.Type}\">{kind.Title}</a></h2>\n<dl>");
            foreach ((string name, string value) in Facts(kind))
            {
                text.Append($"<dt>{name}</dt><dd>{value}</dd>");
            }

            text.Append("</dl>\n");
        }

        return text.Append("</body></html>\n").ToString();
    }

    private static IEnumerable<(string Name, string Value)> Facts(ProblemKind kind) =>
    [
        ("Type", kind.Type),
        ("Status", kind.RetryAfterSeconds is { } seconds
            ? $"{kind.Status}, Retry-After: {seconds} s"
            : $"{kind.Status}"),
        ("Meaning", kind.Meaning),
        ("What to do", kind.Remedy),
        ("Is a retry safe", kind.Retry switch
        {
            RetrySafety.Pointless => "It is no use: the same request gets the same answer.",
            RetrySafety.Safe => "Yes: the request changed nothing.",
            _ => "With the Idempotency-Key of the first try: it may have taken effect, wholly or in part.",
        }),
    ];
}
