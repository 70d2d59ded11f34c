using JobNode.Commands;
using JobNode.Observability;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;

namespace JobNode.Api;

/// <summary>
/// What Kestrel hands requests to. The port is open before the node is in a cluster, so that a client is told why it
/// has to wait instead of being refused; the router takes over once, when the node is whole.
/// </summary>
/// <param name="node">HOST:PORT that answers name as this node while it starts.</param>
/// <param name="waitsFor">Why the node is not at work yet; asked on any thread.</param>
/// <param name="logger">For what fails.</param>
internal sealed class ApiApplication(string node, Func<Problem> waitsFor, ILogger logger)
    : IHttpApplication<HttpContext>
{
    private volatile ApiRouter? _router;

    /// <summary>What serves calls, or null until the node is whole.</summary>
    public ApiRouter? Router => _router;

    /// <summary>From now on this router answers; those requests under way are still told to wait.</summary>
    public void Open(ApiRouter router)
    {
        ApiRouter? before = Interlocked.CompareExchange(ref _router, router, null);
        Invariant.That(before is null, "the API opens once");
    }

    /// <inheritdoc/>
    public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

    /// <inheritdoc/>
    public void DisposeContext(HttpContext context, Exception? exception) =>
        ((DefaultHttpContext)context).Uninitialize();

    /// <inheritdoc/>
    public Task ProcessRequestAsync(HttpContext context) =>
        _router is { } router ? router.ServeAsync(context) : AnswerStartingAsync(context);

    private async Task AnswerStartingAsync(HttpContext context)
    {
        context.Response.Headers[ApiResponses.NodeHeader] = node;
        context.Response.Headers[ApiResponses.LeaderHeader] = "none";
        try
        {
            await AnswerAloneAsync(context);
        }
        catch (Exception error) when (ApiResponses.IsClientGone(context, error))
        {
            logger.ApiClientGone(context.Request.Method, "starting");
            context.Abort();
        }
    }

    /// <summary>That the process lives, and what problems mean, needs no cluster; all else has to wait.</summary>
    private Task AnswerAloneAsync(HttpContext context)
    {
        string path = context.Request.Path.Value ?? "";
        bool isRead = HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method);
        return path switch
        {
            _ when !isRead => ApiResponses.RefuseUnreadAsync(context, waitsFor()),
            "/livez" => ApiResponses.TextAsync(context, 200, "text/plain", "ok\n"),
            _ when DashboardPage.IsAskedFor(context.Request) =>
                DashboardPage.WriteAsync(context, StatusCodes.Status503ServiceUnavailable),
            ProblemPages.ListPath => ProblemPages.ListAsync(context),
            _ when path.StartsWith($"{ProblemPages.ListPath}/", StringComparison.Ordinal) =>
                ProblemPages.GetAsync(context, path[(ProblemPages.ListPath.Length + 1)..]),
            _ => ApiResponses.RefuseUnreadAsync(context, waitsFor()),
        };
    }
}
