using System.Text.Json.Serialization;

namespace JobNode.Api;

/// <summary>Answer of an enqueue, and one line of a batch's answer.</summary>
/// <param name="Id">The job's UUID.</param>
internal sealed record EnqueueResponse(string Id)
{
    /// <summary>Header of an enqueue that made no new job: its key was known already.</summary>
    public const string ReplayedHeader = "Idempotent-Replayed";
}

/// <summary>One result as a pull gives it.</summary>
/// <param name="Id">The job's UUID.</param>
/// <param name="Result">128 lowercase hex digits.</param>
/// <param name="Iterations">Hashes in all.</param>
/// <param name="CompletedAt">ISO 8601, UTC, milliseconds.</param>
internal sealed record PulledResponse(string Id, string Result, ulong Iterations, string CompletedAt);

/// <summary>One job as <c>GET /jobs/{id}</c> shows it.</summary>
/// <param name="Id">The job's UUID.</param>
/// <param name="State">pending, running, completed, pulled or cancelled.</param>
/// <param name="Iterations">Hashes in all.</param>
/// <param name="IterationsDone">Hashes done as far as this node knows; in lists as of the last checkpoint. All of them
/// while it is running: the result is there and waits for another node to check it, or to be replicated.</param>
/// <param name="Progress">0 to 1.</param>
/// <param name="EtaSeconds">Estimated seconds until it is done. Running: its iterations left at the mean rate of the
/// busy lanes. Waiting: that, or all the work left at the cluster's capacity, whichever is longer. Null in lists, when
/// no rate is known, and once finished.</param>
/// <param name="Priority">0 to 9.</param>
/// <param name="EnqueuedAt">ISO 8601, UTC, milliseconds.</param>
/// <param name="CompletedAt">When it finished, or null.</param>
/// <param name="Result">128 lowercase hex digits once completed, else null.</param>
internal sealed record JobResponse(
    string Id,
    string State,
    ulong Iterations,
    ulong IterationsDone,
    double Progress,
    double? EtaSeconds,
    int Priority,
    string EnqueuedAt,
    string? CompletedAt,
    string? Result);

/// <summary>A page of jobs.</summary>
/// <param name="Jobs">The jobs of this page.</param>
/// <param name="NextCursor">What to send as <c>cursor</c> for the next page; null on the last one.</param>
internal sealed record JobPageResponse(IReadOnlyList<JobResponse> Jobs, string? NextCursor);

/// <summary>Answer of a cancel.</summary>
/// <param name="Id">The job's UUID.</param>
/// <param name="State">Always cancelled.</param>
internal sealed record CancelResponse(string Id, string State);

/// <summary>The whole of <c>GET /status</c>: what this node knows of the cluster.</summary>
/// <param name="Node">The node that answers.</param>
/// <param name="ClusterId">32 hex digits.</param>
/// <param name="Leader">The leader's cluster address, or null while none is known.</param>
/// <param name="Term">Raft term.</param>
/// <param name="CommitIndex">Highest committed log index known here.</param>
/// <param name="AppliedIndex">Highest log index applied here.</param>
/// <param name="StateDigest">32 hex digits over the state at <paramref name="AppliedIndex"/>; equal on every
/// node.</param>
/// <param name="Queue">Jobs by state.</param>
/// <param name="Nodes">All members.</param>
/// <param name="IterationsPerSecond">Capacity with all lanes busy: the sum of the nodes'.</param>
/// <param name="IterationsPerSecondNow">Throughput over the last seconds: the sum of the nodes'.</param>
/// <param name="IterationsRemaining">Work left as of the jobs' last checkpoints, about every ten seconds of a chain; it
/// may pass 64 bits.</param>
/// <param name="EtaSeconds">Seconds until no work is left: all of it at the capacity, or the longest chain at the rate
/// of one alone, whichever is longer. Of the jobs that wait, the leader looks at the next few thousand; a longer one
/// behind these counts once it comes near. Short by the cost per job when very many jobs of a few iterations wait. Null
/// when no rate is known.</param>
internal sealed record StatusResponse(
    StatusNode Node,
    string ClusterId,
    string? Leader,
    ulong Term,
    ulong CommitIndex,
    ulong AppliedIndex,
    string StateDigest,
    StatusQueue Queue,
    IReadOnlyList<StatusMember> Nodes,
    double IterationsPerSecond,
    double IterationsPerSecondNow,
    UInt128 IterationsRemaining,
    double? EtaSeconds)
{
    /// <summary>Nodes like these that it takes to empty the queue within <c>--drain-target</c>: what autoscaling goes
    /// by. Never fewer than the voters.</summary>
    public int NodesWanted { get; init; }

    /// <summary>True in the first five seconds of a leader, as this node knows it: nodes that are well may not have
    /// reported to it yet.</summary>
    public bool LeaderIsNew { get; init; }
}

/// <summary>The node that answers.</summary>
/// <param name="Id">16 hex digits.</param>
/// <param name="Address">Its cluster address.</param>
/// <param name="ApiAddress">Its API address.</param>
/// <param name="Role">leader, voter, stand-by, spare or candidate; none once it was removed.</param>
/// <param name="State">ready, starting, noQuorum, draining or diskBlocked.</param>
/// <param name="Version">Of the program.</param>
/// <param name="Isa">Kernel path in use: scalar, avx2 or avx512.</param>
/// <param name="Warnings">Sentences about what is wrong, or not as good as it could be, here.</param>
internal sealed record StatusNode(
    string Id,
    string Address,
    string ApiAddress,
    string Role,
    string State,
    string Version,
    string Isa,
    IReadOnlyList<string> Warnings);

