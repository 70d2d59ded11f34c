using System.Text;
using JobNode.Commands;

namespace JobNode.Api;

/// <summary>The page for people, put together once from the files in Dashboard/: it loads nothing else.</summary>
internal static class DashboardPage
{
    private static readonly string[] Scripts = ["basics", "stream", "cluster", "charts", "send", "jobs", "pull"];

    private static readonly Lazy<string[]> AroundNonces = new(static () => Text("page.html")
        .Replace("{style}", Text("page.css"), StringComparison.Ordinal)
        .Replace("{script}", string.Concat(Scripts.Select(static name => Text($"{name}.js"))), StringComparison.Ordinal)
        .Split("{nonce}"));

    /// <summary>
    /// Answers with the page. It may run its own script and style only, by a number that is new in every answer, talk
    /// to its own node only, and be shown in no other page.
    /// </summary>
    public static Task WriteAsync(HttpContext context, int status)
    {
        string nonce = RandomBits.Next128().ToString("x32");
        context.Response.Headers.ContentSecurityPolicy =
            $"default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; connect-src 'self'; "
            + "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
        return ApiResponses.TextAsync(
            context, status, "text/html; charset=utf-8", string.Join(nonce, AroundNonces.Value));
    }

    /// <summary>True for a browser that asks for the page, and not for a program that happens to.</summary>
    public static bool IsAskedFor(HttpRequest request) =>
        request.Path == "/" && HttpMethods.IsGet(request.Method)
        && request.Headers.Accept.ToString().Contains("text/html", StringComparison.Ordinal);

    private static string Text(string name) => Encoding.UTF8.GetString(EmbeddedFiles.Read($"Dashboard.{name}"));
}
