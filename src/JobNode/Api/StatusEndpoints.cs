using System.Text.Json;
using JobNode.Commands;
using JobNode.Observability;
using JobNode.Transport;

namespace JobNode.Api;

/// <summary>The calls about the node and the cluster.</summary>
internal sealed class StatusEndpoints(
    ApiParts parts, ClusterReader cluster, LeaderCalls leaderCalls, NodeMetrics measures)
{
    /// <summary>How long the status of a node without the log looks for the leader's.</summary>
    private static readonly TimeSpan LeaderPatience = TimeSpan.FromSeconds(1);

    /// <summary><c>GET /status</c>.</summary>
    public async Task StatusAsync(HttpContext context)
    {
        // What another node passed on was asked of this one.
        StatusResponse status = LeaderCalls.IsPassed(context)
            ? await cluster.ReadAsync(context.RequestAborted)
            : await ReadAsync(context.RequestAborted);
        await ApiResponses.JsonAsync(context, status, ApiJsonContext.Default.StatusResponse);
    }

    /// <summary>The status as this node knows it, or, where it has no state to tell of, as its leader does.</summary>
    public async Task<StatusResponse> ReadAsync(CancellationToken cancellation) =>
        await ReadLeadersAsync(cancellation) ?? await cluster.ReadAsync(cancellation);

    /// <summary><c>GET /livez</c>: the apply thread turns.</summary>
    public async Task LiveAsync(HttpContext context)
    {
        _ = await parts.ApplyThread.ReadAsync(static () => true, context.RequestAborted);
        await ApiResponses.TextAsync(context, 200, "text/plain", "ok\n");
    }

    /// <summary>
    /// <c>GET /readyz</c>: 200 while a leader is known, this node has caught up with it and does its part, else 503.
    /// What is wrong but keeps nobody from anything but new jobs is told in the body of the 200.
    /// </summary>
    public Task ReadyAsync(HttpContext context)
    {
        string sentences = string.Join(' ', parts.Conditions.Sentences);
        bool isBlocked = parts.Conditions.Has(NodeCondition.DiskBlocked);
        if (isBlocked || parts.Conditions.Has(NodeCondition.Draining) || parts.Conditions.Has(NodeCondition.Removed))
        {
            return ApiResponses.ProblemAsync(
                context, new Problem(isBlocked ? Problems.DiskBlocked : Problems.NotReady, sentences));
        }

        if (parts.Board.Current.Leader == NodeId.None)
        {
            return ApiResponses.ProblemAsync(
                context, Problems.NoQuorumNow("this node is not ready; ask again shortly"));
        }

        return parts.Conditions.Has(NodeCondition.CatchingUp)
            ? ApiResponses.ProblemAsync(context, new Problem(Problems.NotReady, sentences))
            : ApiResponses.TextAsync(context, 200, "text/plain", sentences.Length == 0 ? "ok\n" : $"ok\n{sentences}\n");
    }

    /// <summary><c>GET /metrics</c>.</summary>
    public async Task MetricsAsync(HttpContext context)
    {
        var writer = new PrometheusWriter();
        (await measures.ReadAsync(context.RequestAborted))(writer);
        await ApiResponses.TextAsync(context, 200, PrometheusWriter.ContentType, writer.ToString());
    }

    /// <summary><c>GET /openapi.json</c>.</summary>
    public static Task OpenApiAsync(HttpContext context) =>
        ApiResponses.BytesAsync(context, 200, "application/json", EmbeddedFiles.Read("openapi.json"));

    /// <summary><c>GET /</c>.</summary>
    public static Task DashboardAsync(HttpContext context) =>
        DashboardPage.WriteAsync(context, StatusCodes.Status200OK);

    /// <summary>
    /// On a node without the log, which has no state to tell of: the leader's status with this node in it. Null when
    /// this node has a state, or nobody answers: then it tells what little it knows.
    /// </summary>
    private async Task<StatusResponse?> ReadLeadersAsync(CancellationToken cancellation)
    {
        if (!leaderCalls.IsForLeader(CallPassing.WithoutLog))
        {
            return null;
        }

        PassedOutcome outcome = await leaderCalls.AskAsync("/status", LeaderPatience, cancellation);
        return outcome is { Fate: PassedFate.Answered, Answer: { Status: StatusCodes.Status200OK } answer }
            && JsonSerializer.Deserialize(answer.Body.Span, ApiJsonContext.Default.StatusResponse) is { } leaders
            ? leaders with { Node = cluster.Node(parts.Board.Current) }
            : null;
    }
}
