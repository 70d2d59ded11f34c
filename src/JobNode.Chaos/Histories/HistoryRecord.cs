using System.Text.Json.Serialization;

namespace JobNode.Chaos.Histories;

/// <summary>
/// One line of a history. Times are microseconds of the history's own clock, which runs evenly whatever the clocks of
/// the nodes do.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "record")]
[JsonDerivedType(typeof(Operation), "operation")]
[JsonDerivedType(typeof(StatusSeen), "status")]
[JsonDerivedType(typeof(LeaderSeen), "leader")]
[JsonDerivedType(typeof(FaultBegan), "faultBegan")]
[JsonDerivedType(typeof(FaultEnded), "faultEnded")]
[JsonDerivedType(typeof(LoadBegan), "loadBegan")]
[JsonDerivedType(typeof(LoadEnded), "loadEnded")]
[JsonDerivedType(typeof(Drained), "drained")]
internal abstract record HistoryRecord
{
    /// <summary>When it was known: for a call, when its answer came or was given up.</summary>
    public long AtUs { get; init; }
}

/// <summary>What a call asks for.</summary>
internal enum OperationKind
{
    /// <summary>PUT /enqueue.</summary>
    Enqueue = 0,

    /// <summary>One line of POST /jobs.</summary>
    BatchLine = 1,

    /// <summary>POST /pullCompleted.</summary>
    Pull = 2,

    /// <summary>GET /jobs/{id}: sees everything acknowledged before, on any node.</summary>
    Read = 3,

    /// <summary>GET /jobs: the state as the asked node has it.</summary>
    List = 4,

    /// <summary>DELETE /jobs/{id}.</summary>
    Cancel = 5,
}

/// <summary>What is known of a call's effect.</summary>
internal enum Outcome
{
    /// <summary>Answered and done.</summary>
    Ok = 0,

    /// <summary>Certainly not done, by this attempt.</summary>
    Refused = 1,

    /// <summary>The answer was lost, or says that nobody knows.</summary>
    Unknown = 2,
}

/// <summary>One attempt of a client; a repeated call is another attempt under the same key.</summary>
internal sealed record Operation : HistoryRecord
{
    /// <summary>Number of the client.</summary>
    public int Client { get; init; }

    /// <summary>Name of the node that was asked.</summary>
    public string Node { get; init; } = "";

    /// <summary>What was asked.</summary>
    public OperationKind Kind { get; init; }

    /// <summary>When the call was made; its end is <see cref="HistoryRecord.AtUs"/>.</summary>
    public long BeginUs { get; init; }

    /// <summary>What came of it.</summary>
    public Outcome Outcome { get; init; }

    /// <summary>The Idempotency-Key of an enqueue or a pull.</summary>
    public string? Key { get; init; }

    /// <summary>The body of an enqueue.</summary>
    public JobBody? Body { get; init; }

    /// <summary>Iterations of an enqueue.</summary>
    public ulong Iterations { get; init; }

    /// <summary>The job: answer of an enqueue, or what a read or a cancel asked about.</summary>
    public string? Id { get; init; }

    /// <summary>Jobs in the answer of a pull, a read or a list.</summary>
    public IReadOnlyList<JobSeen>? Jobs { get; init; }

    /// <summary>HTTP status of an answer, or 0.</summary>
    public int Status { get; init; }

    /// <summary>Why it was refused, or why nobody knows.</summary>
    public string? Error { get; init; }
}

/// <summary>The data of a job, by a name from which it can be made again (<see cref="Oracle.Bytes"/>).</summary>
/// <param name="Name">Jobs with the same name and length have the same data.</param>
/// <param name="Length">Bytes.</param>
internal sealed record JobBody(string Name, int Length);

/// <summary>One job as an answer shows it.</summary>
internal sealed record JobSeen
{
    /// <summary>The job.</summary>
    public string Id { get; init; } = "";

    /// <summary>pending, running, completed, pulled or cancelled; null in the answer of a pull.</summary>
    public string? State { get; init; }

    /// <summary>Hashes in all.</summary>
    public ulong Iterations { get; init; }

    /// <summary>Hashes done; of a pending job those of its last checkpoint.</summary>
    public ulong Done { get; init; }

    /// <summary>128 lowercase hex digits, once there is a result.</summary>
    public string? Result { get; init; }
}

/// <summary>A node's answer to GET /status, or that there was none.</summary>
internal sealed record StatusSeen : HistoryRecord
{
    /// <summary>Name of the node that was asked.</summary>
    public string Node { get; init; } = "";

    /// <summary>When it was asked.</summary>
    public long BeginUs { get; init; }

    /// <summary>The node's own id, which changes with a new data directory; null without an answer.</summary>
    public string? NodeId { get; init; }

    /// <summary>leader, voter, stand-by, spare, candidate or none; null without an answer.</summary>
    public string? Role { get; init; }

    /// <summary>ready, starting, noQuorum, draining or diskBlocked.</summary>
    public string? State { get; init; }

    /// <summary>Cluster address of the leader that it knows.</summary>
    public string? Leader { get; init; }

    /// <summary>Raft term.</summary>
    public ulong Term { get; init; }

    /// <summary>Highest log index applied; a node without the log tells the leader's.</summary>
    public ulong AppliedIndex { get; init; }

    /// <summary>Digest of the state at that index.</summary>
    public string? Digest { get; init; }

    /// <summary>Jobs that are pending or running.</summary>
    public long Unfinished { get; init; }

    /// <summary>Results that nobody pulled.</summary>
    public long Completed { get; init; }
}

/// <summary>A node said that it leads.</summary>
internal sealed record LeaderSeen : HistoryRecord
{
    /// <summary>Name of the node.</summary>
    public string Node { get; init; } = "";

    /// <summary>Raft term.</summary>
    public ulong Term { get; init; }
}

/// <summary>From now on something is wrong on purpose.</summary>
internal sealed record FaultBegan : HistoryRecord
{
    /// <summary>Number of the fault in this history.</summary>
    public int Fault { get; init; }

    /// <summary>Kind of fault, in a few words, for example "kill -9".</summary>
    public string Kind { get; init; } = "";

    /// <summary>Names of the nodes that it meets.</summary>
    public IReadOnlyList<string> Targets { get; init; } = [];

    /// <summary>What is done, for people.</summary>
    public string Description { get; init; } = "";
}

/// <summary>The fault is over, or healed.</summary>
internal sealed record FaultEnded : HistoryRecord
{
    /// <summary>Number of the fault in this history.</summary>
    public int Fault { get; init; }
}

/// <summary>The clients begin.</summary>
internal sealed record LoadBegan : HistoryRecord;

/// <summary>The clients send no more new jobs.</summary>
internal sealed record LoadEnded : HistoryRecord;

/// <summary>The end: all faults are healed and the clients took what there was.</summary>
internal sealed record Drained : HistoryRecord
{
    /// <summary>Jobs that are still pending or running, as the cluster says; -1 when it did not answer.</summary>
    public long Unfinished { get; init; }

    /// <summary>Results that nobody pulled.</summary>
    public long Completed { get; init; }

    /// <summary>Calls that never got a definite answer, though every fault is healed.</summary>
    public int Unanswered { get; init; }
}
