namespace JobNode.Observability;

/// <summary>What consensus logs: event ids from 1000.</summary>
internal static partial class LogMessages
{
    [LoggerMessage(1000, LogLevel.Information,
        "raft starts from the snapshot at {SnapshotIndex} and {Entries} log entries, term {Term}, commit {Commit}")]
    public static partial void RaftStarted(
        ILogger logger, ulong snapshotIndex, int entries, ulong term, ulong commit);

    [LoggerMessage(1001, LogLevel.Information, "now {Role} in term {Term}, leader {Leader}")]
    public static partial void RoleChanged(ILogger logger, object role, object leader, ulong term);

    [LoggerMessage(1002, LogLevel.Warning,
        "the raft thread stood still for {Milliseconds} ms (process stopped, long collection or slow disk); "
        + "the ticks of that time are dropped")]
    public static partial void TicksSkipped(ILogger logger, long milliseconds);

    [LoggerMessage(1003, LogLevel.Critical, "the raft thread failed; this node stops")]
    public static partial void RaftLoopFailed(ILogger logger, Exception exception);

    [LoggerMessage(1004, LogLevel.Information, "snapshot at {Index} saved")]
    public static partial void SnapshotSaved(ILogger logger, ulong index);

    [LoggerMessage(1005, LogLevel.Information, "snapshot at {Index} (term {Term}) of the leader installed")]
    public static partial void SnapshotInstalled(ILogger logger, ulong index, ulong term);

    [LoggerMessage(1006, LogLevel.Information, "received snapshot {File} was not needed")]
    public static partial void SnapshotIgnored(ILogger logger, string file);

    [LoggerMessage(1007, LogLevel.Information, "node {Node} is too far behind: it gets the snapshot at {Index}")]
    public static partial void SnapshotNeeded(ILogger logger, object node, ulong index);

    [LoggerMessage(1009, LogLevel.Information, "handing leadership over to node {Node}")]
    public static partial void HandingOver(ILogger logger, object node);

    [LoggerMessage(1010, LogLevel.Warning, "nobody took leadership over within {PatienceMs} ms; the others elect")]
    public static partial void HandoverTimedOut(ILogger logger, long patienceMs);

    [LoggerMessage(1011, LogLevel.Information, "configuration changed at {Index}: {Change}")]
    public static partial void ConfigurationChanged(ILogger logger, ulong index, string change);

    [LoggerMessage(1012, LogLevel.Information, "a configuration change at {Index} does not apply: {Reason}")]
    public static partial void ChangeRefused(ILogger logger, ulong index, string reason);

    [LoggerMessage(1013, LogLevel.Information, "a configuration change was not proposed: {Reason}")]
    public static partial void ChangeNotProposed(ILogger logger, string reason);

    [LoggerMessage(1014, LogLevel.Debug, "a configuration change was dropped: {Reason}")]
    public static partial void ChangeDropped(ILogger logger, string reason);

    [LoggerMessage(1015, LogLevel.Information,
        "this leader may not vote any more; it hands over and goes on until another one took over")]
    public static partial void LeaderUnseated(ILogger logger);

    [LoggerMessage(1016, LogLevel.Warning, "leadership was not handed to node {Node}: it does not vote")]
    public static partial void HandoverRefused(ILogger logger, object node);

    [LoggerMessage(1017, LogLevel.Information, "this node was removed from the cluster; it cannot come back")]
    public static partial void RemovedFromCluster(ILogger logger);

    [LoggerMessage(EventId = 1008, Message = "raft core: {Text}")]
    public static partial void RaftCoreSaid(ILogger logger, LogLevel level, string text);

    [LoggerMessage(1050, LogLevel.Error, "the disk takes no writes, nothing is acknowledged here: {Reason}")]
    public static partial void DiskBlocked(ILogger logger, string reason);

    [LoggerMessage(1051, LogLevel.Warning, "the disk takes writes again")]
    public static partial void DiskUnblocked(ILogger logger);

    [LoggerMessage(1052, LogLevel.Error,
        "the snapshot at {Index} could not be written: {Reason}; tried again in {AgainMs} ms")]
    public static partial void SnapshotSaveFailed(ILogger logger, ulong index, string reason, long againMs);

    [LoggerMessage(1053, LogLevel.Warning, "{Sentence}")]
    public static partial void DiskLow(ILogger logger, string sentence);

    [LoggerMessage(1054, LogLevel.Information, "there is space enough again; new jobs are taken")]
    public static partial void DiskEnough(ILogger logger);

    [LoggerMessage(1055, LogLevel.Error,
        "damage at rest: {Finding}. This node's memory is right: a new snapshot takes the file's place")]
    public static partial void DamageAtRest(this ILogger logger, string finding);

    [LoggerMessage(1056, LogLevel.Warning, "what was damaged at rest is replaced: {File}")]
    public static partial void DamageHealed(this ILogger logger, string file);

    [LoggerMessage(1057, LogLevel.Error, "the reading of files at rest failed; it is tried again when it is due next")]
    public static partial void ScrubFailed(this ILogger logger, Exception error);
}
