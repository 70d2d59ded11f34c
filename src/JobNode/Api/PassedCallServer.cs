using System.Globalization;
using JobNode.Transport;

namespace JobNode.Api;

/// <summary>Serves calls that other nodes passed on, by the same router as those of clients.</summary>
internal static class PassedCallServer
{
    /// <summary>Answers a call; the client was let in where it came from.</summary>
    public static async Task<PassedAnswer> ServeAsync(
        PassedCall call, Func<HttpContext, Task> serve, CancellationToken cancellation)
    {
        using var body = new MemoryStream();
        var context = new DefaultHttpContext { RequestAborted = cancellation };
        (string path, string query) = Split(call.Target);
        context.Request.Method = call.Method;
        context.Request.Path = PathString.FromUriComponent(path);
        context.Request.QueryString = new QueryString(query);
        context.Response.Body = body;
        LeaderCalls.Mark(context, call.Elapsed);
        await serve(context);
        await context.Response.CompleteAsync();
        cancellation.ThrowIfCancellationRequested();
        string retryAfter = context.Response.Headers.RetryAfter.ToString();
        return new PassedAnswer(
            context.Response.StatusCode,
            context.Response.ContentType ?? "text/plain",
            int.TryParse(retryAfter, NumberStyles.None, CultureInfo.InvariantCulture, out int seconds) ? seconds : 0,
            body.ToArray());
    }

    private static (string Path, string Query) Split(string target)
    {
        int question = target.IndexOf('?', StringComparison.Ordinal);
        return question < 0 ? (target, "") : (target[..question], target[question..]);
    }
}
