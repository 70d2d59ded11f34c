namespace JobNode.Api;

/// <summary><c>GET /events</c>: what happens, as it happens, for as long as the client reads.</summary>
internal sealed class EventsEndpoint(ClusterWatch watch)
{
    /// <summary>
    /// Answers until the client goes, the node stops, or the client is too slow. One that reads nothing at all is cut
    /// off by the server's least rate, and holds no more than its bounded queue until then.
    /// </summary>
    public async Task GetAsync(HttpContext context)
    {
        using EventFollower? follower = watch.Follow(out Problem? problem);
        if (follower is null)
        {
            await ApiResponses.ProblemAsync(context, problem!);
            return;
        }

        HttpResponse response = context.Response;
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-store";
        // A reverse proxy that gathers answers would hold the events back.
        response.Headers["X-Accel-Buffering"] = "no";
        if (HttpMethods.IsHead(context.Request.Method))
        {
            return;
        }

        await response.BodyWriter.WriteAsync(EventText.Opening, context.RequestAborted);
        await foreach (byte[] message in follower.Messages.ReadAllAsync(context.RequestAborted))
        {
            await response.BodyWriter.WriteAsync(message, context.RequestAborted);
        }

        if (follower.WasTooSlow)
        {
            context.Abort();
        }
    }
}
