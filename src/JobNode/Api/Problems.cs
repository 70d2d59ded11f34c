using JobNode.Commands;

namespace JobNode.Api;

/// <summary>The only table from what went wrong to what the client is told.</summary>
internal static partial class Problems
{
    /// <summary>The curl form that always works; ends details about uploads.</summary>
    public const string EnqueueExample =
        "for example: curl -X PUT \"http://HOST:5000/enqueue?iterations=3\" -F \"data=@file\"";

    /// <summary>The curl form of a pull; ends details about pulls.</summary>
    public const string PullExample = "for example: curl -X POST \"http://HOST:5000/pullCompleted?top=10\"";

    /// <summary>Refusals that say nothing against the request: the cluster could not take it just then.</summary>
    public static IReadOnlyList<ProblemKind> WorthATry =>
    [
        Overloaded, QueueFull, JobsMaxReached, DiskLow, DiskBlocked, NoQuorum, OutcomeUnknown, Stopping, Internal,
    ];

    /// <summary>What a refused command means for the client.</summary>
    /// <exception cref="InvariantException">The code is a success, or one that no client's command can end
    /// with.</exception>
    public static Problem From(ResultCode code, JobId? job = null) => code switch
    {
        ResultCode.IdempotencyKeyReused => new(
            IdempotencyKeyReused,
            "This Idempotency-Key was used before with another body, iterations or priority; send a new key for a new "
            + "request, or repeat the first request exactly."),
        ResultCode.UnknownJob => new(
            JobUnknown,
            $"No job has the id {job}: it never existed here or its retention ended; send an id that an enqueue "
            + $"answered.")
        { Job = job },
        ResultCode.AlreadyFinished => new(
            AlreadyFinished,
            $"Job {job} is finished, so it cannot be cancelled; read its result with GET /jobs/{job}.")
        { Job = job },
        ResultCode.QueueFull => new(
            QueueFull,
            $"The cluster holds as many jobs as it may ({Limits.JobsHeldMax}); pull results and try again later."),
        ResultCode.NotLeader => NoQuorumNow("the command was not accepted; send it again"),
        ResultCode.OutcomeUnknown => new(
            OutcomeUnknown,
            "The leader changed while the command was on its way, so it may or may not take effect; ask again with the "
            + "same Idempotency-Key, which can never make a second job" + (job is null ? "." : $", or read GET "
            + $"/jobs/{job}."))
        { Job = job },
        ResultCode.Overloaded => new(
            Overloaded, "This node has too many requests under way; the command was not accepted: send it again "
                + "shortly."),
        ResultCode.DiskLow => new(
            DiskLow,
            "The disk of a node that would have to keep the job is short of space, so no new ones are taken; results "
            + "can be pulled. Send it again later, or have an operator make room (see GET /status)."),
        ResultCode.Stopping => new(Stopping, "This node is stopping; send the request to another node."),
        _ => throw new InvariantException($"result code {code} does not answer a client"),
    };

    /// <summary>A body is larger than allowed.</summary>
    public static Problem TooLarge(long bytesMax) => new(
        BodyTooLarge,
        $"The body has more than {bytesMax} bytes, the most that this node takes (--max-body); send a smaller one.");

    /// <summary>The node has no cluster yet, or does not know what it holds.</summary>
    /// <param name="reason">Half a sentence.</param>
    public static Problem StartingNow(string reason) => new(Starting, $"No call can be served yet: {reason}.");

    /// <summary>The node's data is damaged, and it is not rebuilt yet.</summary>
    /// <param name="reason">Half a sentence.</param>
    public static Problem DamagedNow(string reason) => new(Damaged, $"No call can be served here: {reason}.");

    /// <summary>No leader, or the leader cannot reach a majority.</summary>
    public static Problem NoQuorumNow(string consequence) => new(
        NoQuorum,
        $"No majority of the cluster's nodes can be reached from here, so {consequence}; see GET /status for the "
        + $"nodes.");
}
