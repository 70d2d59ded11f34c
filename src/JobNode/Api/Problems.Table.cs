namespace JobNode.Api;

/// <content>
/// Every kind of problem, once: what answers are made from, the pages under /problems, docs/problems.md and the list in
/// openapi.json. The texts hold none of the characters that HTML gives a meaning; a test sees to it.
/// </content>
internal static partial class Problems
{
    // First in the file: the definitions below add to it.
    private static readonly List<ProblemKind> Defined = [];

    public static readonly ProblemKind IterationsMissing = Define(
        "iterations-missing", 400, "Iterations missing", RetrySafety.Pointless,
        "The query does not say how many times to hash.",
        "Add iterations=N to the query, a whole number from 1 on.");

    public static readonly ProblemKind IterationsInvalid = Define(
        "iterations-invalid", 400, "Iterations invalid", RetrySafety.Pointless,
        "The number of iterations is no whole number, is 0, is over the limit of the node (--max-iterations), or was "
        + "given more than once.",
        "Send one whole number within the bounds that the detail names.");

    public static readonly ProblemKind PriorityInvalid = Define(
        "priority-invalid", 400, "Priority invalid", RetrySafety.Pointless,
        "The priority is no whole number, or over the highest one.",
        "Send a whole number within the bounds that the detail names, or leave it out for 0. Higher is served first.");

    public static readonly ProblemKind BodyFieldMissing = Define(
        "body-field-missing", 400, "Body field missing", RetrySafety.Pointless,
        "The form has no part named data or file (PUT /enqueue), or no part at all (POST /jobs).",
        "Put the bytes of the job into a part with that name, or send them as the whole body without a form.");

    public static readonly ProblemKind MultipartMalformed = Define(
        "multipart-malformed", 400, "Multipart body malformed", RetrySafety.Pointless,
        "The body is said to be a form (multipart/form-data), but cannot be read as one.",
        "Let the HTTP client make the form and its Content-Type, as curl does with -F.");

    public static readonly ProblemKind BodyTruncated = Define(
        "body-truncated", 400, "Body truncated", RetrySafety.SafeWithKey,
        "The body ended before its headers or its closing boundary say. A single upload enqueued nothing; of a batch, "
        + "what was answered with an id before is accepted.",
        "Send it again; of a batch, only what has no id yet.");

    public static readonly ProblemKind TopMissing = Define(
        "top-missing", 400, "Top missing", RetrySafety.Pointless,
        "The query of the pull does not say how many results are wanted at most.",
        "Add top=N to the query.");

    public static readonly ProblemKind TopInvalid = Define(
        "top-invalid", 400, "Top invalid", RetrySafety.Pointless,
        "The number of results to pull is no whole number or out of bounds.",
        "Send a whole number within the bounds that the detail names, and pull again for more.");

    public static readonly ProblemKind OrderInvalid = Define(
        "order-invalid", 400, "Order invalid", RetrySafety.Pointless,
        "The order of the pull is neither oldest nor newest.",
        "Send one of the two, or leave it out for oldest.");

    public static readonly ProblemKind JobIdInvalid = Define(
        "job-id-invalid", 400, "Job id invalid", RetrySafety.Pointless,
        "What stands in the path for the job is no UUID.",
        "Send the id that an enqueue answered.");

    public static readonly ProblemKind WaitInvalid = Define(
        "wait-invalid", 400, "Wait invalid", RetrySafety.Pointless,
        "The time to wait is no duration, or too long.",
        "Send a duration such as 500ms, 30s or 2m within the bound that the detail names; ask again to wait longer.");

    public static readonly ProblemKind PageInvalid = Define(
        "page-invalid", 400, "Page parameters invalid", RetrySafety.Pointless,
        "The state, the limit or the cursor of a listing is not one that can be asked for.",
        "Send what the detail names; as cursor only a nextCursor that this call answered.");

    public static readonly ProblemKind LineInvalid = Define(
        "line-invalid", 400, "Line invalid", RetrySafety.Pointless,
        "A line of a batch is not the JSON of a job, or is too long. It is the answer to that line: the others count.",
        "Correct the line that the detail names and send it again alone.");

