using JobNode.Commands;
using JobNode.Consensus.Log;

namespace JobNode.Consensus;

/// <summary>
/// What the core wants done, in this order: persist, send, apply, advance. One object, filled again and again;
/// entry data point into the core's buffer and are valid until <see cref="IRaftCore.Advance"/>.
/// </summary>
internal sealed class Ready
{
    /// <summary>The hard state as it is now; to be persisted when <see cref="HardStateChanged"/>.</summary>
    public HardState HardState { get; set; }

    /// <summary>True when <see cref="HardState"/> differs from the one of the Ready before.</summary>
    public bool HardStateChanged { get; set; }

    /// <summary>True when what is persisted must be on disk before an answer leaves (not told for snapshots).</summary>
    public bool MustSync { get; set; }

    /// <summary>This node's role.</summary>
    public RaftRole Role { get; set; }

    /// <summary>The leader it knows, or <see cref="NodeId.None"/>.</summary>
    public NodeId Leader { get; set; }

    /// <summary>A snapshot to install before anything else, or null.</summary>
    public ReadySnapshot? Snapshot { get; set; }

    /// <summary>
    /// A follower needs a snapshot newer than the latest, which does not have it in its configuration.
    /// </summary>
    public bool SnapshotWanted { get; set; }

    /// <summary>Entries to persist; the first may replace a suffix of the log.</summary>
    public List<RaftEntry> Entries { get; } = [];

    /// <summary>Entries to apply, persisted here before or in this same Ready.</summary>
    public List<RaftEntry> Committed { get; } = [];

    /// <summary>Messages to send.</summary>
    public List<OutgoingMessage> Messages { get; } = [];

    /// <summary>Answers to <see cref="IRaftCore.RequestReadIndex"/>.</summary>
    public List<ReadState> ReadStates { get; } = [];

    /// <summary>Empties everything, for the next filling.</summary>
    public void Clear()
    {
        HardState = default;
        HardStateChanged = false;
        MustSync = false;
        Role = RaftRole.Follower;
        Leader = NodeId.None;
        Snapshot = null;
        SnapshotWanted = false;
        Entries.Clear();
        Committed.Clear();
        Messages.Clear();
        ReadStates.Clear();
    }
}

/// <summary>Position of a snapshot that the leader sent.</summary>
internal readonly record struct ReadySnapshot(ulong Index, ulong Term);

/// <summary>A message to another node.</summary>
/// <param name="To">Who.</param>
/// <param name="Kind">What.</param>
/// <param name="SnapshotIndex">For <see cref="RaftMessageKind.Snapshot"/>: which snapshot file goes with it; else
/// 0.</param>
/// <param name="Bytes">The whole message; the receiver of this object owns them.</param>
internal readonly record struct OutgoingMessage(NodeId To, RaftMessageKind Kind, ulong SnapshotIndex, byte[] Bytes);

/// <summary>A read asked under <paramref name="Context"/> may run once <paramref name="Index"/> is applied.</summary>
internal readonly record struct ReadState(ulong Index, ReadContext Context);
