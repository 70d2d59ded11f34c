using JobNode.Commands;

namespace JobNode.Consensus;

/// <summary>Carries raft messages. Two implementations: HTTP/2 streams, and the simulated network.</summary>
internal interface IRaftTransport
{
    /// <summary>
    /// Hands a message over; called on the raft thread, never blocks, may drop (raft repeats itself). Failures are told
    /// through <see cref="IRaftInbox.ReportUnreachable"/>. The bytes belong to the transport from here on.
    /// </summary>
    void Send(NodeId to, byte[] message);

    /// <summary>
    /// Streams the snapshot file at <paramref name="snapshotIndex"/> in chunks, then delivers the message that
    /// announces it. Always ends with <see cref="IRaftInbox.ReportSnapshot"/>.
    /// </summary>
    void SendSnapshot(NodeId to, byte[] message, ulong snapshotIndex);
}

/// <summary>What the transport may tell the consensus thread. Thread-safe, bounded, never blocks.</summary>
internal interface IRaftInbox
{
    /// <summary>A message arrived. False when the inbox is full and it was dropped.</summary>
    bool Receive(byte[] message);

    /// <summary>
    /// A whole, verified snapshot arrived in <paramref name="fileName"/> of the data directory, announced by this
    /// message.
    /// </summary>
    bool ReceiveSnapshot(byte[] message, string fileName);

    /// <summary>Messages to this node are not getting through.</summary>
    void ReportUnreachable(NodeId node);

    /// <summary>A snapshot transfer ended.</summary>
    void ReportSnapshot(NodeId node, bool delivered);
}