    public static readonly ProblemKind IdempotencyKeyInvalid = Define(
        "idempotency-key-invalid", 400, "Idempotency key invalid", RetrySafety.Pointless,
        "The Idempotency-Key is empty, too long, or was given more than once.",
        "Send one key within the bounds that the detail names; a UUID is a good one.");

    public static readonly ProblemKind RequestMalformed = Define(
        "request-malformed", 400, "Request malformed", RetrySafety.SafeWithKey,
        "The request does not follow HTTP.",
        "Send it again with another client or connection; look for a proxy on the way that changes requests.");

    public static readonly ProblemKind MemberIdInvalid = Define(
        "member-id-invalid", 400, "Member id invalid", RetrySafety.Pointless,
        "What stands for the member is not the id of one: 16 hex digits.",
        "Send an id as GET /members lists it.");

    public static readonly ProblemKind LeaveInvalid = Define(
        "leave-invalid", 400, "Leave invalid", RetrySafety.Pointless,
        "The drain's leave is neither true nor false.",
        "Send leave=true to remove the node from the cluster, or leave it out to stop it for a while.");

    public static readonly ProblemKind TokenNeeded = Define(
        "token-needed", 401, "Token needed", RetrySafety.Pointless,
        "The node was started with --api-token-file, and the request shows no token, or one that is not in the file.",
        "Send the header Authorization: Bearer TOKEN; ask who runs the cluster for a token.");

    public static readonly ProblemKind Forbidden = Define(
        "forbidden", 403, "Not allowed", RetrySafety.Pointless,
        "The token lacks the scope that the call needs; or the node has no tokens, and a call that changes the cluster "
        + "or copies its data came from another machine or from a foreign web page.",
        "Use a token with the scope that the detail names; without tokens, call from the node's own machine.");

    public static readonly ProblemKind JobUnknown = Define(
        "job-unknown", 404, "Job unknown", RetrySafety.Pointless,
        "No job has this id: it never existed in this cluster, or it was pulled or cancelled more than a day ago.",
        "Check the id; what was pulled is with whoever pulled it.");

    public static readonly ProblemKind MemberUnknown = Define(
        "member-unknown", 404, "Member unknown", RetrySafety.Pointless,
        "The cluster has no member with this id, and had none that was removed.",
        "Send an id as GET /members lists it.");

    public static readonly ProblemKind PathUnknown = Define(
        "path-unknown", 404, "Path unknown", RetrySafety.Pointless,
        "The node serves nothing at this path.",
        "Use one of the calls that the detail lists; GET /openapi.json describes them.");

    public static readonly ProblemKind MethodNotAllowed = Define(
        "method-not-allowed", 405, "Method not allowed", RetrySafety.Pointless,
        "The path is one of the API's, but not with this method.",
        "Use a method that the header Allow names.");

    public static readonly ProblemKind AlreadyFinished = Define(
        "already-finished", 409, "Job already finished", RetrySafety.Pointless,
        "The job is finished, so that it cannot be cancelled any more.",
        "Read it with GET /jobs/ID, or pull its result.");

    public static readonly ProblemKind MembershipRefused = Define(
        "membership-refused", 409, "Membership change refused", RetrySafety.Safe,
        "The cluster does not make this change now: its quorum needs the node, another change is under way, or the "
        + "change was not confirmed.",
        "Do what the detail says; look at GET /members, and ask again once that has changed.");

    public static readonly ProblemKind BodyTooLarge = Define(
        "body-too-large", 413, "Body too large", RetrySafety.Pointless,
        "A job's body has more bytes than the node takes (--max-body).",
        "Send a smaller one, or raise the bound on every node.");

    public static readonly ProblemKind NoLogHere = Define(
        "no-log-here", 421, "No log here", RetrySafety.Pointless,
        "The node is a spare: it computes, but holds no state that could be backed up.",
        "Ask the node that the detail names.");

    public static readonly ProblemKind IdempotencyKeyReused = Define(
        "idempotency-key-reused", 422, "Idempotency key reused", RetrySafety.Pointless,
        "The Idempotency-Key was used before for a job with another body, iterations or priority.",
        "Send a new key for a new job, or repeat the first request exactly to get its id again.");

    public static readonly ProblemKind Overloaded = Define(
        "overloaded", 429, "Overloaded", RetrySafety.Safe,
        "The node has too many requests of this kind under way. The request was not accepted.",
        "Send it again after the time in Retry-After, or to another node; send with fewer connections at once.",
        retryAfterSeconds: 1);

