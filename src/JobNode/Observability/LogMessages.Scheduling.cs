namespace JobNode.Observability;

/// <summary>What scheduling says (event ids 3000 to 3999).</summary>
internal static partial class LogMessages
{
    [LoggerMessage(3000, LogLevel.Information,
        "Leading term {Term}: handing out work once the workers have shown their hands")]
    public static partial void WorkLeadershipStarted(this ILogger logger, ulong term);

    [LoggerMessage(3001, LogLevel.Information, "No longer handing out work for term {Term}")]
    public static partial void WorkLeadershipEnded(this ILogger logger, ulong term);

    [LoggerMessage(3002, LogLevel.Information,
        "Worker {Worker} is here: {HashThreads} threads, {Lanes} lanes of {KernelPath}, {InHand} jobs in hand, "
        + "{Finished} results")]
    public static partial void WorkerArrived(
        this ILogger logger, string worker, int hashThreads, int lanes, string kernelPath, int inHand, int finished);

    [LoggerMessage(3003, LogLevel.Warning,
        "Worker {Worker} is gone ({Reason}); {Jobs} jobs go to others from where they were")]
    public static partial void WorkerLost(this ILogger logger, string worker, string reason, int jobs);

    [LoggerMessage(3004, LogLevel.Critical,
        "Job {Job}: node {Worker} computed another result than the one stored. A machine is broken; "
        + "the stored result stays")]
    public static partial void ResultsDiffer(this ILogger logger, string job, string worker);

    [LoggerMessage(3005, LogLevel.Debug, "Work stream of {Worker} ended: {Reason}")]
    public static partial void WorkStreamEnded(this ILogger logger, string worker, string reason);

    [LoggerMessage(3006, LogLevel.Warning, "Work stream of {Worker} closed, its bytes are no work message: {Reason}")]
    public static partial void WorkStreamInvalid(this ILogger logger, string worker, string reason);

    [LoggerMessage(3007, LogLevel.Debug, "The leader at {Address} cannot be reached for work: {Reason}")]
    public static partial void LeaderUnreachable(this ILogger logger, string address, string reason);

    [LoggerMessage(3008, LogLevel.Information, "Job {Job} goes on at iteration {Done} of {Total} on {Worker}")]
    public static partial void JobResumed(this ILogger logger, string job, ulong done, ulong total, string worker);

    [LoggerMessage(3009, LogLevel.Warning,
        "Hash threads could not take a low priority (errno {Errno}); the API may be slow under load")]
    public static partial void LowPriorityRefused(this ILogger logger, int errno);

    [LoggerMessage(3010, LogLevel.Error, "Scheduling failed and starts again: {Reason}")]
    public static partial void WorkLeaderFailed(this ILogger logger, string reason, Exception exception);

    [LoggerMessage(3011, LogLevel.Critical, "A hash thread failed; the node computes no more")]
    public static partial void HashThreadFailed(this ILogger logger, Exception exception);

    [LoggerMessage(3012, LogLevel.Information, "Forgetting {Jobs} jobs and keys whose retention ended")]
    public static partial void JobsExpired(this ILogger logger, int jobs);

    [LoggerMessage(3013, LogLevel.Error, "The worker failed and starts again: {Reason}")]
    public static partial void WorkerFailed(this ILogger logger, string reason, Exception exception);

    [LoggerMessage(3014, LogLevel.Error, "Looking for jobs whose retention ended failed; trying again later")]
    public static partial void ExpiryFailed(this ILogger logger, Exception exception);

    [LoggerMessage(3015, LogLevel.Error, "A proposal of results or checkpoints failed; results are proposed again")]
    public static partial void WorkProposalFailed(this ILogger logger, Exception exception);

    [LoggerMessage(3016, LogLevel.Critical,
        "Job {Job}, iterations {From} to {To}: {Worker} and {Checker} computed different results; others are asked "
        + "which is right")]
    public static partial void CheckDiffers(
        this ILogger logger, string job, ulong from, ulong to, string worker, string checker);

    [LoggerMessage(3017, LogLevel.Critical,
        "Node {Node} computes wrongly and gets no more work: {Reason}. Repair the machine, then run jobnode members "
        + "release {Node}")]
    public static partial void NodeQuarantined(this ILogger logger, string node, string reason);

    [LoggerMessage(3018, LogLevel.Warning,
        "{Jobs} jobs are computed again from before the faulty node had them, as far as their results still wait")]
    public static partial void WorkRecalled(this ILogger logger, int jobs);

    [LoggerMessage(3019, LogLevel.Critical,
        "Job {Job}: a faulty node worked on it since its last good check, and its result was pulled (or the job "
        + "cancelled) before the fault was found; compute it again if it matters")]
    public static partial void RecallTooLate(this ILogger logger, string job);
}
