namespace JobNode.Observability;

/// <summary>Log messages of the streams between nodes: events 2000 to 2499.</summary>
internal static partial class LogMessages
{
    /// <summary>The cluster port is open.</summary>
    [LoggerMessage(2000, LogLevel.Information, "cluster port listens on {Address}")]
    public static partial void ClusterPortOpen(this ILogger logger, string address);

    /// <summary>A request from a stranger, another cluster, or another version.</summary>
    [LoggerMessage(2001, LogLevel.Warning, "refused {Path} from {From} ({Remote}): {Reason}")]
    public static partial void PeerRefused(
        this ILogger logger, string path, string from, string remote, string reason);

    /// <summary>A peer sent bytes that are not of the protocol; its stream was reset.</summary>
    [LoggerMessage(2002, LogLevel.Warning, "reset {Path} from {From}: {Reason}")]
    public static partial void PeerStreamReset(this ILogger logger, string path, string from, string reason);

    /// <summary>A handler failed in a way that nobody foresaw: a bug.</summary>
    [LoggerMessage(2003, LogLevel.Error, "the handler of {Path} from {From} failed")]
    public static partial void PeerHandlerFailed(this ILogger logger, Exception error, string path, string from);

    /// <summary>A raft stream to a peer works.</summary>
    [LoggerMessage(2010, LogLevel.Information, "connected to {Address} ({Node})")]
    public static partial void PeerConnected(this ILogger logger, string address, string node);

    /// <summary>A raft stream to a peer broke or could not be opened; logged once until it works again.</summary>
    [LoggerMessage(2011, LogLevel.Warning, "lost {Address} ({Node}): {Reason}")]
    public static partial void PeerLost(this ILogger logger, string address, string node, string reason);

    /// <summary>A raft queue is full: the peer is slower than this node produces.</summary>
    [LoggerMessage(2012, LogLevel.Warning, "the queue of messages to {Node} is full; messages are dropped")]
    public static partial void PeerQueueFull(this ILogger logger, string node);

    /// <summary>A snapshot goes out.</summary>
    [LoggerMessage(2020, LogLevel.Information, "sends snapshot {Index} to {Node}")]
    public static partial void SnapshotSending(this ILogger logger, ulong index, string node);

    /// <summary>Progress of a long transfer.</summary>
    [LoggerMessage(2021, LogLevel.Information, "sent {SentBytes} bytes of snapshot {Index} to {Node}")]
    public static partial void SnapshotProgress(this ILogger logger, long sentBytes, ulong index, string node);

    /// <summary>The receiver has it.</summary>
    [LoggerMessage(2022, LogLevel.Information, "snapshot {Index} ({SentBytes} bytes) reached {Node}")]
    public static partial void SnapshotSent(this ILogger logger, ulong index, long sentBytes, string node);

    /// <summary>The transfer failed; raft asks for another.</summary>
    [LoggerMessage(2023, LogLevel.Warning, "snapshot {Index} did not reach {Node}: {Reason}")]
    public static partial void SnapshotFailed(this ILogger logger, ulong index, string node, string reason);

    /// <summary>A verified snapshot arrived.</summary>
    [LoggerMessage(2024, LogLevel.Information, "received snapshot {Index} ({Bytes} bytes) from {Node}")]
    public static partial void SnapshotReceived(this ILogger logger, ulong index, long bytes, string node);

    /// <summary>Commands go to a leader over a new stream.</summary>
    [LoggerMessage(2030, LogLevel.Debug, "passes commands on to {Address}")]
    public static partial void ForwardStreamOpen(this ILogger logger, string address);

    /// <summary>The stream to a leader ended; commands in flight are tried again.</summary>
    [LoggerMessage(2031, LogLevel.Information, "left leader {Address}: {Reason}; {InFlight} commands in flight")]
    public static partial void ForwardStreamLost(this ILogger logger, string address, string reason, int inFlight);

    /// <summary>The leader cannot be reached to pass commands on; tried again for each.</summary>
    [LoggerMessage(2032, LogLevel.Debug, "cannot pass commands on to {Address}: {Reason}; {InFlight} wait")]
    public static partial void ForwardStreamNotOpened(
        this ILogger logger, string address, string reason, int inFlight);

    /// <summary>A call of the API did not get through to the leader; it is tried again or refused.</summary>
    [LoggerMessage(2033, LogLevel.Debug, "cannot pass a call on to {Address}: {Reason}")]
    public static partial void CallNotPassed(this ILogger logger, string address, string reason);

    /// <summary>A transfer that broke goes on.</summary>
    [LoggerMessage(2050, LogLevel.Information,
        "the snapshot at {Index} to node {Node} goes on at byte {Offset} of {Length}")]
    public static partial void SnapshotResumed(this ILogger logger, ulong index, string node, long offset, long length);
}