/// <summary>Jobs by state.</summary>
/// <param name="Pending">Waiting; running ones are not counted here.</param>
/// <param name="Running">In the hands of a node.</param>
/// <param name="Completed">Finished, and not pulled yet.</param>
/// <param name="Pulled">Pulled, and still readable.</param>
/// <param name="Cancelled">Cancelled, and still readable.</param>
internal sealed record StatusQueue(long Pending, long Running, long Completed, long Pulled, long Cancelled);

/// <summary>One member.</summary>
/// <param name="Id">16 hex digits.</param>
/// <param name="Address">Its cluster address.</param>
/// <param name="Role">leader, voter, stand-by or spare.</param>
/// <param name="Alive">True when the leader's latest report has it at work.</param>
/// <param name="Draining">It leaves, as far as this node knows: the leader and the node itself do.</param>
/// <param name="HashThreads">Hash threads.</param>
/// <param name="Lanes">Chains it can advance at once.</param>
/// <param name="LanesBusy">Lanes with a job.</param>
/// <param name="JobsHeld">Jobs in its hands.</param>
/// <param name="IterationsPerSecond">Capacity, with all lanes busy: measured at start, corrected by how fast the
/// threads last hashed. Holds while the node is idle.</param>
/// <param name="IterationsPerSecondNow">Throughput: iterations done per second over the last seconds; 0 when
/// idle.</param>
/// <param name="Isa">Kernel path, or null when it was not heard of.</param>
internal sealed record StatusMember(
    string Id,
    string Address,
    string Role,
    bool Alive,
    bool Draining,
    int HashThreads,
    int Lanes,
    int LanesBusy,
    int JobsHeld,
    double IterationsPerSecond,
    double IterationsPerSecondNow,
    string? Isa)
{
    /// <summary>Why it gets no work, its results having differed from those of other nodes; or null.</summary>
    public string? Quarantine { get; init; }

    /// <summary>Its results and those of another node differ, and nobody can tell yet which are right.</summary>
    public bool Suspect { get; init; }

    /// <summary>It runs with <c>--compute-only</c> and never votes, as far as this node knows: the leader and the node
    /// itself do.</summary>
    public bool ComputeOnly { get; init; }
}

/// <summary>Answer of <c>GET /members</c>.</summary>
/// <param name="Leader">The leader's cluster address.</param>
/// <param name="FeatureLevel">What every member knows and the cluster therefore uses.</param>
/// <param name="Members">All members, by id.</param>
internal sealed record MembersResponse(string? Leader, int FeatureLevel, IReadOnlyList<MemberResponse> Members);

/// <summary>One member as the leader sees it.</summary>
/// <param name="Id">16 hex digits.</param>
/// <param name="Address">Its cluster address.</param>
/// <param name="ApiAddress">Its API address as it told, or null.</param>
/// <param name="Role">leader, voter, stand-by or spare.</param>
/// <param name="Zone">Where it stands, or empty.</param>
/// <param name="Version">Of its program as it told, or null.</param>
/// <param name="FeatureLevel">The highest that its program knows.</param>
/// <param name="EntriesBehind">Log entries that it lacks; null for a spare, which holds none.</param>
/// <param name="SecondsSinceContact">Since it was last heard of; null when it was not, since this leader leads.</param>
/// <param name="Draining">It said that it leaves.</param>
internal sealed record MemberResponse(
    string Id,
    string Address,
    string? ApiAddress,
    string Role,
    string Zone,
    string? Version,
    int FeatureLevel,
    ulong? EntriesBehind,
    double? SecondsSinceContact,
    bool Draining)
{
    /// <summary>Why it gets no work, its results having differed from those of other nodes; or null.</summary>
    public string? Quarantine { get; init; }

    /// <summary>Since when: ISO 8601, UTC, milliseconds; or null.</summary>
    public string? QuarantinedSince { get; init; }

    /// <summary>It runs with <c>--compute-only</c> and never votes.</summary>
    public bool ComputeOnly { get; init; }
}

/// <summary>Answer of a call that changes the cluster.</summary>
/// <param name="Detail">What was done, or is going to be.</param>
internal sealed record OutcomeResponse(string Detail);

/// <summary>An error (RFC 9457): a stable type, a sentence that says what to send instead, and who says so.</summary>
/// <param name="Type">For example <c>/problems/iterations-invalid</c>.</param>
/// <param name="Title">The same for every problem of the type.</param>
/// <param name="Status">HTTP status.</param>
/// <param name="Detail">What is wrong here and what to send.</param>
/// <param name="Node">The node that answers.</param>
internal sealed record ProblemResponse(string Type, string Title, int Status, string Detail, string Node)
{
    /// <summary>The job concerned, where there is one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Id { get; init; }
}

/// <summary>
/// One line of a batch (<c>POST /jobs</c>): exactly one of <see cref="Data"/> and <see cref="Text"/>.
/// </summary>
/// <remarks>Set, not init: what can be set is read straight into, the rest goes through a constructor's arguments.
/// </remarks>
internal sealed record BatchLine
{
    /// <summary>The body as base64.</summary>
    public byte[]? Data { get; set; }

    /// <summary>The body as text, hashed as UTF-8.</summary>
    public string? Text { get; set; }

    /// <summary>How many times SHA-512 is applied, the first time to the body.</summary>
    public ulong? Iterations { get; set; }

    /// <summary>0 to 9, 0 when absent; higher is served first.</summary>
    public int? Priority { get; set; }

    /// <summary>As the header Idempotency-Key of an enqueue.</summary>
    public string? IdempotencyKey { get; set; }
}
