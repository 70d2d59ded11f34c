namespace JobNode.Scheduling;

/// <summary>Every bound of scheduling, so that they can be read together. Units are in the names.</summary>
internal static class SchedulingLimits
{
    /// <summary>
    /// Jobs in one worker's hand, results not yet settled included. A hello that lists them all fits a frame.
    /// </summary>
    public const int HandJobsMax = 32_768;

    /// <summary>Jobs, ids or results in one message of a work stream.</summary>
    public const int JobsPerMessageMax = 4096;

    /// <summary>
    /// Messages that wait to be sent on one work stream; a stream that falls further behind is closed.
    /// </summary>
    public const int OutgoingMessagesMax = 4096;

    /// <summary>Long jobs of one priority that the leader has in memory and not in a hand, served or not.</summary>
    public const int ReadyLongJobsMax = 65_536;

    /// <summary>
    /// Jobs of the replicated state that are looked at in one visit to the apply thread, for short ones and for long
    /// ones.
    /// </summary>
    public const int JobsPerReadMax = 2048;

    /// <summary>
    /// Below this many short jobs of a priority ready to hand out, the leader reads on; and so with long ones that had
    /// next to no service. Each for itself: so no backlog hides what goes before it.
    /// </summary>
    public const int ReadyJobsLow = 4096;

    /// <summary>
    /// A job with at most this many iterations left is short: about a quarter of a second in one lane. Short jobs are
    /// handed out by the work they are, long ones by the lanes they take, so that neither keeps the other out of a
    /// hand.
    /// </summary>
    public const ulong ShortJobIterationsMax = 200_000;

    /// <summary>Seconds of short work, at its capacity, that a worker has in hand.</summary>
    public const double HandSeconds = 0.2;

    /// <summary>
    /// Least short work in a hand, in iterations per lane, so that a rate measured too low cannot starve a node.
    /// </summary>
    public const ulong HandIterationsPerLaneMin = 2_000;

    /// <summary>Long jobs in a hand, per lane: one that runs and one that waits its turn.</summary>
    public const int LongJobsPerLane = 2;

    /// <summary>
    /// Iterations that a long job gets in a hand before it may have to make room for one that was served less: about
    /// two thirds of a second in one lane. What is below it counts as served least.
    /// </summary>
    public const ulong LeaderSliceIterations = 1_000_000;

    /// <summary>Of so many long jobs of a priority that are handed out, one is that which waited longest.</summary>
    public const int LongestWaitTurn = 8;

    /// <summary>Work done on a job between two replicated checkpoints, in seconds of one lane.</summary>
    public const double CheckpointSeconds = 10;

    /// <summary>A worker that sends nothing for this long is lost, in milliseconds.</summary>
    public const long LeaseDurationMs = 3_000;

    /// <summary>A worker reports its progress this often, in milliseconds.</summary>
    public const int ProgressIntervalMs = 500;

    /// <summary>
    /// While many chains wait, results are gathered for this long, in milliseconds: every message with results costs
    /// the leader a turn, a write of the log and new work for the hand.
    /// </summary>
    public const int ResultsTogetherMs = 10;

    /// <summary>
    /// Chains waiting for each lane that are many: so few that somebody may be waiting for each do not wait longer.
    /// </summary>
    public const int ManyWaitingPerLane = 4;

    /// <summary>A hash thread notes where its chains stand this often, in milliseconds.</summary>
    public const int SnapshotIntervalMs = 500;

    /// <summary>
    /// A new leader waits this long at most for all members' hands before it hands out work, in milliseconds.
    /// </summary>
    public const long GraceMs = 1_500;

    /// <summary>A <see cref="Commands.WorkReport"/> is made this often, in milliseconds.</summary>
    public const long ReportIntervalMs = 1_000;

    /// <summary>The leader looks after leases and checkpoints this often, in milliseconds.</summary>
    public const int TickMs = 100;

    /// <summary>Complete and Checkpoint commands the leader has in flight at once.</summary>
    public const int CommandsInFlightMax = 8;

    /// <summary>Time between two looks for jobs whose retention ended, in milliseconds.</summary>
    public const long ExpiryIntervalMs = 5_000;

    /// <summary>Service a chain gets before it makes room for one that waits, in milliseconds.</summary>
    public const int SliceMs = 64;

    /// <summary>Length of one call of the kernel, in milliseconds: how fast a hash thread notices anything.</summary>
    public const int QuantumMs = 3;

    /// <summary>A job with at most this many iterations left is tiny: a hash thread takes many at once.</summary>
    public const ulong TinyJobIterationsMax = 256;

    /// <summary>Tiny jobs a hash thread takes at once beyond its lanes.</summary>
    public const int TinyJobsPerTakeMax = 256;

    /// <summary>An answer to a question about progress is waited for this long, in milliseconds.</summary>
    public const int ProgressAnswerMs = 1_000;

    /// <summary>Questions about progress that wait for an answer on one node.</summary>
    public const int ProgressQuestionsMax = 1024;

    /// <summary>Characters of a kernel path's name on the wire.</summary>
    public const int KernelPathCharactersMax = 32;

    /// <summary>Nodes in a work report.</summary>
    public const int ReportNodesMax = 4096;

    /// <summary>Segments of one node that are remembered since its last good check.</summary>
    public const int HistorySegmentsMax = 65_536;

    /// <summary>After this many segments without a check the next one is checked.</summary>
    public const int UncheckedSegmentsMax = 4_096;

    /// <summary>
    /// With this many differences that nobody can decide, no work is handed out: no result is better than a wrong one.
    /// </summary>
    public const int DisputesMax = 256;

    /// <summary>Nodes that one report names as suspects.</summary>
    public const int SuspectsMax = Commands.Limits.MembersMax;

    /// <summary>Job events that wait for the leader; past it the leader starts its view of the work again.</summary>
    public const int JobEventsMax = 1_000_000;
}
