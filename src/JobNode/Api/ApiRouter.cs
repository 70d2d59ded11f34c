using JobNode.Commands;
using JobNode.Observability;

namespace JobNode.Api;

/// <summary>
/// What serves requests once the node is whole: finds the route, names node and leader in every answer, and is the edge
/// where exceptions end. Plain on purpose: a dozen routes need no framework, and the process starts faster without one.
/// </summary>
internal sealed class ApiRouter(
    IReadOnlyList<ApiRoute> routes,
    ApiAccess access,
    StatusBoard board,
    ClusterReader cluster,
    LeaderCalls leaderCalls,
    Metrics metrics,
    TimeProvider time,
    ILogger logger)
{
    /// <summary>Answers one request; never throws.</summary>
    public async Task ServeAsync(HttpContext context)
    {
        long started = time.GetTimestamp();
        ConsensusStatus status = board.Current;
        context.Response.Headers[ApiResponses.NodeHeader] = cluster.SelfAddress(status);
        context.Response.Headers[ApiResponses.LeaderHeader] = status.LeaderAddress ?? "none";
        ApiRoute? route = Find(context.Request, out string id);
        string name = route?.Template ?? "other";
        string method = route?.Allows(context.Request.Method) == true ? context.Request.Method : "other";
        try
        {
            await AnswerAsync(context, route, id);
        }
        catch (Exception error) when (ApiResponses.IsClientGone(context, error))
        {
            logger.ApiClientGone(method, name);
            context.Abort();
        }
        catch (Exception error)
        {
            await FailAsync(context, error, method, name);
        }

        metrics.CountRequest(name, method, context.Response.StatusCode, time.GetElapsedTime(started));
        // Probes ask before a node is ready, by design.
        if (context.Features.Get<ProblemKind>() is { } problem && route?.Scope != ApiScope.Open)
        {
            metrics.CountRefusal(problem.Name);
        }
    }

    private static Task AnswerUnknownAsync(HttpContext context, IReadOnlyList<ApiRoute> routes)
    {
        IEnumerable<string> calls = routes.Select(route => $"{string.Join('|', route.Methods)} {route.Template}");
        return ApiResponses.RefuseUnreadAsync(context, new(
            Problems.PathUnknown,
            $"There is nothing at this path; the calls are {string.Join(", ", calls)}."));
    }

    private Task AnswerAsync(HttpContext context, ApiRoute? route, string id)
    {
        if (route is null)
        {
            return AnswerUnknownAsync(context, routes);
        }

        if (route.Allows(context.Request.Method))
        {
            // A call that another node passed on was judged there.
            return !LeaderCalls.IsPassed(context) && access.Judge(context, route.Scope) is { } problem
                ? ApiResponses.RefuseUnreadAsync(context, problem)
                : ServeAsync(context, route, id);
        }

        string allowed = string.Join(", ", routes
            .Where(other => other.Template == route.Template)
            .SelectMany(other => other.Methods));
        context.Response.Headers.Allow = allowed;
        return ApiResponses.RefuseUnreadAsync(context, new(
            Problems.MethodNotAllowed,
            $"{route.Template} does not answer {context.Request.Method}; send {allowed.Replace(", ", " or ")}."));
    }

    /// <summary>Here, or at the leader; a call that came from another node goes no further.</summary>
    private async Task ServeAsync(HttpContext context, ApiRoute route, string id)
    {
        if (leaderCalls.IsForLeader(route.Passing))
        {
            if (LeaderCalls.IsPassed(context))
            {
                await ApiResponses.TextAsync(
                    context, StatusCodes.Status421MisdirectedRequest, "text/plain", "this node does not lead\n");
                return;
            }

            if (await leaderCalls.TryPassAsync(context))
            {
                return;
            }
        }

        await route.Handler(context, id);
    }

    /// <summary>The route of this path: the one that allows the method when several share the path.</summary>
    private ApiRoute? Find(HttpRequest request, out string id)
    {
        string path = request.Path.Value ?? "";
        path = path.Length > 1 ? path.TrimEnd('/') : path;
        ApiRoute? found = null;
        id = "";
        foreach (ApiRoute route in routes)
        {
            if (!route.Matches(path, out string routeId))
            {
                continue;
            }

            id = routeId;
            found = route;
            if (route.Allows(request.Method))
            {
                break;
            }
        }

        return found;
    }

    private async Task FailAsync(HttpContext context, Exception error, string method, string name)
    {
        if (error is BadHttpRequestException bad)
        {
            await AnswerFailureAsync(context, new(
                Problems.RequestMalformed, $"The request cannot be read: {bad.Message.TrimEnd('.')}; send it again."));
            return;
        }

        if (error is NodeStoppingException)
        {
            await AnswerFailureAsync(context, Problems.From(ResultCode.Stopping));
            return;
        }

        logger.ApiRequestFailed(error, method, name);
        await AnswerFailureAsync(context, new(
            Problems.Internal,
            "The node failed to answer; its log says why (event 4001). Trying again, on another node perhaps, is "
            + "safe with "
            + "the same Idempotency-Key."));
    }

    private static async Task AnswerFailureAsync(HttpContext context, Problem problem)
    {
        if (context.Response.HasStarted)
        {
            context.Abort();
            return;
        }

        await ApiResponses.RefuseUnreadAsync(context, problem);
    }
}
