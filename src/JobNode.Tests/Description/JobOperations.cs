using JobNode.Api;
using JobNode.Commands;
using JobNode.Queue;
using static JobNode.Tests.Description.Pieces;

namespace JobNode.Tests.Description;

/// <summary>The calls about jobs.</summary>
internal static class JobOperations
{
    /// <summary>A proposal can end so, whatever it is.</summary>
    private static readonly ProblemKind[] OfCommands =
        [Problems.Overloaded, Problems.NoQuorum, Problems.OutcomeUnknown];

    private static readonly ProblemKind[] OfUploads =
    [
        Problems.IterationsMissing, Problems.IterationsInvalid, Problems.PriorityInvalid,
        Problems.IdempotencyKeyInvalid, Problems.MultipartMalformed, Problems.BodyFieldMissing, Problems.BodyTruncated,
        Problems.BodyTooLarge, Problems.JobsMaxReached, Problems.DiskLow, .. OfCommands,
    ];

    private static readonly Parameter JobInPath =
        new("id", "path", "What an enqueue answered.", Form.Uuid) { IsRequired = true };

    private static readonly Parameter JobOrKeyInPath =
        new("id", "path", "What an enqueue answered; or `key:` and its Idempotency-Key.", Form.Text)
        {
            IsRequired = true,
        };

    private static readonly Operation Enqueue = new(
        "enqueue",
        "Send a job",
        new("Accepted.", Json<EnqueueResponse>(), new Content("text/plain", Form.Text))
        {
            HeadersAtTimes =
            [
                (EnqueueResponse.ReplayedHeader, "true when the key was known: the job was there already.",
                    Form.OneOf("true")),
            ],
        })
    {
        More = "Answers once a quorum has the job on disk. The body is hashed while it streams in and never stored. "
            + "With `Accept: text/plain` the answer is the bare id.",
        Parameters = [Iterations("A node may allow fewer (`--max-iterations`).") with { IsRequired = true },
            Priority(), Key("Makes the call safe to repeat: the same key gives the same answer again.")],
        Body =
        [
            new("multipart/form-data", Parts("data", "file")),
            new("application/octet-stream", Form.Bytes),
        ],
        Refusals = [.. OfUploads, Problems.IdempotencyKeyReused, Problems.QueueFull, Problems.DiskBlocked],
    };

    /// <summary>By method and path.</summary>
    public static readonly Dictionary<string, Operation> Table = new(StringComparer.Ordinal)
    {
        ["PUT /enqueue"] = Enqueue,
        ["POST /enqueue"] = Enqueue with { Id = "enqueueByPost" },
        ["POST /pullCompleted"] = new(
            "pullCompleted",
            "Take results",
            new("The results, an empty array when there are none.",
                new Content(JsonType, Form.ListOf(Form.Of<PulledResponse>()))))
        {
            More = "Results leave the completed queue and stay readable through `GET /jobs/{id}` for the retention "
                + "time.",
            Parameters =
            [
                new("top", "query", "At most this many.", Form.Integer(1, Limits.PullTopMax)) { IsRequired = true },
                new("order", "query", "Which end of the completed queue.", Form.OneOf(Words<PullOrder>()).Or("oldest")),
                Key("Makes the call safe to repeat: the same key gives the same results again. An empty answer is not "
                    + "remembered: it took nothing, and the same key asks anew."),
            ],
            Refusals =
            [
                Problems.TopMissing, Problems.TopInvalid, Problems.OrderInvalid, Problems.IdempotencyKeyInvalid,
                .. OfCommands,
            ],
        },
        ["POST /jobs"] = new(
            "enqueueMany",
            "Send many jobs",
            new("One line or element per job, in order: an id or a problem.",
                new("application/x-ndjson", Form.Named(BatchAnswer)),
                new(JsonType, Form.ListOf(Form.Named(BatchAnswer)))))
        {
            More = "NDJSON, one job per line, answered line by line; or a form with many files and `iterations` in the "
                + "query, answered as an array. The schemas of NDJSON are those of one line. A problem of the cluster "
                + "(no quorum, no space) ends the answer: it is the last line or element, and jobs without one were "
                + "not accepted.",
            Parameters =
            [
                Iterations("Required with a form; ignored with NDJSON."), Priority(),
                Key("Of a form: makes the call safe to repeat. Lines have keys of their own."),
            ],
            Body =
            [
                new("application/x-ndjson", Form.Of<BatchLine>()),
                new("multipart/form-data", Parts()),
            ],
            Refusals = OfUploads,
        },
        ["GET /jobs"] = new("listJobs", "List jobs", new("A page.", Json<JobPageResponse>()))
        {
            More = "Shows the replicated state, as this node has it: a job that some node runs is pending here, with "
                + "iterationsDone as of its last checkpoint. Read the job itself for running and its progress.",
            Parameters =
            [
                new("state", "query", "Only these; pending has running jobs too.", Form.OneOf(Words<JobState>())),
                new("limit", "query", "Jobs on a page.",
                    Form.Integer(1, RequestReader.PageJobsMax).Or(RequestReader.PageJobsDefault)),
                new("cursor", "query", "`nextCursor` of the page before.", Form.Text),
            ],
            Refusals = [Problems.PageInvalid],
        },
        ["GET /jobs/{id}"] = new("getJob", "Read a job", new("The job.", Json<JobResponse>()))
        {
            More = "Sees everything acknowledged before the call, on any node.",
            Parameters =
            [
                JobOrKeyInPath,
                new("wait", "query",
                    $"Wait this long for the job to finish: 500ms, 30s, 2m or plain seconds, at most "
                    + $"{Limits.WaitMsMax / 1000}s.",
                    Form.Text),
            ],
            Refusals = [Problems.JobIdInvalid, Problems.WaitInvalid, Problems.JobUnknown, Problems.NoQuorum],
        },
        ["DELETE /jobs/{id}"] = new("cancelJob", "Cancel a job", new("Cancelled.", Json<CancelResponse>()))
        {
            Parameters = [JobInPath],
            Refusals =
                [Problems.JobIdInvalid, Problems.JobUnknown, Problems.AlreadyFinished, .. OfCommands],
        },
    };
}
