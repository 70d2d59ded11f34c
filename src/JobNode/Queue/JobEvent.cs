using JobNode.Commands;

namespace JobNode.Queue;

/// <summary>A change of the state that the scheduler wants to hear of without reading the whole queue again.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Id">To which job; default where it concerns no single one.</param>
internal readonly record struct JobEvent(JobEventKind Kind, JobId Id);

/// <summary>Kinds of <see cref="JobEvent"/>.</summary>
internal enum JobEventKind : byte
{
    /// <summary>Pending jobs that need work appeared: read on with the cursor.</summary>
    WorkAdded = 0,

    /// <summary>A job needs no work any more: it was completed, cancelled or expired.</summary>
    Finished = 1,

    /// <summary>
    /// A snapshot replaced everything, or too much happened: read the pending jobs again with a new cursor.
    /// </summary>
    Reset = 2,

    /// <summary>A result that waited is pending again.</summary>
    Recalled = 3,

    /// <summary>The nodes in quarantine are others now.</summary>
    Quarantine = 4,
}
