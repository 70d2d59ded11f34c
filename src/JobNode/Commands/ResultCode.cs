namespace JobNode.Commands;

/// <summary>
/// Every way a command can end. The numbers are wire values: given explicitly, never changed, never reused.
/// Codes below 100 come out of the state machine and are the same on every node; codes from 100 on
/// describe what became of the proposal itself.
/// </summary>
internal enum ResultCode : byte
{
    /// <summary>Done.</summary>
    Ok = 0,

    /// <summary>The same job id or idempotency key was accepted before; the answer is the first one.</summary>
    Duplicate = 1,

    /// <summary>The idempotency key was used before with other content.</summary>
    IdempotencyKeyReused = 2,

    /// <summary>No job has this id (never had, or its retention ended).</summary>
    UnknownJob = 3,

    /// <summary>The job is finished already, so it cannot be cancelled or moved forward.</summary>
    AlreadyFinished = 4,

    /// <summary>The state holds as many jobs as its bound allows; try again after pulls and expiry.</summary>
    QueueFull = 5,

    /// <summary>Two nodes computed different results for one job: a machine is broken. The first one stays.</summary>
    ResultMismatch = 6,

    /// <summary>A checkpoint did not move the job forward, or a recall not back, and was ignored.</summary>
    StaleCheckpoint = 7,

    /// <summary>This node does not lead; the command was never logged: safe to pass on.</summary>
    NotLeader = 100,

    /// <summary>
    /// Leadership was lost while waiting; the command may or may not take effect. Retry under the same id.
    /// </summary>
    OutcomeUnknown = 101,

    /// <summary>Too many proposals are in flight on this node; never logged.</summary>
    Overloaded = 102,

    /// <summary>The node is stopping; never logged.</summary>
    Stopping = 103,

    /// <summary>The leader's disk is short of space, so it takes no new jobs; never logged.</summary>
    DiskLow = 104,
}