    public static readonly ProblemKind JobsMaxReached = Define(
        "too-many-jobs", 429, "Too many jobs", RetrySafety.Safe,
        "The cluster holds as many jobs as the node was told to allow (--max-jobs), finished ones included.",
        "Pull results, wait for old jobs to end (a day after they were pulled or cancelled), and send the job again.",
        retryAfterSeconds: 30);

    public static readonly ProblemKind Internal = Define(
        "internal", 500, "Internal error", RetrySafety.SafeWithKey,
        "The node failed to answer because of a mistake in the program or a broken machine.",
        "Send it again, to another node perhaps. The node's log has the cause (event 4001): please report it.");

    public static readonly ProblemKind Starting = Define(
        "starting", 503, "Node starting", RetrySafety.Safe,
        "The node is not in a cluster yet, or still reads its log; the detail says which.",
        "Wait until GET /readyz answers 200, or use another node.",
        retryAfterSeconds: 1);

    public static readonly ProblemKind NotReady = Define(
        "not-ready", 503, "Node not ready", RetrySafety.Safe,
        "The node answers, but should get no new work: it has not caught up with its leader, drains, or was removed.",
        "Use another node; the detail says whether this one gets ready by itself.",
        retryAfterSeconds: 1);

    public static readonly ProblemKind NoQuorum = Define(
        "no-quorum", 503, "No quorum", RetrySafety.Safe,
        "No majority of the cluster's voters can be reached from the node, or no leader is known yet. Nothing was "
        + "accepted.",
        "Send it again, to another node perhaps. If it lasts, start the nodes that are down; GET /status names them.",
        retryAfterSeconds: 2);

    public static readonly ProblemKind OutcomeUnknown = Define(
        "outcome-unknown", 503, "Outcome unknown", RetrySafety.SafeWithKey,
        "The leader was lost while the request was under way: it may or may not take effect.",
        "Send it again with the same Idempotency-Key, which never makes a second job; without a key, look first "
        + "whether it took effect.",
        retryAfterSeconds: 2);

    public static readonly ProblemKind Stopping = Define(
        "node-stopping", 503, "Node stopping", RetrySafety.Safe,
        "The node is shutting down and did not accept the request.",
        "Send it to another node.",
        retryAfterSeconds: 1);

    public static readonly ProblemKind DiskBlocked = Define(
        "disk-blocked", 503, "Disk takes no writes", RetrySafety.Safe,
        "The node cannot write its log: the disk is full, read-only or broken. Nothing was accepted.",
        "Use another node, and make room on this one: it goes on by itself.",
        retryAfterSeconds: 2);

    public static readonly ProblemKind Damaged = Define(
        "damaged", 503, "Data damaged", RetrySafety.Safe,
        "Files of the node are damaged. It gives no answers until it is rebuilt from the other members.",
        "Use another node. It is rebuilt by itself once a majority of the others is there; its log tells how it goes.",
        retryAfterSeconds: 5);

    public static readonly ProblemKind QueueFull = Define(
        "queue-full", 507, "Queue full", RetrySafety.Safe,
        "The cluster holds as many jobs as it can, finished ones included. The job was not accepted.",
        "Pull results, wait for old jobs to end (a day after they were pulled or cancelled), and send the job again.",
        retryAfterSeconds: 30);

    public static readonly ProblemKind DiskLow = Define(
        "disk-low", 507, "Disk space low", RetrySafety.Safe,
        "A node that would have to keep the job has less free disk than it was told to keep (--min-free-disk). Pulls "
        + "and results go on.",
        "Make room on the node that warns in GET /status, or wait.",
        retryAfterSeconds: 30);

    /// <summary>All of them, by status.</summary>
    public static IReadOnlyList<ProblemKind> All => Defined;

    /// <summary>The kind with this name, or null.</summary>
    public static ProblemKind? Find(string name) => Defined.Find(kind => kind.Name == name);

    private static ProblemKind Define(
        string name,
        int status,
        string title,
        RetrySafety retry,
        string meaning,
        string remedy,
        int? retryAfterSeconds = null)
    {
        var kind = new ProblemKind(name, status, title, retry, meaning, remedy, retryAfterSeconds);
        Defined.Add(kind);
        return kind;
    }
}
