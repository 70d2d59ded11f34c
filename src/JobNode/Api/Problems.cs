using JobNode.Commands;

namespace JobNode.Api;

/// <summary>One kind of error, stable for programs.</summary>
/// <param name="Type">The problem's <c>type</c>; never changed once released.</param>
/// <param name="Status">HTTP status.</param>
/// <param name="Title">A short name for people.</param>
/// <param name="RetryAfterSeconds">What <c>Retry-After</c> says, or null when trying again as is cannot help.</param>
internal sealed record ProblemKind(string Type, int Status, string Title, int? RetryAfterSeconds = null)
{
    /// <summary>The last part of the type: what /metrics calls it.</summary>
    public string Reason => Type[(Type.LastIndexOf('/') + 1)..];
}

/// <summary>An error about one request.</summary>
/// <param name="Kind">Which.</param>
/// <param name="Detail">A sentence that says what is wrong and what to send.</param>
internal sealed record Problem(ProblemKind Kind, string Detail)
{
    /// <summary>The job concerned, where there is one.</summary>
    public JobId? Job { get; init; }

    /// <summary>The contract, as the node named <paramref name="node"/> says it.</summary>
    public ProblemResponse ToResponse(string node) =>
        new(Kind.Type, Kind.Title, Kind.Status, Detail, node) { Id = Job?.ToString() };
}

/// <summary>The only table from what went wrong to what the client is told.</summary>
internal static class Problems
{
    /// <summary>The curl form that always works; ends details about uploads.</summary>
    public const string EnqueueExample =
        "for example: curl -X PUT \"http://HOST:5000/enqueue?iterations=3\" -F \"data=@file\"";

    /// <summary>The curl form of a pull; ends details about pulls.</summary>
    public const string PullExample = "for example: curl -X POST \"http://HOST:5000/pullCompleted?top=10\"";

    public static readonly ProblemKind IterationsMissing =
        new("/problems/iterations-missing", 400, "Iterations missing");
    public static readonly ProblemKind IterationsInvalid =
        new("/problems/iterations-invalid", 400, "Iterations invalid");
    public static readonly ProblemKind PriorityInvalid = new("/problems/priority-invalid", 400, "Priority invalid");
    public static readonly ProblemKind BodyFieldMissing =
        new("/problems/body-field-missing", 400, "Body field missing");
    public static readonly ProblemKind MultipartMalformed =
        new("/problems/multipart-malformed", 400, "Multipart body malformed");
    public static readonly ProblemKind BodyTruncated = new("/problems/body-truncated", 400, "Body truncated");
    public static readonly ProblemKind TopMissing = new("/problems/top-missing", 400, "Top missing");
    public static readonly ProblemKind TopInvalid = new("/problems/top-invalid", 400, "Top invalid");
    public static readonly ProblemKind OrderInvalid = new("/problems/order-invalid", 400, "Order invalid");
    public static readonly ProblemKind JobIdInvalid = new("/problems/job-id-invalid", 400, "Job id invalid");
    public static readonly ProblemKind WaitInvalid = new("/problems/wait-invalid", 400, "Wait invalid");
    public static readonly ProblemKind PageInvalid = new("/problems/page-invalid", 400, "Page parameters invalid");
    public static readonly ProblemKind LineInvalid = new("/problems/line-invalid", 400, "Line invalid");
    public static readonly ProblemKind IdempotencyKeyInvalid =
        new("/problems/idempotency-key-invalid", 400, "Idempotency key invalid");
    public static readonly ProblemKind RequestMalformed = new("/problems/request-malformed", 400, "Request malformed");
    public static readonly ProblemKind TokenNeeded = new("/problems/token-needed", 401, "Token needed");
    public static readonly ProblemKind Forbidden = new("/problems/forbidden", 403, "Not allowed");
    public static readonly ProblemKind JobUnknown = new("/problems/job-unknown", 404, "Job unknown");
    public static readonly ProblemKind PathUnknown = new("/problems/path-unknown", 404, "Path unknown");
    public static readonly ProblemKind MethodNotAllowed =
        new("/problems/method-not-allowed", 405, "Method not allowed");
    public static readonly ProblemKind NoLogHere = new("/problems/no-log-here", 421, "No log here");
    public static readonly ProblemKind MemberIdInvalid = new("/problems/member-id-invalid", 400, "Member id invalid");
    public static readonly ProblemKind LeaveInvalid = new("/problems/leave-invalid", 400, "Leave invalid");
    public static readonly ProblemKind MemberUnknown = new("/problems/member-unknown", 404, "Member unknown");
    public static readonly ProblemKind MembershipRefused =
        new("/problems/membership-refused", 409, "Membership change refused");
    public static readonly ProblemKind AlreadyFinished = new("/problems/already-finished", 409, "Job already finished");
    public static readonly ProblemKind IdempotencyKeyReused =
        new("/problems/idempotency-key-reused", 422, "Idempotency key reused");
    public static readonly ProblemKind Overloaded = new("/problems/overloaded", 429, "Overloaded", 1);
    public static readonly ProblemKind QueueFull = new("/problems/queue-full", 507, "Queue full", 30);
    public static readonly ProblemKind JobsMaxReached =
        new("/problems/too-many-jobs", 429, "Too many jobs", 30);
    public static readonly ProblemKind BodyTooLarge = new("/problems/body-too-large", 413, "Body too large");
    public static readonly ProblemKind DiskLow = new("/problems/disk-low", 507, "Disk space low", 30);
    public static readonly ProblemKind DiskBlocked = new("/problems/disk-blocked", 503, "Disk takes no writes", 2);
    public static readonly ProblemKind NotReady = new("/problems/not-ready", 503, "Node not ready", 1);
    public static readonly ProblemKind NoQuorum = new("/problems/no-quorum", 503, "No quorum", 2);
    public static readonly ProblemKind Starting = new("/problems/starting", 503, "Node starting", 1);
    public static readonly ProblemKind Damaged = new("/problems/damaged", 503, "Data damaged", 5);
    public static readonly ProblemKind OutcomeUnknown = new("/problems/outcome-unknown", 503, "Outcome unknown", 2);
    public static readonly ProblemKind Stopping = new("/problems/node-stopping", 503, "Node stopping", 1);
    public static readonly ProblemKind Internal = new("/problems/internal", 500, "Internal error");

    /// <summary>Refusals that say nothing against the request: the cluster could not take it just then.</summary>
    public static IReadOnlyList<ProblemKind> WorthATry { get; } =
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
