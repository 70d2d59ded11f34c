using JobNode.Commands;

namespace JobNode.Consensus;

/// <summary>Everything that waited in the inbox at one moment, by kind.</summary>
internal sealed class RaftInputs
{
    /// <summary>Messages from other nodes, in order of arrival.</summary>
    public List<byte[]> Messages { get; } = [];

    /// <summary>Received snapshots: the message, and the file that came with it.</summary>
    public List<ReceivedSnapshot> Snapshots { get; } = [];

    /// <summary>Ends of snapshot transfers.</summary>
    public List<SnapshotReport> SnapshotReports { get; } = [];

    /// <summary>Nodes that messages do not get through to.</summary>
    public HashSet<NodeId> Unreachable { get; } = [];

    /// <summary>Commands to propose.</summary>
    public List<ProposalRequest> Proposals { get; } = [];

    /// <summary>Reads of the local state.</summary>
    public List<IReadRequest> Reads { get; } = [];

    /// <summary>Waits for a read index or for an applied index.</summary>
    public List<IndexWait> Waits { get; } = [];

    /// <summary>Work that ended in the background, to be noted on the raft thread.</summary>
    public List<Action> Finished { get; } = [];

    /// <summary>The same about snapshot files; noted even while the core cannot be called.</summary>
    public List<Action> Stored { get; } = [];

    /// <summary>True when nothing is in here.</summary>
    public bool IsEmpty =>
        Messages.Count + Snapshots.Count + SnapshotReports.Count + Unreachable.Count
        + Proposals.Count + Reads.Count + Waits.Count + Finished.Count
        + Stored.Count == 0;

    /// <summary>Forgets what the core was told already.</summary>
    public void ForgetStepped()
    {
        Finished.Clear();
        Unreachable.Clear();
        SnapshotReports.Clear();
        Messages.Clear();
        Snapshots.Clear();
    }

    /// <summary>Empties it for the next use.</summary>
    public void Clear()
    {
        Messages.Clear();
        Snapshots.Clear();
        SnapshotReports.Clear();
        Unreachable.Clear();
        Proposals.Clear();
        Reads.Clear();
        Waits.Clear();
        Finished.Clear();
        Stored.Clear();
    }
}

/// <summary>A snapshot that the leader sent: the announcing message and the verified file.</summary>
internal readonly record struct ReceivedSnapshot(byte[] Message, string FileName);

/// <summary>How a transfer to a node ended.</summary>
internal readonly record struct SnapshotReport(NodeId Node, bool Delivered);
