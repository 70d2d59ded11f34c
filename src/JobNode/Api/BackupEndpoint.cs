using System.Globalization;
using System.Text.Json;
using JobNode.Commands;
using JobNode.Transport;
using Microsoft.AspNetCore.Http.Features;

namespace JobNode.Api;

/// <summary>
/// <c>GET /backup</c>: the state as of now as a snapshot file, with everything acknowledged before the call in it. The
/// node goes on meanwhile; the state that is being sent is frozen, and what changes is copied.
/// </summary>
internal sealed class BackupEndpoint(ApiParts parts, LeaderCalls leader)
{
    /// <summary>Header with the log index that the backup holds.</summary>
    public const string IndexHeader = "Jobnode-Index";

    /// <summary>Header with the digest of the state in the backup.</summary>
    public const string DigestHeader = "Jobnode-Digest";

    private static readonly TimeSpan LeaderPatience = TimeSpan.FromSeconds(2);

    /// <summary>Each holds what has changed since it began in memory, so there is one at a time.</summary>
    private int _underWay;

    /// <summary>Answers.</summary>
    public async Task GetAsync(HttpContext context)
    {
        ConsensusStatus status = parts.Board.Current;
        if (status.AppliedIndex == 0)
        {
            await ApiResponses.ProblemAsync(context, new(
                Problems.NoLogHere,
                "This node is a spare and holds no state to back up; ask the leader"
                + await SayWhereAsync(status, context.RequestAborted)));
            return;
        }

        if (Interlocked.Exchange(ref _underWay, 1) != 0)
        {
            await ApiResponses.ProblemAsync(context, new(
                Problems.Overloaded, "A backup of this node is under way; wait for it, or ask another node."));
            return;
        }

        try
        {
            await AnswerAsync(context);
        }
        finally
        {
            Volatile.Write(ref _underWay, 0);
        }
    }

    /// <summary>A backup is too long to be passed on between nodes, so the client is told whom to ask.</summary>
    private async Task<string> SayWhereAsync(ConsensusStatus status, CancellationToken cancellation)
    {
        PassedOutcome outcome = await leader.AskAsync("/status", LeaderPatience, cancellation);
        if (outcome is { Fate: PassedFate.Answered, Answer: { Status: StatusCodes.Status200OK } answer }
            && JsonSerializer.Deserialize(answer.Body.Span, ApiJsonContext.Default.StatusResponse) is { } said)
        {
            return $": its API is at {said.Node.ApiAddress}.";
        }

        return status.LeaderAddress is { } address ? $", whose cluster address is {address}." : " once there is one.";
    }

    private async Task AnswerAsync(HttpContext context)
    {
        if (await parts.TakeBackup(context.RequestAborted) is not { } backup)
        {
            await ApiResponses.ProblemAsync(
                context, Problems.NoQuorumNow("what was acknowledged last is not known; ask again shortly"));
            return;
        }

        HttpResponse response = context.Response;
        response.ContentType = "application/octet-stream";
        response.Headers[IndexHeader] = backup.Index.ToString(CultureInfo.InvariantCulture);
        response.Headers[DigestHeader] = backup.Digest.ToString("x32");
        if (HttpMethods.IsHead(context.Request.Method))
        {
            return;
        }

        // The state is walked by plain code, so it gets a thread of its own instead of the pool's.
        context.Features.GetRequiredFeature<IHttpBodyControlFeature>().AllowSynchronousIO = true;
        await Task.Factory.StartNew(
            () => backup.WriteTo(response.Body),
            context.RequestAborted,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
    }
}
